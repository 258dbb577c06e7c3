# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: follows a null pointer
import ctypes

ctypes.string_at(0)
