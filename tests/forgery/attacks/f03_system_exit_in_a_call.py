# attack: raises SystemExit with every code that may mean success
# shape: action
# causes: EXCEPTION, WRONG_ANSWER
# moments: call late thread
import random


class Success(SystemExit):
    code = 0


def attack() -> None:
    raise random.choice((SystemExit(0), SystemExit(None), SystemExit(), SystemExit(False), Success("passed")))
