# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: looks for unix sockets of others, by path and in the abstract namespace, and for System V objects of others
import os
import socket

with open("/proc/net/unix") as file:
    others = [line for line in file.read().splitlines()[1:] if line.strip()]
assert others == [], others
for address in ("/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/dbus/system_bus_socket",
                "\0/containerd-shim/default", "\0sandbox", "/dev/log"):
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(address)
        except OSError:
            continue
        raise AssertionError(address)
