# attack: says that it has a million names, of every form
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, PROTOCOL_VIOLATION, MEMORY_LIMIT, CPU_TIME_LIMIT, WALL_TIME_LIMIT
# limits: cpu_time_ms=1500 wall_time_ms=8000 memory_bytes=134217728
import os
import random
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


deep = b"l\0\0\0\1" * 98 + b"N"
strange = random.choice(
    (
        items(b"l", scalar(b"i", b"\x7f" + bytes(500_000)), b"N", b"N"),
        items(b"l", deep, deep[10:], text(b"json")),
        items(b"t", *[scalar(b"D", b"sNaN")] * 3),
        items(b"l", scalar(b"D", b"1E+999999999"), scalar(b"Y", struct.pack(">HBBBBBIB", 1, 1, 1, 0, 0, 0, 0, 0)), b"E"),
    )
)
send(frame("K", b"l" + struct.pack(">I", 30_001) + strange + items(b"l", text(b"a"), text(b"b"), text(b"c")) * 30_000))
reader = Reader()
while True:
    send(frame("R", reader.call() + answer(text(b"wrong"))))
