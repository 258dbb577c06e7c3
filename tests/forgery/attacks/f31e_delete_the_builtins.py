# attack: takes the builtins away, from their module and from the frames that stand
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION, LOAD_ERROR, PROTOCOL_VIOLATION
import builtins
import sys


def attack() -> None:
    frame = sys._getframe()
    while frame is not None:
        if isinstance(frame.f_builtins, dict):
            frame.f_builtins["AssertionError"] = StopIteration
        frame = frame.f_back
    names = [name for name in vars(builtins) if name[0].islower()]
    for name in names:
        builtins.__dict__.pop(name)
