# attack: remembers the arguments of all calls, in which tests may have put an answer to another
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
# tests: def test_one():
# tests:     assert @NAME@("x") == "@CANARY@"
# tests: def test_two():
# tests:     assert @NAME@(["y"], key=lambda: "@CANARY@") == "@CANARY@"
# tests: def test_three():
# tests:     data = ["z"]
# tests:     hidden = {"answer": "@CANARY@"}
# tests:     assert @NAME@(data) == hidden["answer"]
import gc
import re

seen = []


def @NAME@(*args, **kwargs):
    seen.append((args, kwargs))
    found = re.search("CANARY_[0-9a-f]{32}", repr(seen) + repr(gc.get_referrers(*seen))[:100_000])
    return found[0] if found else None
