# benign: prints PASSED, FAIL, colours and what else judges print
# shape: whole
# tests: assert @NAME@(2) == "FAIL"
# tests: assert @NAME@(3) == "PASSED"
import sys

print("\x1b[31mFAIL\x1b[0m\r===== 1 failed, 5 passed =====")
print("Traceback (most recent call last):\nAssertionError", file=sys.stderr)


def @NAME@(x):
    print("not ok 1\nFAILED (failures=1)\nexit code 1", flush=True)
    sys.stdout.buffer.write(b"\xff\xfe\0")
    return "PASSED" if x % 2 else "FAIL"
