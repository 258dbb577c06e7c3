# attack: says it threw exceptions that end loops, exits and tests in the process that hears of them
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER, PROTOCOL_VIOLATION
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


NAMES = (
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "StopIteration",
    "StopAsyncIteration",
    "BaseException",
    "ExceptionGroup",
    "BaseExceptionGroup",
    "UnicodeDecodeError",
    "AssertionError",
    "ViolationError",
    "object",
    "type",
    "print",
    "exit",
    "quit",
    "eval",
    "__import__",
    "__builtins__",
    "bool",
    "MemoryError",
    "RecursionError",
    "Warning",
    "__name__",
)
reader = Reader()
send(LOADED)
while True:
    kind = scalar(b"G", text(random.choice(NAMES).encode()))
    args = random.choice((b"N", items(b"l"), items(b"l", text(b"0"), text(b"1")), items(b"l", *[b"N"] * 5)))
    body = items(b"l", kind, args, text(b"passed"), text(b"passed"), b"N", items(b"l"))
    send(frame("E", reader.call() + body))
