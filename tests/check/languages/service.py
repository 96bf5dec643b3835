import os, multiprocessing, psutil
# expect: DSC101
WORKERS = os.cpu_count() * 2 + 1
# expect: DSC101
POOL = ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) * 4)
# expect: DSC101
N = int(os.environ.get("WORKERS", multiprocessing.cpu_count()))
# expect: DSC301
LIMIT = psutil.virtual_memory().total // 2
# expect: DSC301
RAM = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
class Settings(BaseSettings):
    # expect: DSC101
    workers: int = os.cpu_count() or 1
    # expect: DSC101
    threads: int = Field(default_factory=lambda: os.cpu_count())
def main():
    parser = argparse.ArgumentParser()
    # expect: DSC101
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    # expect: DSC101
    with ProcessPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        serve(pool)
# expect: DSC101
@click.option("--workers", default=multiprocessing.cpu_count())
def cli(workers): pass
# expect: DSC101
def build(jobs=os.cpu_count()): pass
class Server:
    def __init__(self, workers=None):
        # expect: DSC101
        self.workers = workers or os.cpu_count()
    def prepare(self):
        # expect: DSC101
        count = os.cpu_count()
        self.settings = self._helper(workers=count)
def health():
    # ok: DSC101
    return {"cpus": os.cpu_count(), "load": os.getloadavg()}
def busy():
    # ok: DSC101
    return os.getloadavg()[0] / os.cpu_count() > 0.8
# ok: DSC101
print(os.cpu_count())
# ok: DSC101
# workers = os.cpu_count()
def doc():
    """
    # ok: DSC101
    workers = os.cpu_count()
    """
def loop():
    while True:
        # ok: DSC101
        scale(os.cpu_count())
# expect: DSC201
os.sched_setaffinity(0, {0, 1})
# expect: DSC103
pool = multiprocessing.Pool()
