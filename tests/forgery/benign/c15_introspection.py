# benign: uses gc, inspect, ctypes, frames and traces for legitimate ends
# shape: whole
# tests: assert @NAME@(3) == ("@NAME@", ["x"], 3)
import ctypes
import gc
import inspect
import sys
import tracemalloc


def @NAME@(x):
    tracemalloc.start()
    frame = sys._getframe()
    name, names = frame.f_code.co_name, list(inspect.signature(@NAME@).parameters)
    gc.collect()
    count = len([thing for thing in gc.get_objects() if thing is frame.f_globals])
    assert count <= 1 and inspect.stack()
    sys.settrace(lambda *args: None)
    sys.settrace(None)
    tracemalloc.stop()
    return name, names, ctypes.CDLL(None).abs(ctypes.c_int(-x))
