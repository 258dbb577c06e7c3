# expect: ALL_TESTS_PASSED
# attack: read what only root may read; the program is nobody, and the file is the image's, not the machine's
import sys

try:
    with open("/etc/shadow", "rb") as file:
        secret = file.read()
except (PermissionError, FileNotFoundError) as error:
    print(error)
    sys.exit(0)
print(f"read {len(secret)} bytes")
sys.exit(1)
