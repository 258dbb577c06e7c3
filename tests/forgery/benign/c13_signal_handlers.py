# benign: handles signals, sends itself some, and has an alarm that it cancels
# shape: whole
# tests: assert @NAME@(2) == ["SIGUSR1", "SIGALRM"]
import os
import signal
import time

seen = []


def handle(number, frame):
    seen.append(signal.Signals(number).name)


signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, handle)


def @NAME@(count):
    signal.signal(signal.SIGUSR1, handle)
    signal.signal(signal.SIGALRM, handle)
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGTERM)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while len(seen) < count:
        time.sleep(0.001)
    signal.alarm(100)
    signal.alarm(0)
    return seen
