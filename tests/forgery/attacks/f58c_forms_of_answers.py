# attack: well formed values that are no answers: too few parts, other types, other arguments than those of the call
# shape: whole
# causes: PROTOCOL_VIOLATION, EXCEPTION, WRONG_ANSWER
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


def shared(name):
    return scalar(b"G", text(name))


NUMBERS = (b"N", b"T", *(scalar(b"i", body) for body in (b"\0", b"\x7f\xff", b"\xff", b"\1" + bytes(40))))
BODIES = (
    ("R", items(b"l", text(b"right"))),
    ("R", items(b"t", text(b"right"), items(b"l"))),
    ("R", items(b"l", text(b"right"), items(b"l"), items(b"l"))),
    ("R", items(b"l", text(b"right"), items(b"d"))),
    ("R", items(b"l", text(b"right"), items(b"l", b"N"))),
    # Changes of what nobody gave: a number beyond all, below all, and none.
    *(("R", items(b"l", text(b"right"), items(b"l", items(b"l", number, items(b"l"))))) for number in NUMBERS),
    ("R", text(b"right")),
    ("R", b"T"),
    ("E", items(b"l", text(b"AssertionError"))),
    ("E", items(b"l", text(b"AssertionError"), text(b"x"), text(b"y"))),
    ("E", items(b"l", shared(b"int"), items(b"l"), text(b"x"), text(b"y"), b"N", items(b"l"))),
    ("E", items(b"l", shared(b"KeyError"), items(b"l"), b"N", text(b"y"), b"N", items(b"l"))),
    ("E", items(b"l", shared(b"KeyError"), items(b"l"), text(b"x"), b"N", b"N", items(b"l"))),
    ("E", items(b"l", shared(b"eval"), items(b"l"), text(b"x"), text(b"y"), b"N", items(b"l"))),
    # Questions back about what the program never got.
    ("B", items(b"l", scalar(b"B", scalar(b"i", b"\0")), text(b"call"), items(b"l"), items(b"d"))),
    ("B", items(b"l", b"N", text(b"call"), items(b"l"), items(b"d"))),
    ("B", items(b"l", text(b"check"), text(b"attribute"), items(b"l", text(b"__globals__")), items(b"d"))),
    ("B", b"N"),
    ("K", items(b"l")),
    ("G", answer(text(b"right"))),
    ("d", b""),
    ("\0", b""),
)
reader = Reader()
send(LOADED)
while True:
    kind, body = random.choice(BODIES)
    send(frame(kind, reader.call() + body))
