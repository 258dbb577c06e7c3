# attack: nested to the depth that is allowed and wide, against tests that compare, print and sort it
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
# tests: import copy, json, pprint
# tests: def nested(value, depth):
# tests:     for _ in range(depth):
# tests:         value = [value]
# tests:     return value
# tests: def test_equal():
# tests:     assert @NAME@(1) == nested("@CANARY@", 98)
# tests: def test_shown():
# tests:     got = @NAME@(2)
# tests:     assert got == nested("@CANARY@", 98), f"{got!r} is not what it should be"
# tests: def test_json():
# tests:     assert json.dumps(@NAME@(3)) == json.dumps(nested("@CANARY@", 98))
# tests: def test_pretty():
# tests:     assert pprint.pformat(@NAME@(4)) == "@CANARY@"
# tests: def test_copy():
# tests:     assert copy.deepcopy(@NAME@(5)) == nested("@CANARY@", 98)
def @NAME@(x):
    value = "wrong"
    for _ in range(98):
        value = {"k": value} if x == 1 else [value, [], ()] if x < 5 else (value,)
    return value
