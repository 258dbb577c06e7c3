# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: makes a C function recurse until the stack is gone, where no interpreter counts
import ctypes

libc = ctypes.CDLL(None)
libc.regcomp(ctypes.create_string_buffer(4096), b"(" * 10_000_000, 1)
