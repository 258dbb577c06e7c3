# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: walks out by the links of /proc: other roots, working directories, descriptors and executables, to read or to overwrite
import os

for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
    for link in ("root", "cwd"):
        base = f"/proc/{pid}/{link}"
        for path in ("etc/shadow", "var/lib/docker", "var/run/docker.sock", "var/lib/sandbox", "run/sandbox", "home"):
            found = os.path.join(base, "../../..", path)
            if path == "home" and os.path.exists(found):
                assert os.listdir(found) == [], found
                continue
            try:
                with open(found, "rb") as file:
                    file.read(1)
            except OSError:
                continue
            raise AssertionError(found)
    for path in [f"/proc/{pid}/exe", *(f"/proc/{pid}/fd/{number}" for number in range(64))]:
        try:
            if os.readlink(path).startswith(("/tmp", "/dev", "/proc", "pipe:", "socket:", "memfd:")):
                continue
            os.close(os.open(path, os.O_WRONLY))
        except OSError:
            continue
        raise AssertionError(f"{path} could be opened for writing")
for path in ("/proc/self/root/proc/self/root/proc/1/root/etc/shadow", "/proc/thread-self/root/../../etc/shadow"):
    try:
        open(path, "rb").close()
    except OSError:
        continue
    raise AssertionError(path)
