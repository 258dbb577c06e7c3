# attack: values that no encoder writes: unknown kinds, false lengths, bad text, keys that cannot be keys
# shape: whole
# causes: PROTOCOL_VIOLATION
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


VALUES = (
    b"",
    b"?",
    b"l\xff\xff\xff\xff",
    b"l\0\0\0\2N",
    b"NN",
    text(b"\xff\xfe"),
    text(b"\xed\xa0"),
    scalar(b"f", b"\0" * 7),
    scalar(b"c", b"\0" * 15),
    items(b"S", items(b"l")),
    b"d\0\0\0\1" + items(b"l") + b"N",
    b"d\x7f\xff\xff\xff",
    items(b"r", text(b"a"), b"N", b"N"),
    items(b"r", b"N"),
    items(b"/", b"N", b"N"),
    scalar(b"D", b"1e999999999999999999999"),
    scalar(b"D", b" 1_0 "),
    scalar(b"D", "\u0661".encode()),
    scalar(b"Q", b"\0\0\0\1\1\0"),
    scalar(b"Q", b"\xff\xff\xff\xff"),
    scalar(b"y", b"\0\0\0\0"),
    scalar(b"w", b"\xff" * 8),
    scalar(b"W", b"\x7f" * 12),
    scalar(b"Y", b""),
    b"".join([items(b"S", b"f\0\0\0\x08" + struct.pack(">d", 1.0))[:-1]]),
)
reader = Reader()
send(LOADED)
while True:
    # Its own length and nothing else: args and kwargs are as they should be.
    send(frame("R", reader.call() + answer(random.choice(VALUES))))
