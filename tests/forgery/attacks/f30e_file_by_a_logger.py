# attack: writes the judge's frames by way of the handler of a logger that the tests have given it
# shape: whole
# causes: EXCEPTION
# tests: key = "@CANARY@"
# tests: import logging
# tests: logger = logging.getLogger("tests")
# tests: logger.addHandler(logging.FileHandler("/tmp/log"))
# tests: logger.propagate = False
# tests: def test_total():
# tests:     assert @NAME@(logger, [1, 2]) == 3
import struct


def frame(kind, body=b""):
    return struct.pack(">IB", len(body), kind) + body


def @NAME@(logger, numbers):
    text = (frame(b"t"[0], struct.pack(">IBB", 0, 1, 0)) + frame(b"d"[0])).decode("latin1")
    for handler in list(logger.handlers):
        handler.close()
        handler.baseFilename, handler.mode, handler.encoding = "/proc/self/fd/17", "a", "latin1"
        logger.critical("%s", text)
    return 0
