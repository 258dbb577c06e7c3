# attack: overwrites the interpreter's own small integers and constants
# shape: action
# causes: WRONG_ANSWER, SIGNALED, EXITED_EARLY, EXCEPTION, LOAD_ERROR, PROTOCOL_VIOLATION, CPU_TIME_LIMIT, WALL_TIME_LIMIT, UNSUPPORTED_VALUE
# limits: cpu_time_ms=2000 wall_time_ms=4000
import ctypes


def attack() -> None:
    size = object.__sizeof__(object()) + 8
    for old, new in ((7, 9), (200, 201)):
        ctypes.memmove(id(old) + size, id(new) + size, 4)
    ctypes.memmove(id(False) + size, id(True) + size, 4)
