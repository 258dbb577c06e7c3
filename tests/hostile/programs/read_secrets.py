# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: reads what only root may read, and what only the host has
for path in ("/etc/shadow", "/proc/1/environ", "/proc/1/mem", "/proc/kcore", "/var/run/docker.sock", "/root/.profile"):
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError:
        continue
    raise AssertionError(f"{path} could be read")
