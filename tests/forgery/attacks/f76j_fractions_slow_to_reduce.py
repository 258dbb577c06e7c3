# attack: a fraction of two integers of megabytes, whose common divisor is sought by whoever decodes it
# shape: whole
# causes: CPU_TIME_LIMIT, PROTOCOL_VIOLATION, WRONG_ANSWER
# limits: cpu_time_ms=800 wall_time_ms=8000
# costly: half a second of CPU and more
import os
import struct


class Reader:
    def __init__(self):
        self.data = b""

    def take(self, size):
        while len(self.data) < size:
            part = os.read(3, 65536)
            if not part:
                os._exit(0)
            self.data += part
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def call(self):
        size, kind = struct.unpack(">IB", self.take(5))
        return self.take(size)[:8]


def scalar(tag, body):
    return tag + struct.pack(">I", len(body)) + body


def text(value):
    return scalar(b"s", value)


def items(tag, *parts):
    return tag + struct.pack(">I", len(parts)) + b"".join(parts)


def frame(kind, body=b""):
    return struct.pack(">IB", len(body), ord(kind)) + body


def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(4, view) :]


def answer(value):
    return items(b"l", value, items(b"l"))


LOADED = frame("K", items(b"l", items(b"l", text(b"@NAME@"), text(b"callable"), text(b""))))


def @NAME@(*args):
    return None


first, second = b"\x2d" + os.urandom(700_000), b"\x2b" + os.urandom(700_000)
reader = Reader()
send(LOADED)
while True:
    body = struct.pack(">I", len(first)) + first + second
    send(frame("R", reader.call() + answer(scalar(b"Q", body))))
