# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: a program without tests says on the pipe of the tests that it has loaded, and more
import os
import struct

for kind in b"KRXEUtpd":
    os.write(4, struct.pack(">IB", 8, kind) + bytes(8))
