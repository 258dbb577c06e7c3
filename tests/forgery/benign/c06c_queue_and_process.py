# benign: gets its result from a child through a queue, and by plain fork and pipe
# shape: whole
# limits: cpu_time_ms=8000 wall_time_ms=40000
# tests: assert @NAME@(4) == (24, b"10")
import multiprocessing
import os


def factorial(queue, x):
    result = 1
    for factor in range(2, x + 1):
        result *= factor
    queue.put(result)


def @NAME@(x):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=factorial, args=(queue, x))
    process.start()
    result = queue.get()
    process.join()
    source, sink = os.pipe()
    if os.fork() == 0:
        os.write(sink, str(sum(range(x + 1))).encode())
        os._exit(0)
    os.close(sink)
    os.wait()
    return result, os.read(source, 100)
