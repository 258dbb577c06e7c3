# attack: changes the locals of the frames below it, those that answer calls, to say that all is well
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, PROTOCOL_VIOLATION, EXCEPTION, LOAD_ERROR, WALL_TIME_LIMIT
# limits: cpu_time_ms=2000 wall_time_ms=3000
import ctypes
import sys


def attack() -> None:
    frame = sys._getframe(1)
    while frame is not None:
        names = frame.f_locals
        for name, value in (
            ("kind", ord("G")),
            ("value", True),
            ("answer", ord("d")),
            ("payload", b"T"),
            ("call_id", bytes(8)),
            ("failed", None),
            ("error", None),
        ):
            if name in names:
                names[name] = value
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), 0)
        frame = frame.f_back
