"""The guest's end of the channel: an agent that obeys, and tells a test of each step before and after it."""
import json
import socket
import threading
import time

MIB = 1 << 20
CAPABILITIES = ["park", "urgent"]


class Guest(threading.Thread):
    """`steps` maps the name of a step to what is to happen at it, once."""

    def __init__(self, path, online, memory_mib):
        super().__init__(daemon=True)
        self.online, self.memory = online, memory_mib * MIB
        self.present = online
        self.busy = False
        self.steps, self.told, self.wrong = {}, [], []
        self.socket, self.sequence, self.over = None, 0, False
        self.lock = threading.Lock()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        threading.Thread(target=self.report_on, daemon=True).start()

    def run(self):
        while not self.over:
            try:
                self.socket, _ = self.server.accept()
                with self.socket, self.socket.makefile("rb") as lines:
                    for line in lines:
                        if line.strip():
                            self.heard(json.loads(line))
            except OSError:
                pass  # hostd was killed.

    def close(self):
        self.over = True
        self.server.close()
        if self.socket:
            self.socket.close()

    def step(self, name):
        happens = self.steps.pop(name, None)
        if happens:
            happens()

    def send(self, message):
        with self.lock:
            try:
                self.socket.sendall(json.dumps(message).encode() + b"\n")
            except OSError:
                pass

    def heard(self, message):
        kind = message["type"]
        if kind == "sync":
            self.send({"type": "sync_reply", "nonce": message["nonce"]})
            self.send({"type": "hello", "versions": {"min": 1, "max": 1}, "program": "scripted", "boot_id": "b",
                       "capabilities": CAPABILITIES})
        if kind in ("resize_intent", "resize_done", "resize_abort"):
            self.told.append(message)
            self.step(kind)
            if kind == "resize_intent":
                self.obey(message)
            else:
                self.memory = message["memory_bytes"]
                self.online = min(self.online, message["vcpus"]) if kind == "resize_done" else message["vcpus"]

    def obey(self, intent):
        shrinks = intent["vcpus"] < self.online or intent["memory_bytes"] < self.memory
        self.online = intent["vcpus"]
        self.present = max(self.present, self.online)
        self.memory = intent["memory_bytes"]
        self.step("online")
        self.report()
        self.step("reported")
        if shrinks:
            self.retuned(intent["id"])
            self.step("before ready")
        self.send({"type": "ready", "id": intent["id"], "vcpus_online": list(range(self.online)),
                   "memory_available_bytes": self.available()})
        self.step("ready")
        if not shrinks:
            self.retuned(intent["id"])

    def retuned(self, resize):
        self.send({"type": "retuned", "resize_id": resize, "application": "shop", "before": {"workers": 1},
                   "after": {"workers": self.online}, "result": "verified", "duration_ms": 1})
        self.step("retuned")

    def available(self):
        return max(self.memory - (700 if self.busy else 150) * MIB, 20 * MIB)

    def report(self):
        pressed = {"some_avg10_percent": 60 if self.busy else 0, "full_avg10_percent": 0}
        self.sequence += 1
        self.send({"type": "report", "sequence": self.sequence, "vcpus_present": list(range(self.present)),
                   "vcpus_online": list(range(self.online)), "busy_vcpus": self.online if self.busy else 0.1,
                   "runnable_tasks": 8 if self.busy else 0, "cpu_pressure": pressed, "memory_total_bytes": self.memory,
                   "memory_pressure": {"some_avg10_percent": 0, "full_avg10_percent": 0},
                   "memory_available_bytes": self.available(), "applications": []})

    def report_on(self):
        while not self.over:
            if self.socket:
                self.report()
            time.sleep(0.2)
