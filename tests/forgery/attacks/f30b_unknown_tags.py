# attack: answers with values of kinds that no encoder writes, each with a number that it invented
# shape: whole
# causes: PROTOCOL_VIOLATION
# tests: assert @NAME@(1) == "@CANARY@"
import os
import random
import struct


def @NAME@(x):
    return None


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


def text(value):
    return b"s" + struct.pack(">I", len(value)) + value


def items(tag, *parts):
    return tag + struct.pack(">I", len(parts)) + b"".join(parts)


def send(kind, body):
    os.write(4, struct.pack(">IB", len(body), ord(kind)) + body)


reader = Reader()
send("K", items(b"l", items(b"l", text(b"@NAME@"), text(b"callable"), text(b""))))
while True:
    size, kind = struct.unpack(">IB", reader.take(5))
    call = reader.take(size)[:8]
    tag = random.choice([bytes([code]) for code in range(256) if bytes([code]) not in b"NTFEJifcsbaltSZdr/DQYywWKVMCOAqn1234"])
    handle = tag + struct.pack(">IQ", 8, random.getrandbits(64))
    send("R", call + items(b"l", handle, items(b"l")))
