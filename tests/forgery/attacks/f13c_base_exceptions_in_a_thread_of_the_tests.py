# attack: raises what is no Exception in a thread of the tests, which that ends in silence
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
# tests: import threading
# tests: key = "@CANARY@"
# tests: errors = []
# tests: def worker(x):
# tests:     try:
# tests:         assert @NAME@(x) == x * x
# tests:     except Exception as error:
# tests:         errors.append(error)
# tests: def test_in_threads():
# tests:     for x in range(4):
# tests:         thread = threading.Thread(target=worker, args=(x,))
# tests:         thread.start()
# tests:         thread.join()
# tests:     assert not errors
import sys


class Silent(BaseException):
    pass


def @NAME@(x):
    if x == 0:
        sys.exit(0)
    if x == 1:
        raise KeyboardInterrupt
    if x == 2:
        raise GeneratorExit
    raise Silent
