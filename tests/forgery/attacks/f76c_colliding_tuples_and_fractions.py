# attack: equal hashes of other types: nested tuples, whole floats, decimals, fractions and minus one and two
# shape: whole
# causes: CPU_TIME_LIMIT, WRONG_ANSWER, EXCEPTION, UNSUPPORTED_VALUE, PROTOCOL_VIOLATION
# limits: cpu_time_ms=800 wall_time_ms=8000
# costly: half a second of CPU and more
import fractions
import itertools


class Quick(set):
    pass


class Cheap(tuple):
    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other


pairs = itertools.product((-1, -2), repeat=13)
values = [Cheap(pair) for pair in pairs]
values += [fractions.Fraction(number * ((1 << 61) - 1), 1) for number in range(1, 300)]


def @NAME@(x):
    return Quick(values)
