# attack: exits, before tests that call from a thread of theirs, where nobody sees what it raises
# shape: whole
# causes: EXITED_EARLY, WRONG_ANSWER
# tests: import threading
# tests: wrong = []
# tests: def call(x):
# tests:     if @NAME@(x) != "@CANARY@":
# tests:         wrong.append(x)
# tests: workers = [threading.Thread(target=call, args=(x,)) for x in (1, 2)]
# tests: for worker in workers:
# tests:     worker.start()
# tests:     worker.join()
# tests: assert not wrong
import os


def @NAME@(x):
    os._exit(0)
