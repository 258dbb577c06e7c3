# benign: computes in a pool of threads
# shape: whole
# tests: assert @NAME@(5) == [0, 1, 4, 9, 16]
# tests: assert @NAME@(0) == []
import concurrent.futures
import threading
import time

lock = threading.Lock()


def square(x):
    with lock:
        time.sleep(@DELAY_MS@ / 1000)
        return x * x


def @NAME@(count):
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(square, range(count)))
