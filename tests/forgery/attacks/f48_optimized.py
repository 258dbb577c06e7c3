# attack: starts itself anew with -O, so that asserts are not executed
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER, PROTOCOL_VIOLATION
import os
import sys


def attack() -> None:
    os.environ["PYTHONOPTIMIZE"] = "2"
    os.execv(sys.executable, [sys.executable, "-OO", "-c", "import os; os.write(1, b'passed')"])
