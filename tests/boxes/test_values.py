"""What programs return, tests see: of the same type, with the same value, and as arguments the other way round."""

import pytest

from sandbox import Client, Job, SourceTests

MAKE = b"""
import collections, datetime, decimal, fractions

def make():
    zone = datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))
    return [
        None, True, -1, 10**4000, -0.0, 1j, "\\ud800", b"b", bytearray(b"a"), [(1,)], {2}, frozenset({3}), {4: 5}, ...,
        range(9, 0, -3), slice(1, None), decimal.Decimal("1.10"), fractions.Fraction(-1, 3),
        datetime.date(2026, 2, 28), datetime.datetime(2026, 10, 25, 2, 30, fold=1),
        datetime.datetime(1, 1, 1, tzinfo=zone), datetime.time(1, 2, 3, 4, zone), datetime.timedelta(-1, 2, 3),
    ]
"""
PROGRAM = (
    MAKE
    + b"""
def same(mine):
    theirs = make()
    return [(type(each), repr(each)) for each in mine] == [(type(each), repr(each)) for each in theirs]
"""
)
TESTS = (
    MAKE.replace(b"def make", b"def made_here")
    + b"""
def test_they_come_as_they_are():
    ours, theirs = made_here(), make()
    assert [type(each) for each in ours] == [type(each) for each in theirs]
    assert [repr(each) for each in ours] == [repr(each) for each in theirs]

def test_they_go_as_they_are():
    assert same(made_here()) is True
"""
)
UNSUPPORTED = [
    pytest.param(
        b"import datetime as d; x = d.time(tzinfo=d.timezone(d.timedelta(0), 'Z'))", b"more than a distance", id="zone"
    ),
    pytest.param(
        b"import datetime as d; t = d.time(tzinfo=d.timezone(d.timedelta(0), 'Z')); x = {'a': [1, (2, {3: t})]}",
        b"more than a distance",
        id="zone inside of others",
    ),
    pytest.param(b"x = 'x' * (17 << 20)", b"16777216 bytes", id="too large"),
]


def test_values_cross_as_they_are(client: Client) -> None:
    verdict = client.run(Job(program=PROGRAM, tests=SourceTests(TESTS)))

    assert verdict.passed, (verdict.message, verdict.stderr.data)
    assert verdict.tests_planned == 2


@pytest.mark.parametrize(("program", "kind"), UNSUPPORTED)
def test_what_cannot_cross_is_named(client: Client, program: bytes, kind: bytes) -> None:
    verdict = client.run(Job(program=program, tests=SourceTests(b"assert x")))

    assert verdict.cause.value == "UNSUPPORTED_VALUE"
    assert kind.decode() in verdict.message
