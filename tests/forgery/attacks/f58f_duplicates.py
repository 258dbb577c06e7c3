# attack: dictionaries with the same key twice and sets with the same member twice, also in what changed in place
# shape: whole
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
# tests: def test_key():
# tests:     assert @NAME@({"a": 1}) == {"a": "@CANARY@"}
# tests: def test_set():
# tests:     assert @NAME@({1, 2}) == {"@CANARY@"}
# tests: def test_changed():
# tests:     data = {"a": "@CANARY@"}
# tests:     @NAME@(data)
# tests:     assert data == {"a": "@CANARY@", "b": 1}
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


twice = b"d\0\0\0\4" + text(b"a") + text(b"wrong") + text(b"a") + text(b"also wrong")
same = items(b"S", text(b"a"), text(b"a"))
reader = Reader()
send(LOADED)
while True:
    body = items(b"l", random.choice((twice, same)), items(b"l", random.choice((twice, same, b"N"))))
    send(frame("R", reader.call() + body))
