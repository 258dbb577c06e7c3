# attack: fills its module with names that are no strings, and with strings that lie
# shape: whole
# causes: WRONG_ANSWER
class Name(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash("check")


class Callable:
    __name__ = "check"

    def __call__(self, *args):
        return True


def @NAME@(*args):
    return None


globals()[1] = globals()[None] = globals()["\udc80"] = globals()["a b"] = Callable()
globals()[Name("assert")] = Callable()
globals()["__class__"] = globals()["__eq__"] = globals()["test_0"] = globals()["candidate"] = Callable()
