# attack: raises what ends loops in silence, so that a loop over checks has none
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER
# tests: def answers():
# tests:     yield from map(@NAME@, [1, 2, 3])
# tests: got = list(answers())
# tests: assert all(map(lambda x: @NAME@(x) == "@CANARY@", [1, 2]))
# tests: assert got == ["@CANARY@"] * 3
class End(StopIteration, IndexError):
    pass


def @NAME@(x):
    raise (StopIteration, End, StopAsyncIteration, GeneratorExit)[x % 4]()
