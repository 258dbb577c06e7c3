# benign: computes in a pool of processes
# shape: whole
# limits: cpu_time_ms=8000 wall_time_ms=40000
# tests: assert @NAME@(5) == [0, 1, 4, 9, 16]
import multiprocessing


def square(x):
    return x * x


def @NAME@(count):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(square, range(count))
