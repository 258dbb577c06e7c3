# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: writes more than is kept; the rest must be drained, not block the program
# limits: output_bytes=1000
print("y" * 3_000_000)
