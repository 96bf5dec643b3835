"""Just enough of the PostgreSQL and MySQL protocols to ask a guest's databases from outside, with logins that need no
password. Each answer is a list of rows, each row a list of texts or None."""
import socket
import struct


POSTGRESQL, MARIADB = 5432, 3306  # In the guest.


class DatabaseError(RuntimeError):
    pass


def databases(guest):
    """The memory settings that both servers of `guest` show at this moment, in bytes."""
    postgresql = PostgreSql("127.0.0.1", guest.ports[POSTGRESQL])
    mariadb = MariaDb("127.0.0.1", guest.ports[MARIADB])
    try:
        cache = postgresql.query("SELECT setting::bigint * 8192 FROM pg_settings WHERE name = 'effective_cache_size'")
        return {"effective_cache_size": int(cache[0][0]),
                "innodb_buffer_pool_size": int(mariadb.query("SELECT @@innodb_buffer_pool_size")[0][0])}
    finally:
        postgresql.close()
        mariadb.close()


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the server closed the connection")
        data += part
    return data


class PostgreSql:
    """Protocol 3.0, simple queries (postgresql.org/docs/15/protocol-message-formats.html)."""

    def __init__(self, host, port, user="probe", database="postgres", timeout=120):
        self.connection = socket.create_connection((host, port), timeout=timeout)
        names = b"".join(word.encode() + b"\0" for word in ("user", user, "database", database)) + b"\0"
        self.connection.sendall(struct.pack("!II", len(names) + 8, 196608) + names)
        self._rows()

    def _rows(self):
        rows, error = [], None
        while True:
            kind, size = struct.unpack("!cI", receive(self.connection, 5))
            body = receive(self.connection, size - 4)
            if kind == b"D":
                rows.append(self._row(body))
            elif kind == b"E":
                error = body.replace(b"\0", b" ").decode(errors="replace")
            elif kind == b"R" and struct.unpack("!I", body[:4])[0] != 0:
                raise DatabaseError("the server wants a password")
            if kind == b"Z" or (error and kind == b"E" and b"FATAL" in body):
                break
        if error:
            raise DatabaseError(error)
        return rows

    @staticmethod
    def _row(body):
        (count,), at, row = struct.unpack("!H", body[:2]), 2, []
        for _ in range(count):
            (size,) = struct.unpack("!i", body[at:at + 4])
            at += 4
            row.append(None if size < 0 else body[at:at + size].decode())
            at += max(size, 0)
        return row

    def query(self, text):
        data = text.encode() + b"\0"
        self.connection.sendall(b"Q" + struct.pack("!I", len(data) + 4) + data)
        return self._rows()

    def close(self):
        self.connection.close()


class MariaDb:
    """Protocol 4.1 with text results (mariadb.com/kb/en/clientserver-protocol)."""

    CAPABILITIES = 0x00000001 | 0x00000200 | 0x00008000 | 0x00080000  # long password, 4.1, secure, plugin auth

    def __init__(self, host, port, user="probe", timeout=120):
        self.connection = socket.create_connection((host, port), timeout=timeout)
        self.sequence = 0
        self._packet()
        answer = struct.pack("<IIB23x", self.CAPABILITIES, 1 << 24, 45) + user.encode() + b"\0\0"
        self._send(answer + b"mysql_native_password\0")
        reply = self._packet()
        if reply[:1] == b"\xfe":  # The server asks again, for the same method; an empty answer is an empty password.
            self._send(b"")
            self._packet()

    def _send(self, body):
        self.connection.sendall(struct.pack("<I", len(body))[:3] + bytes([self.sequence & 255]) + body)
        self.sequence += 1

    def _packet(self):
        header = receive(self.connection, 4)
        self.sequence = header[3] + 1
        body = receive(self.connection, header[0] | header[1] << 8 | header[2] << 16)
        if body[:1] == b"\xff":
            raise DatabaseError(body[3:].decode(errors="replace"))
        return body

    @staticmethod
    def _number(body, at):
        first = body[at]
        if first == 0xFB:
            return None, at + 1
        size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
        return (int.from_bytes(body[at + 1:at + 1 + size], "little"), at + 1 + size) if size else (first, at + 1)

    def query(self, text):
        self.sequence = 0
        self._send(b"\x03" + text.encode())
        head = self._packet()
        if head[:1] == b"\x00":
            return []
        rows, ends = [], 0
        while ends < 2:  # The end of the column descriptions, then the end of the rows.
            body = self._packet()
            if body[:1] == b"\xfe" and len(body) < 9:
                ends += 1
            elif ends:
                rows.append(self._row(body))
        return rows

    def _row(self, body):
        row, at = [], 0
        while at < len(body):
            size, at = self._number(body, at)
            row.append(None if size is None else body[at:at + size].decode())
            at += size or 0
        return row

    def close(self):
        self.connection.close()
