# expect: ALL_TESTS_PASSED
# attack: leave something behind outside of /tmp; the root file system is read-only
import sys

written = []
for path in ("/evil", "/etc/passwd", "/usr/bin/evil", "/usr/lib/evil.so", "/proc/sys/kernel/core_pattern"):
    try:
        with open(path, "ab") as file:
            file.write(b"evil")
    except OSError as error:
        print(error)
    else:
        written.append(path)

print(f"wrote {written}" if written else "nothing but /tmp can be written")
sys.exit(1 if written else 0)
