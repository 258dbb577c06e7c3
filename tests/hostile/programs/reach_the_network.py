# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: reaches for the network in every family and for the usual addresses
import socket

for address in ("127.0.0.1", "10.0.0.1", "172.17.0.1", "192.168.65.7", "169.254.169.254", "192.0.2.1"):
    with socket.socket() as attempt:
        attempt.settimeout(0.2)
        try:
            attempt.connect((address, 80))
        except OSError:
            continue
        raise AssertionError(f"{address} answered")
for family, kind in ((socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW)):
    try:
        socket.socket(family, kind)
    except OSError:
        continue
    raise AssertionError("a raw socket could be made")
try:
    socket.getaddrinfo("example.org", 80)
except OSError:
    pass
else:
    raise AssertionError("a name could be looked up")
