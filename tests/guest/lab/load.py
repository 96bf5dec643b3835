"""HTTP load from outside the guest. Every request counts: served, or failed with its reason."""
import http.client
import threading
import time
from urllib.parse import urlsplit


class HttpLoad:
    """`clients` threads, each sending one request after the other until stopped. With `keep_alive` each asks the
    server to keep its connection; without, each request opens its own. A `pause` between requests makes a trickle."""

    def __init__(self, url, clients=4, keep_alive=False, timeout=120, pause=0.0):
        self.address = urlsplit(url)
        self.target = self.address.path + ("?" + self.address.query if self.address.query else "")
        self.keep_alive, self.timeout, self.pause = keep_alive, timeout, pause
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.times, self.failed = [], []
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(clients)]

    def _request(self, connection):
        connection.request("GET", self.target, headers={} if self.keep_alive else {"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or not body:
            raise http.client.HTTPException(f"status {answer.status}, {len(body)} bytes")

    def _work(self):
        connection = None
        while not self.stopped.is_set():
            try:
                connection = connection or http.client.HTTPConnection(self.address.hostname, self.address.port,
                                                                      timeout=self.timeout)
                self._request(connection)
                with self.lock:
                    self.times.append(time.monotonic())
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.failed.append((time.monotonic() - self.began, repr(error)))
                connection = self._close(connection)
                time.sleep(0.1)
            if connection and not self.keep_alive:
                connection = self._close(connection)
            self.stopped.wait(self.pause)
        self._close(connection)

    @staticmethod
    def _close(connection):
        if connection:
            connection.close()

    def served(self):
        with self.lock:
            return len(self.times)

    def failures(self):
        """(seconds since the start, reason) of each failed request."""
        with self.lock:
            return list(self.failed)

    def rate(self, seconds=5.0):
        """Requests a second that were served during the last `seconds`."""
        since = time.monotonic() - seconds
        with self.lock:
            return sum(1 for moment in self.times if moment > since) / seconds

    def stop(self):
        """Lets each client finish its request."""
        self.stopped.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join(self.timeout + 5)

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()
