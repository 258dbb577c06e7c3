# verdict: FAILED
# cause: WRONG_ANSWER
# fault: PROGRAM
# attack: writes what is expected, and far more than is kept
# limits: output_bytes=1000
# case: 1\n => one\n
import os

os.write(1, b"one\n" + b"\n" * 100_000 + b"two\n")
