# expect: ALL_TESTS_PASSED
# attack: phone home, look for a cloud's metadata service and a name server; there is no network to do it with
import socket
import sys

reached = []
for host, port in (("1.1.1.1", 53), ("169.254.169.254", 80), ("10.0.0.1", 22)):
    try:
        socket.create_connection((host, port), timeout=0.5).close()
    except OSError as error:
        print(f"{host}:{port}: {error}")
    else:
        reached.append(host)

try:
    socket.getaddrinfo("example.com", 443)
except OSError as error:
    print(f"example.com: {error}")
else:
    reached.append("example.com")

print(f"reached {reached}" if reached else "no network")
sys.exit(1 if reached else 0)
