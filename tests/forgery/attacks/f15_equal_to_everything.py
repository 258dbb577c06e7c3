# attack: returns an object that compares as everybody wishes
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER
class Everything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __contains__ = __lt__

    def __bool__(self):
        return True

    def __hash__(self):
        return 0

    def __len__(self):
        return 1

    def __iter__(self):
        return iter((self,))

    def __getitem__(self, key):
        return self


def lie(expected_like: object) -> object:
    return Everything()
