# expect: SIGNALED
# attack: crash the interpreter with a wild pointer
import ctypes

ctypes.string_at(8)
