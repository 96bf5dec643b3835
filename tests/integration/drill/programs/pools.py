"""Writes what the runtime says of the machine, again and again."""
import concurrent.futures
import os
import sys
import time

now = sys.argv[1]
kept = concurrent.futures.ThreadPoolExecutor()
while True:
    with open(now + ".new", "w") as file:
        fresh = concurrent.futures.ThreadPoolExecutor()
        file.write(f"cpu_count {os.cpu_count()}\nkeptExecutor {kept._max_workers}\nnewExecutor {fresh._max_workers}\n")
    os.rename(now + ".new", now)
    time.sleep(0.1)
