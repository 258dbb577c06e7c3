# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: leaves pipes, sockets, loops of links, links to the host's places and folders that nobody may enter, for whoever cleans up
import os
import socket

os.chdir("/tmp")
for index, target in enumerate(("/etc/shadow", "/proc/1/root", "/run/sandbox", "/var/lib/sandbox", "loop", "/dev/stdin")):
    os.symlink(target, f"link{index}")
os.symlink("loop", "loop")
os.mkfifo("result.json")
listener = socket.socket(socket.AF_UNIX)
listener.bind("verdict.sock")
path = "deep"
for _ in range(200):
    os.mkdir(path)
    path += "/d"
os.makedirs("closed/inside")
os.chmod("closed/inside", 0)
os.chmod("closed", 0)
with open("x" * 255, "w") as file:
    file.write("x")
with open("-rf", "w") as file, open("new\nline", "w") as other:
    file.write("x")
    other.write("x")
try:
    os.mknod("device", 0o20666, os.makedev(1, 3))
except OSError:
    pass
else:
    raise AssertionError("a device could be made")
