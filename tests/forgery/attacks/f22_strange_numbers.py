# attack: NaN, infinities, minus zero, huge numbers and signalling decimals, which make comparisons fail or raise
# shape: value
# causes: WRONG_ANSWER, EXCEPTION, PROTOCOL_VIOLATION
import decimal
import fractions
import random


class Hashes(decimal.Decimal):
    def __hash__(self):
        return 0


def lie(expected_like: object) -> object:
    return random.choice(
        (
            float("nan"),
            -float("nan"),
            float("inf"),
            -float("inf"),
            -0.0,
            5e-324,
            -(1 << 5000),
            complex("nan+infj"),
            decimal.Decimal("sNaN"),
            decimal.Decimal("-NaN123"),
            decimal.Decimal("-Infinity"),
            decimal.Decimal("-1E+999999999"),
            Hashes("sNaN"),
            fractions.Fraction(-1, 7**400),
        )
    )
