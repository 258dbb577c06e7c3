# verdict: FAILED
# cause: WRONG_ANSWER
# fault: PROGRAM
# attack: a daemon of the first case writes what the second case wants to see
# case: 1\n => one\n
# case: 2\n => two\n
import os
import time

if input() == "1":
    if os.fork() == 0:
        os.setsid()
        time.sleep(0.05)
        while True:
            os.write(1, b"two\n")
            time.sleep(0.01)
    print("one")
