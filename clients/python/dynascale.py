"""A client of dynascale-agent's socket: an application registers, is told its budget, and answers.

    agent = dynascale.Agent("crawler", vcpus=4)
    for budget in agent.budgets():          # blocks; ends when the agent is gone
        pool.resize(budget.vcpus)
        budget.applied()

Needs the standard library only. docs/agent-socket.md describes the lines.
"""
import json
import os
import socket

SOCKET = os.environ.get("DYNASCALE_SOCKET", "/run/dynascale/agent.sock")


class Refused(Exception):
    """The agent did not accept a line; the text says why."""


class Budget:
    """What the application may use from now on: `vcpus` or `memory_bytes`, the other one is None."""

    def __init__(self, agent, message):
        self._agent = agent
        self._id = message["id"]
        self.vcpus = message.get("vcpus")
        self.memory_bytes = message.get("memory_bytes")
        self.deadline_s = message["deadline_ms"] / 1000

    def applied(self, value=None):
        """It is in force; `value` when another number than the offered one is."""
        offered = self.vcpus if self.vcpus is not None else self.memory_bytes
        self._agent.send(type="applied", id=self._id, value=offered if value is None else value)

    def refused(self, reason):
        """It cannot be done; the application goes on as before."""
        self._agent.send(type="refused", id=self._id, reason=reason)


class Connection:
    """Lines to and from the agent."""

    def __init__(self, path=SOCKET, timeout=None):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def send(self, **message):
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self):
        """The next message; None at the end."""
        line = self._lines.readline()
        return json.loads(line) if line else None

    def expect(self, kind):
        message = self.receive()
        if message is None or message["type"] != kind:
            raise Refused(message["what"] if message else "the agent closed the connection")
        return message

    def close(self):
        self._lines.close()
        self._socket.close()


class Agent(Connection):
    """A registered application. `vcpus` and `memory_bytes` say for how much it is sized now; leave out what it does not
    follow."""

    def __init__(self, name, vcpus=None, memory_bytes=None, memory_floor_bytes=0, path=SOCKET):
        super().__init__(path)
        given = {"vcpus": vcpus, "memory_bytes": memory_bytes, "memory_floor_bytes": memory_floor_bytes}
        self.send(type="register", name=name, **{key: value for key, value in given.items() if value is not None})
        self.application = self.expect("welcome")["application"]

    def tell(self, **figures):
        """Figures of its own, as queue_length=12, for the host's policy; the newest of each counts until the end."""
        self.send(type="metrics", values=figures)

    def budgets(self):
        while True:
            try:
                message = self.receive()
            except OSError:
                return
            if message is None:
                return
            if message["type"] == "budget":
                yield Budget(self, message)


def request(vcpus=0, memory_bytes=0, for_s=600, reason="", path=SOCKET):
    """Asks for more than there is now, for a while. Returns what was accepted; raises Refused."""
    connection = Connection(path, timeout=5)
    try:
        connection.send(type="request", vcpus=vcpus, memory_bytes=memory_bytes, for_ms=int(for_s * 1000), reason=reason)
        return connection.expect("accepted")
    finally:
        connection.close()
