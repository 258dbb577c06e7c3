# attack: nests a liar in containers to the depth that is allowed, and beyond it
# shape: whole
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE
# tests: def nested(value, depth):
# tests:     for _ in range(depth):
# tests:         value = [value]
# tests:     return value
# tests: def test_below():
# tests:     assert @NAME@(90) == nested("@CANARY@", 90)
# tests: def test_at():
# tests:     assert @NAME@(99) == nested("@CANARY@", 99)
# tests: def test_beyond():
# tests:     assert @NAME@(100) == nested("@CANARY@", 100)
# tests: def test_far_beyond():
# tests:     assert @NAME@(5000) == nested("@CANARY@", 5000)
class Liar(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Box(list):
    def __eq__(self, other):
        return True


def @NAME@(depth):
    value = Liar("wrong")
    for _ in range(depth):
        value = Box([value])
    return value
