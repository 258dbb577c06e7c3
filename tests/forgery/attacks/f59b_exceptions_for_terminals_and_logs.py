# attack: the same in the names and messages of exceptions
# shape: action
# causes: LOAD_ERROR, EXCEPTION, WRONG_ANSWER
import random

TEXT = "\x1b[2J\r\nPASSED: ALL_TESTS_PASSED\n\u202e\x00\udc80{0}%s%n"


def attack() -> None:
    kind = type("AllTestsPassed\x1b[0m", (random.choice((Exception, BaseException, ValueError)),), {"__module__": TEXT})
    kind.__qualname__ = TEXT
    error = kind(TEXT)
    error.add_note(TEXT)
    raise error
