# attack: the same as keys of a dictionary, among what changed in place
# shape: whole
# causes: CPU_TIME_LIMIT, WRONG_ANSWER, PROTOCOL_VIOLATION
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


def integer(value):
    return scalar(b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


pairs = b"d" + struct.pack(">I", 120_000)
pairs += b"".join(integer(factor * ((1 << 61) - 1)) + b"N" for factor in range(1, 60_001))
reader = Reader()
send(LOADED)
while True:
    send(frame("R", reader.call() + answer(pairs)))
