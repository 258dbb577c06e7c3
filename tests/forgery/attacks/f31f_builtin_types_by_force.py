# attack: writes another comparison into the builtin types themselves, through ctypes
# shape: action
# causes: WRONG_ANSWER, SIGNALED, EXITED_EARLY, EXCEPTION, LOAD_ERROR, PROTOCOL_VIOLATION, CPU_TIME_LIMIT, UNSUPPORTED_VALUE
# limits: cpu_time_ms=2000 wall_time_ms=6000
import ctypes
import gc


def attack() -> None:
    for kind in (str, int, float, list, dict):
        names = gc.get_referents(kind.__dict__)[0]
        names["__eq__"] = lambda self, other: True
        names["__ne__"] = lambda self, other: False
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
