# verdict: FAILED
# cause: WRONG_ANSWER
# fault: PROGRAM
# attack: returns a list whose iteration never ends by itself, of a class of its own
# tests: assert f() == [1]
class Endless(list):
    def __iter__(self):
        while True:
            yield self

    def __len__(self):
        return 0

    __class__ = list


def f():
    return [Endless([object()])]
