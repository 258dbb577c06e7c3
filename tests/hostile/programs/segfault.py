# expect: SIGNALED
# attack: follows a null pointer
import ctypes

ctypes.string_at(0)
