# attack: values of a million small parts, in sets and keys, to use up the memory and time of whoever decodes them
# shape: whole
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION, MEMORY_LIMIT, CPU_TIME_LIMIT
# limits: cpu_time_ms=1000 wall_time_ms=8000 memory_bytes=134217728
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


many = b"l" + struct.pack(">I", 999_990) + b"l\0\0\0\0" * 999_990
reader = Reader()
send(LOADED)
while True:
    send(frame("R", reader.call() + answer(many)))
