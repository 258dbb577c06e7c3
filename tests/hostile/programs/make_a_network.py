# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: makes a network where there is none: a tap device, an address, a route, a raw socket
import fcntl
import socket
import struct

made = []
try:
    with open("/dev/net/tun", "r+b", buffering=0) as tun:
        fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"tap0", 0x1002))
        made.append("tap")
except OSError:
    pass
with socket.socket() as control:
    for name, request in (("address", 0x8916), ("flags", 0x8914)):
        data = struct.pack("16sH2x4s16x", b"lo", socket.AF_INET, socket.inet_aton("10.9.8.7"))
        try:
            fcntl.ioctl(control, request, data)
            made.append(name)
        except OSError:
            pass
try:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
        # RTM_NEWLINK of a dummy device
        body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + struct.pack("HH4s", 8, 3, b"mine")
        route.send(struct.pack("IHHII", 16 + len(body), 16, 0x605, 1, 0) + body)
        answer = route.recv(4096)
        if struct.unpack_from("i", answer, 16)[0] == 0:
            made.append("link")
except OSError:
    pass
assert made == [], made
assert [name for _, name in socket.if_nameindex() if name != "lo"] == []
