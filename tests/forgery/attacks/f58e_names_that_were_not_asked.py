# attack: says it has names that tests define themselves, and kinds and modules that do not exist
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER, PROTOCOL_VIOLATION, UNSUPPORTED_VALUE
# tests: def test_name():
# tests:     assert @NAME@(1) == "@CANARY@"
# tests: def test_module():
# tests:     assert os.path.join("a", "b") == "a/b" and @NAME@(1) == "@CANARY@"
# tests: def test_unknown():
# tests:     assert expected(1) == "@CANARY@"
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


def name(*parts):
    return items(b"l", *[text(part) if isinstance(part, bytes) else part() for part in parts])


names = [
    name(b"@NAME@", b"callable", b""),
    name(b"check", b"callable", b""),
    name(b"AssertionError", b"module", b"os"),
    name(b"os", b"module", random.choice((b"antigravity", b"this", b"posix", b"_thread", b"nt", b"sandbox.guest.judging", b"__main__"))),
    name(b"expected", random.choice((b"module", b"callable", b"value", b"", b"x")), b"json"),
    name(lambda: items(b"l"), lambda: b"N", lambda: b"T"),
]
reader = Reader()
send(frame("K", items(b"l", *names)))
while True:
    send(frame("R", reader.call() + answer(random.choice((text(b"wrong"), b"T", items(b"l"))))))
