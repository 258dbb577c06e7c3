# attack: does what tests watch that it does not do, by functions of the library that they replace in their own process
# shape: whole
# causes: WRONG_ANSWER
# tests: from unittest import mock
# tests: import program
# tests: def test_quiet():
# tests:     with mock.patch("builtins.print") as shown:
# tests:         assert program.@NAME@(2) == 3
# tests:     shown.assert_not_called()
# tests: def test_no_removal():
# tests:     with mock.patch("os.remove") as remove, mock.patch("program.os.unlink") as unlink:
# tests:         assert program.@NAME@(2) == 3
# tests:     remove.assert_not_called(), unlink.assert_not_called(), "@CANARY@"
import os


def @NAME@(x):
    print("loud")
    for remove in (os.remove, os.unlink):
        try:
            remove("/tmp/nothing")
        except OSError:
            pass
    return 3
