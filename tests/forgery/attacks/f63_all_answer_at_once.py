# attack: many threads and children answer the same call, each with the right number and with another value
# shape: whole
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION
# tests: def test_one():
# tests:     assert @NAME@(1) == "@CANARY@"
# tests: def test_two():
# tests:     assert @NAME@(2) == "@CANARY@"
# tests: def test_three():
# tests:     assert @NAME@(3) == "@CANARY@"
import os
import struct
import threading


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


def shout(call, number):
    try:
        os.write(4, frame("R", call + answer(text(b"wrong %d" % number))))
    except OSError:
        pass


reader = Reader()
send(LOADED)
while True:
    call = reader.call()
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            shout(call, number)
            os._exit(0)
        children.append(child)
    threads = [threading.Thread(target=shout, args=(call, number)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for child in children:
        os.waitpid(child, 0)
