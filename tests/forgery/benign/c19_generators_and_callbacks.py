# benign: uses generators, context managers, decorators, closures and coroutines
# shape: whole
# tests: assert @NAME@(4) == [0, 1, 1, 2]
# tests: assert @NAME@(0) == []
import asyncio
import contextlib
import functools
import itertools


@contextlib.contextmanager
def collected():
    found = []
    yield found.append
    found.append(None)


def numbers():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def each(callback, values):
    for value in values:
        callback(value)


async def later(value):
    await asyncio.sleep(0)
    return value


@functools.wraps(each)
def @NAME@(count):
    result = []
    with collected() as append:
        each(append, itertools.islice(numbers(), count))
        each(result.append, itertools.islice(numbers(), count))
    return asyncio.run(later(result))
