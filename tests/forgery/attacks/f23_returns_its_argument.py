# attack: returns its very argument and changes it later, in place and from a thread
# shape: whole
# causes: WRONG_ANSWER
# tests: data = [3, 1, 2]
# tests: wanted = [1, 2, 3]
# tests: held = {"wanted": wanted, "canary": "@CANARY@"}
# tests: def test_alias():
# tests:     got = @NAME@(data)
# tests:     @NAME@([0])
# tests:     assert got == wanted and got == [1, 2, 3] and held["wanted"] is wanted
# tests: def test_expected_is_passed_too():
# tests:     copy = {"wanted": [5, 5], "canary": "@CANARY@"}
# tests:     got = @NAME@([9], copy)
# tests:     assert got == {"wanted": [5, 5], "canary": "@CANARY@"}, got
# tests: def test_tuple():
# tests:     inner = [2, 1]
# tests:     @NAME@((inner,))
# tests:     assert inner == [1, 2]
import threading
import time

kept = []


def change():
    while True:
        time.sleep(0.001)
        for value in kept:
            if isinstance(value, list):
                value[:] = [1, 2, 3]


threading.Thread(target=change, daemon=True).start()


def @NAME@(value, *more):
    kept.append(value)
    for one in more:
        kept.append(one)
        one["wanted"] = value
    time.sleep(0.002 * (not more))
    return list(reversed(value)) if isinstance(value, list) and not more else value
