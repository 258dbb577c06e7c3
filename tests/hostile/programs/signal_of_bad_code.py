# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: executes bytes that are no instruction
import ctypes
import mmap

page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
# ud2 on x86-64; on arm64 the first four bytes are undefined by design.
page.write(b"\x0f\x0b\x00\x00" if __import__("os").uname().machine == "x86_64" else bytes(4))
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
