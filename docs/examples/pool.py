#!/usr/bin/env python3
"""A pool of worker processes that follows its budget: one worker a vCPU, busy with counting.

    pool.py [SOCKET]

A worker that has to go finishes its task first. Without an agent the pool stays as it is and tries again.
"""
import multiprocessing
import os
import pathlib
import sys
import time

# In the source tree the client is not installed.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "clients/python"))
import dynascale  # noqa: E402


def work(stop, parent):
    while not stop.is_set() and os.getppid() == parent:  # Nobody's worker goes on for nobody.
        sum(range(200_000))  # One task.


class Pool:
    def __init__(self):
        self.workers = []

    def resize(self, count):
        while len(self.workers) < count:
            stop = multiprocessing.Event()
            process = multiprocessing.Process(target=work, args=(stop, os.getpid()), daemon=True)
            process.start()
            self.workers.append((process, stop))
        leaving, self.workers = self.workers[count:], self.workers[:count]
        for _, stop in leaving:
            stop.set()
        for process, _ in leaving:
            process.join()


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else dynascale.SOCKET
    pool = Pool()
    pool.resize(1)
    while True:
        try:
            agent = dynascale.Agent("pool", vcpus=len(pool.workers), path=path)
            print(f"registered as {agent.application}", flush=True)
            for budget in agent.budgets():
                if budget.vcpus is None:
                    budget.refused("only vCPUs are followed")
                    continue
                pool.resize(budget.vcpus)
                budget.applied()
                print(f"{len(pool.workers)} workers", flush=True)
        except (OSError, dynascale.Refused) as error:
            print(f"no agent: {error}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
