# attack: serves calls with the agent's own encoder, changed so that it crosses objects that it must not
# shape: whole
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION, EXITED_EARLY
import os
import sys

sys.path.insert(0, "/opt")
from sandbox.guest import frames, values


class Everything:
    def __eq__(self, other):
        return True


def @NAME@(*args):
    return Everything()


def encoded(value):
    return values.encode(value) if not isinstance(value, Everything) else b"o" + values.encode("Everything")


frames.write_frame(4, ord("K"), values.encode([["@NAME@", "callable", ""]]))
while True:
    kind, body = frames.read_frame(3)
    value = encoded(@NAME@())
    rest = values.encode([[None], {}])
    frames.write_frame(4, ord("R"), body[:8] + b"l\0\0\0\3" + value + rest[5:])
