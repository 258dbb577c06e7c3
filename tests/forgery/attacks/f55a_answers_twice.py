# attack: answers each call twice, the second time otherwise
# shape: whole
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
# tests: def test_first():
# tests:     assert @NAME@(1) == "@CANARY@"
# tests: def test_second():
# tests:     assert @NAME@(2) == "@CANARY@"
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


reader = Reader()
send(LOADED)
while True:
    call = reader.call()
    send(frame("R", call + answer(text(b"wrong"))) + frame("R", call + answer(text(b"right"))))
