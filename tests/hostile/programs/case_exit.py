# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: writes what is expected and exits with 139
# case: 1\n => one\n
import os

os.write(1, b"one\n")
os._exit(139)
