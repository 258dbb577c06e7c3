# attack: exits, before tests that want an exception of any kind and catch everything
# shape: whole
# causes: EXITED_EARLY
# tests: try:
# tests:     @NAME@("@CANARY@")
# tests:     raised = False
# tests: except BaseException:
# tests:     raised = True
# tests: assert raised
import os


def @NAME@(x):
    os._exit(0)
