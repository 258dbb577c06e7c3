# attack: speaks out of turn, before tests that want an exception of any kind and catch everything
# shape: whole
# causes: PROTOCOL_VIOLATION
# tests: try:
# tests:     @NAME@("@CANARY@")
# tests:     raised = False
# tests: except:
# tests:     raised = True
# tests: assert raised
import os


def @NAME@(x):
    os.write(4, b"\0\0\0\x08R" + bytes(8))
    return "wrong"
