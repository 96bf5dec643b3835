# The rule of the classic tutorials; it is computed once, when the master starts.
import multiprocessing

bind = "0.0.0.0:8000"
workers = multiprocessing.cpu_count() * 2 + 1
timeout = 120
