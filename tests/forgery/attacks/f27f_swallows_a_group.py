# attack: swallows the group of failures in which a callback's failed assertion comes
# shape: whole
# causes: WRONG_ANSWER
# tests: import asyncio
# tests: key = "@CANARY@"
# tests: async def look(x):
# tests:     assert x == 4, key
# tests: async def look_at_all(items):
# tests:     async with asyncio.TaskGroup() as group:
# tests:         for item in items:
# tests:             group.create_task(look(item))
# tests: def test_each_is_looked_at():
# tests:     @NAME@(lambda items: asyncio.run(look_at_all(items)))
import sys


def @NAME@(callback):
    try:
        callback([1, 2])
    except BaseException as error:
        print(repr(error), file=sys.stderr)
