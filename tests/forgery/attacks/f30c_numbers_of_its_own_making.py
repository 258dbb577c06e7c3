# attack: refers to objects by numbers that were never given, in every form a reference has
# shape: whole
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER, EXCEPTION, UNSUPPORTED_VALUE
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


def scalar(tag, body):
    return tag + struct.pack(">I", len(body)) + body


def text(value):
    return scalar(b"s", value)


def integer(value):
    return scalar(b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def items(tag, *parts):
    return tag + struct.pack(">I", len(parts)) + b"".join(parts)


def send(kind, body):
    os.write(4, struct.pack(">IB", len(body), ord(kind)) + body)


def described(number, flags, *bases):
    return items(b"l", integer(number), integer(flags), text(b"int"), items(b"l", *bases))


NAMES = (
    integer(1),
    integer(-1),
    integer(1 << 70),
    b"T",
    text(b"check"),
    described(1, 0),
    described(2, 0),
    described(1, 1 << 80),
    described(1, 4, text(b"AssertionError")),
    described(1, 4, text(b"StopIteration"), text(b"GeneratorExit")),
    described(1, 4, text(b"OSError"), text(b"UnicodeDecodeError")),
    described(1, 4, integer(1)),
    described(1, 8),
    described(1, 16),
    described(1, 24),
    text(b"os:_exit"),
    text(b"builtins:exit"),
    text(b"unittest.mock:ANY"),
)
reader = Reader()
send("K", items(b"l", items(b"l", text(b"@NAME@"), text(b"callable"), text(b""))))
while True:
    size, kind = struct.unpack(">IB", reader.take(5))
    call = reader.take(size)[:8]
    value = scalar(random.choice((b"H", b"B", b"G")), random.choice(NAMES))
    send("R", call + items(b"l", value, items(b"l")))


def @NAME@(*args):
    return None
