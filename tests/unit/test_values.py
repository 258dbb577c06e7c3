"""Values cross as exact builtins or not at all, and no byte that a program chose does more than that."""

import builtins
import datetime as dt
import math
import struct
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, NoReturn
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.guest import library, values
from sandbox.guest.values import MalformedValueError, UnsupportedValueError, decode, encode

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

EXACT = {
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    type(...),
    list,
    tuple,
    set,
    frozenset,
    dict,
    range,
    slice,
    Decimal,
    Fraction,
    dt.date,
    dt.datetime,
    dt.time,
    dt.timedelta,
    type(NotImplemented),
    UUID,
    Counter,
    OrderedDict,
    defaultdict,
    deque,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
}


def parts_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    return (
        list(value) if isinstance(value, (list, tuple, set, frozenset, deque, KeysView, ValuesView, ItemsView)) else []
    )


def everything_in(value: Any) -> Iterator[Any]:
    todo = [value]
    seen: dict[int, object] = {}
    while todo:
        item = todo.pop()
        if id(item) not in seen:
            seen[id(item)] = item
            yield item
            todo.extend(parts_of(item))


def exact(value: Any) -> bool:
    # A named tuple's class is made by the decoder: it is a tuple with names, and none of its methods is the program's.
    made = library._named_tuples.values()
    return all(type(item) in EXACT or type(item) in made for item in everything_in(value))


def attributes_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, complex):
        return "real", "imag"
    if isinstance(value, Fraction):
        return "numerator", "denominator"
    return ("start", "stop", "step") if isinstance(value, (range, slice)) else ()


def shape(value: Any) -> Any:
    """A text that is equal only for values of the same types, bits and order, which `==` does not see."""
    kind = type(value).__name__
    if isinstance(value, float):
        return kind, "nan" if math.isnan(value) else struct.pack(">d", value)
    if attributes := attributes_of(value):
        return kind, [shape(getattr(value, name)) for name in attributes]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(repr(shape(item)) for item in value)
    if isinstance(value, (list, tuple, dict)):
        return kind, [shape(part) for part in parts_of(value)]
    # Not repr: it refuses integers of many digits.
    return kind, hex(value) if isinstance(value, int) else repr(value)


# Round trips.

A_DAY = dt.timedelta(days=1)
ZONES = st.timedeltas(-A_DAY, A_DAY).filter(lambda distance: abs(distance) < A_DAY).map(dt.timezone)
HASHABLE_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**3000), 2**3000),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(exclude_categories=[])),
    st.binary(),
    st.just(...),
    st.builds(range, st.integers(), st.integers(), st.integers().filter(bool)),
    st.decimals().filter(lambda value: not value.is_snan()),
    st.fractions(),
    st.dates(),
    st.datetimes(timezones=st.none() | ZONES),
    st.times(timezones=st.none() | ZONES),
    st.timedeltas(),
)
LEAVES = HASHABLE_LEAVES | st.builds(bytearray, st.binary()) | st.builds(slice, st.none() | st.integers())
HASHABLE = st.recursive(
    HASHABLE_LEAVES,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)
VALUES = st.recursive(
    LEAVES | HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=5),
        st.sets(HASHABLE, max_size=5),
    ),
    max_leaves=25,
)


@settings(UNHURRIED, max_examples=200)
@given(VALUES)
def test_builtins_come_back_as_they_were(value: Any) -> None:
    back = decode(encode(value))
    assert shape(back) == shape(value)
    assert exact(back)
    # What was rebuilt is written the same way, but for the order of sets.
    assert len(encode(back)) == len(encode(value))


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, ...),
        *(0, 1, -1, 127, 128, -128, -129, 255, 256, 2**63, -(2**63), 10**5000, -(10**5000)),
        *(0.0, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan),
        *(complex(-0.0, math.nan), complex(math.inf, -0.0)),
        *("", "é", "\0", "\ud800", "\udfff\ud800", "a" * 100_000, "🐍"),
        *(b"", b"\xff\0", bytearray(), bytearray(b"\xff\0")),
        *([], (), set(), frozenset(), {}, [[]], ((),), {(): {}}, [None] * 1000),
        *(range(0), range(3), range(10, -10, -3), range(10**100, 10**101)),
        *(slice(None), slice(1, None, -1), slice("a", [1], (2,))),
        *(Decimal("-0.00"), Decimal("1E+999999"), Decimal("sNaN12"), Decimal("-Infinity"), Decimal("0." + "3" * 5000)),
        *(Fraction(0), Fraction(-7, 3), Fraction(10**5000, 3)),
        *(dt.date.min, dt.date.max, dt.datetime.max, dt.time.max, dt.timedelta.min, dt.timedelta.max),
        *(dt.datetime(2026, 10, 25, 2, 30, fold=1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        dt.time(12, tzinfo=dt.timezone(-dt.timedelta(hours=23, minutes=59, seconds=59))),
        UUID(int=0),
        UUID("12345678-1234-5678-1234-567812345678"),
        {"b": 1, "a": 2, 0: 3},
        {(1, frozenset({2})): [{3}, {4: (5, [6.0])}]},
        {1: True, "1": 1.0},
    ],
    ids=lambda value: type(value).__name__,
)
def test_corners_come_back_as_they_were(value: Any) -> None:
    assert shape(decode(encode(value))) == shape(value)


def test_equal_values_of_different_types_do_not_become_each_other() -> None:
    back = decode(encode([True, 1, 1.0, (1 + 0j), False, 0, -0.0]))
    assert [type(item) for item in back] == [bool, int, float, complex, bool, int, float]


def test_a_dict_keeps_its_order() -> None:
    names = [f"key{number * 7919 % 100}" for number in range(100)]
    assert list(decode(encode(dict.fromkeys(names)))) == names


def test_one_object_in_two_places_stays_one() -> None:
    shared: list[int] = []
    twin: tuple[object, ...] = (shared,)
    first, second, inside, again = decode(encode([shared, shared, twin, twin]))
    assert first is second
    assert inside is again
    assert inside[0] is first
    array = bytearray(b"x")
    first, second, other = decode(encode([array, array, bytearray(b"x")]))
    assert first is second
    assert first is not other


# Subclasses, by whose methods a program would speak for the judge.


class CalledError(BaseException):
    """A method of the program's ran."""


ARMED = SimpleNamespace(on=False)


@contextmanager
def armed() -> Iterator[None]:
    ARMED.on = True
    try:
        yield
    finally:
        ARMED.on = False


def trap(base: type, name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if ARMED.on:
            raise CalledError(f"{base.__name__}.{name}")
        return getattr(base, name)(self, *args, **kwargs)

    return method


# Without these no object can be made or thrown away.
UNTOUCHED = {
    *("__new__", "__init__", "__class__", "__getattribute__", "__setattr__", "__delattr__", "__init_subclass__"),
    *("__subclasshook__", "__class_getitem__", "__doc__", "__getnewargs__", "__dir__", "__repr__", "__str__"),
    *("fromkeys", "fromhex", "from_bytes", "maketrans", "__getformat__", "__setformat__"),
}


def hostile(base: type) -> Any:
    """A subclass of which every method, operator and attribute raises while it is armed."""
    traps = {name: trap(base, name) for name in dir(base) if name not in UNTOUCHED and callable(getattr(base, name))}
    spoilt = {
        name: property(lambda _self, name=name: trap(base, name)(_self))
        for name in ("real", "imag", "numerator", "denominator")
        if hasattr(base, name)
    }
    return type(f"Hostile{base.__name__.title()}", (base,), {**traps, **spoilt})


SAMPLES: dict[type, Any] = {
    int: -(2**70),
    float: -0.0,
    complex: complex(1.5, -0.0),
    str: "text\ud800",
    bytes: b"\0bytes",
    bytearray: b"array",
    list: [1, "two", [3.0]],
    tuple: (1, ("two",)),
    set: {1, "two"},
    frozenset: {1, (2,)},
    dict: {"a": 1, (2,): [3]},
}


@pytest.mark.parametrize("base", SAMPLES, ids=lambda base: base.__name__)
def test_a_hostile_subclass_crosses_as_its_base_and_runs_nothing(base: type) -> None:
    plain = base(SAMPLES[base])
    value = hostile(base)(SAMPLES[base])
    with armed():
        back = decode(encode(value))
    assert type(back) is base
    assert shape(back) == shape(plain)


@pytest.mark.parametrize("base", SAMPLES, ids=lambda base: base.__name__)
def test_a_hostile_subclass_inside_others(base: type) -> None:
    value = hostile(base)(SAMPLES[base])
    nest: list[Any] = [[value], (value,), {"key": value}]
    if base.__hash__ is not None:
        nest += [{value}, frozenset([value]), {value: value}]
    with armed():
        back = decode(encode(nest))
    assert exact(back)
    assert back[0] == [base(SAMPLES[base])]


def test_every_trap_would_have_been_seen() -> None:
    # The tests above prove nothing with methods that do not raise.
    value = hostile(list)([1])
    assert len(value) == 1
    uses: list[Callable[[Any], object]] = [
        len,
        iter,
        bool,
        lambda it: it == [1],
        lambda it: it[0],
        lambda it: it.copy(),
    ]
    with armed():
        for use in uses:
            with pytest.raises(CalledError):
                use(value)


def test_a_hostile_class_of_classes_runs_nothing() -> None:
    def raising(*_: object, **__: object) -> NoReturn:
        raise CalledError

    hooks = ("__eq__", "__hash__", "__instancecheck__", "__subclasscheck__", "__call__", "__getattribute__")
    meta = type("Meta", (type,), dict.fromkeys(hooks, raising))
    value = list.__new__(type.__call__(meta, "Odd", (list,), {}))
    list.append(value, 1)
    assert decode(encode(value)) == [1]


def test_bool_has_no_subclass() -> None:
    # Therefore True and False are themselves, by identity.
    with pytest.raises(TypeError):
        type("Bool", (bool,), {})
    assert decode(encode(True)) is True
    assert decode(encode(False)) is False


def test_usual_subclasses_lose_what_they_added() -> None:
    class Colour(IntEnum):
        RED = 3

    class Longer(dict[str, int]):
        pass

    class Stack(list[int]):
        pass

    assert shape(decode(encode([Colour.RED, Longer(a=1), Stack([1])]))) == shape([3, {"a": 1}, [1]])


def test_collections_come_back_as_what_they_are() -> None:
    point = namedtuple("point", "x y")
    first, second = decode(encode([point(1, [2]), point(3, 4)]))
    assert (first, first.x, first.y, second._asdict()) == ((1, [2]), 1, [2], {"x": 3, "y": 4})
    assert type(first) is type(second)
    assert type(first).__name__ == "point"
    for value in (
        OrderedDict(b=1, a=2),
        Counter("abca"),
        defaultdict(list, {"a": [1]}),
        defaultdict(None, {"a": 1}),
        deque([1, 2]),
        deque([1, 2], 5),
    ):
        back = decode(encode(value))
        assert type(back) is type(value)
        assert back == value
        assert list(back) == list(value)
    assert decode(encode(deque([1], 5))).maxlen == 5
    assert decode(encode(defaultdict(list)))["new"] == []
    assert decode(encode(Counter(a=-2))) == Counter(a=-2)
    # A factory that is the program's own cannot cross; what it has made so far can.
    assert shape(decode(encode(defaultdict(lambda: 1, a=2)))) == shape({"a": 2})


def test_views_of_a_dict_come_back_as_views() -> None:
    value = {"a": 1, "b": [2]}
    assert decode(encode(value.keys())) == value.keys()
    assert list(decode(encode(value.values()))) == [1, [2]]
    assert list(decode(encode(value.items()))) == [("a", 1), ("b", [2])]


def test_references_are_what_the_two_sides_agree_on() -> None:
    thing = object()

    def refer(item: object) -> tuple[bytes, bytes] | None:
        return (values.REMOTE, b"7") if item is thing else None

    def resolve(tag: bytes, body: bytes) -> object:
        assert (tag, body) == (values.REMOTE, b"7")
        return thing

    data = values.Encoder(refer).encode([thing, {thing: 1}])
    back = values.Decoder(resolve).decode(data)
    assert back[0] is thing
    assert list(back[1]) == [thing]
    with pytest.raises(MalformedValueError, match="reference"):
        decode(data)
    with pytest.raises(UnsupportedValueError):
        values.Encoder(refer).encode([object()])


def test_an_answer_names_what_it_was_given() -> None:
    question = values.Encoder()
    numbers, nothing = [1, [2]], {1}
    reader = values.Decoder()
    theirs = reader.decode(question.encode([numbers, nothing]))
    assert len(question.containers) == len(reader.containers) == 4
    theirs[0][1].append(3)
    answer = values.Encoder(given=reader.containers).encode([theirs[0], [theirs[0][1], theirs[1]]])
    back = values.Decoder(given=question.containers).decode(answer)
    assert back[0] is numbers
    assert back[1][0] is numbers[1]
    assert back[1][1] is nothing
    with pytest.raises(MalformedValueError, match="not there"):
        values.Decoder(given=question.containers[:1]).decode(answer)


def test_a_container_is_refilled_and_stays_itself() -> None:
    for before, after in (
        ([1], [2, 3]),
        ({1: 2}, {3: 4}),
        ({1}, {2}),
        (bytearray(b"a"), bytearray(b"bc")),
        (deque([1]), deque([2, 3])),
        (Counter(a=1), Counter(a=2, b=-1)),
        (OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
    ):
        values.refill(before, after)
        assert before == after
        assert list(before) == list(after)


class Pretender:
    """Says that it is a list, by everything that can be said."""

    __class__ = list  # type: ignore[assignment]

    def __iter__(self) -> NoReturn:
        raise CalledError

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "value",
    [
        *(object(), object, len, lambda: None, iter([]), (each for each in ()), math, Pretender()),
        *(
            dt.timezone(A_DAY / 2, "x"),
            memoryview(b""),
            dt.time(tzinfo=dt.timezone(A_DAY / 2, "x")),
            ValueError("x"),
            Exception,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_else_crosses(value: Any) -> None:
    for nest in (value, [value], {"key": (value,)}):
        with pytest.raises(UnsupportedValueError, match=type(value).__qualname__):
            encode(nest)


# Caps.


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_capped_on_both_sides() -> None:
    deepest = encode(nested(values.DEPTH_MAX))
    assert decode(deepest) == nested(values.DEPTH_MAX)
    with pytest.raises(UnsupportedValueError, match="deeper"):
        encode(nested(values.DEPTH_MAX + 1))
    with pytest.raises(MalformedValueError, match="deep"):
        decode(b"l\0\0\0\1" + deepest)
    with pytest.raises(MalformedValueError):
        decode(b"l\0\0\0\1" * 100_000 + b"N")


def test_a_scalar_may_be_one_deeper_on_neither_side() -> None:
    scalar: Any = 1
    for _ in range(values.DEPTH_MAX):
        scalar = [scalar]
    assert decode(encode(scalar)) == scalar
    with pytest.raises(UnsupportedValueError):
        encode([scalar])


def test_what_holds_itself_still_does() -> None:
    loop: list[Any] = []
    loop += [loop, loop]
    back = decode(encode(loop))
    assert back[0] is back[1] is back
    ring: dict[str, Any] = {}
    ring["ring"] = (ring,)
    back = decode(encode(ring))
    assert back["ring"][0] is back


def test_parts_are_capped_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode([None] * 99)
    too_many = encode([None] * 100)
    monkeypatch.setattr(values, "NODES_MAX", 100)
    assert decode(data) == [None] * 99
    assert encode([None] * 99) == data
    with pytest.raises(UnsupportedValueError, match="100 parts"):
        encode([None] * 100)
    with pytest.raises(MalformedValueError, match="too many parts"):
        decode(too_many)


def test_one_list_shared_by_many_is_written_once() -> None:
    bomb: list[Any] = []
    for _ in range(90):
        bomb = [bomb, bomb]
    assert len(encode(bomb)) < 2_000
    back = decode(encode(bomb))
    assert back[0] is back[1]


def test_bytes_are_capped_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    header = 5
    monkeypatch.setattr(values, "BYTES_MAX", 1_000)
    for fits in (b"x" * (1_000 - header), "x" * (1_000 - header)):
        assert decode(encode(fits)) == fits
    for more in (b"x" * (1_001 - header), "x" * (1_001 - header), [b"x" * 600] * 2, 1 << 8_000):
        with pytest.raises(UnsupportedValueError, match="1000 bytes"):
            encode(more)
    with pytest.raises(MalformedValueError, match="too large"):
        decode(b"b" + (996).to_bytes(4, "big") + b"x" * 996)


# Bytes that somebody else chose.


def tagged(tag: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    return tag + (len(body) if length is None else length).to_bytes(4, "big") + body


EMPTY_LIST, EMPTY_SET, EMPTY_DICT, EMPTY_ARRAY = (tagged(tag) for tag in (b"l", b"S", b"d", b"a"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"i",
        b"i\0\0\0",
        b"?",
        tagged(b"?"),
        tagged(b"\xff", b"x"),
        tagged(b"i", b"\1", length=2),
        tagged(b"s", b"", length=2**32 - 1),
        # A list of four thousand millions must not be made room for.
        tagged(b"l", b"", length=2**32 - 1),
        tagged(b"d", b"NNN", length=3),
        tagged(b"M", b"NNN", length=3),
        tagged(b"C", b"N", length=1),
        tagged(b"O", b"NNN", length=3),
        tagged(b"A", b"NN", length=2),
        tagged(b"A", b"", length=0),
        tagged(b"A", tagged(b"s", b"eval"), length=1),
        tagged(b"A", b"T", length=1),
        tagged(b"q", b"", length=0),
        tagged(b"q", b"T", length=1),
        tagged(b"q", tagged(b"i", b"\1") + b"NN", length=3),
        tagged(b"q", tagged(b"i", b"\xff"), length=1),
        tagged(b"q", tagged(b"i", b"\x7f" * 20), length=1),
        tagged(b"n", b"", length=0),
        tagged(b"n", tagged(b"s", b"p") + tagged(b"i", b"\1") + b"N", length=3),
        tagged(b"n", tagged(b"s", b"p") + tagged(b"i", b"\1") + b"NN", length=4),
        tagged(b"n", tagged(b"s", b"p") + tagged(b"i", b"\1") + tagged(b"s", b"_x") + b"N", length=4),
        tagged(b"n", tagged(b"s", b"1") + tagged(b"i", b"\1") + tagged(b"s", b"x") + b"N", length=4),
        tagged(b"n", b"N" + tagged(b"i", b"\0"), length=2),
        b"@\0\0\0\0",
        b"@\0\0",
        b"&\0\0\0\0",
        tagged(b"l", b"@\0\0\0\1", length=1),
        # Nothing that cannot change can hold itself.
        tagged(b"t", b"@\0\0\0\0", length=1),
        tagged(b"Z", b"@\0\0\0\0", length=1),
        tagged(b"q", b"N" + b"@\0\0\0\0", length=2),
        tagged(b"S", b"@\0\0\0\0", length=1),
        *(tagged(tag, b"N") for tag in (b"H", b"B", b"G")),
        tagged(b"l", b"N", length=2),
        tagged(b"l", b"NN", length=1),
        tagged(b"d", b"N", length=1),
        b"NN",
        b"N\0",
        tagged(b"f", b"1234567"),
        tagged(b"f", b"123456789"),
        tagged(b"c", b"12345678"),
        tagged(b"s", b"\xff"),
        tagged(b"s", b"\xed\xa0"),
        tagged(b"r", b"NNN", length=3),
        tagged(b"r", tagged(b"i", b"\0") * 3, length=3),
        tagged(b"r", b"", length=0),
        tagged(b"r", tagged(b"i", b"\1") * 4, length=4),
        tagged(b"r", tagged(b"s", b"1") * 3, length=3),
        tagged(b"/", b"NN", length=2),
        tagged(b"/", b"NNNN", length=4),
        *(tagged(b"D", text) for text in (b"", b" 1", b"1_0", b"+1", b"1e5", b"nan", b"x", b"1E+9" + b"9" * 30)),
        tagged(b"D", "\u0661".encode()),
        tagged(b"Q", b""),
        tagged(b"Q", tagged(b"", b"\1") + b"\0"),
        tagged(b"Q", tagged(b"", b"\1") + b"\xff"),
        tagged(b"Q", tagged(b"", b"\2") + b"\4"),
        tagged(b"Q", tagged(b"", b"\1", length=9)),
        tagged(b"y", b"\0\0\1\1"),
        tagged(b"y", b"\7\xd0\x0d\1"),
        tagged(b"y", b"\7\xd0\1\1\0"),
        tagged(b"w", b"\x18\0\0\0\0\0\0\0"),
        tagged(b"w", b"\1\0\0\0\0\0\0\2"),
        tagged(b"w", b"\1\0\0\0\0\0\0\0" + b"\0\0\0\1" + bytes(8)),
        tagged(b"Y", b"\7\xd0\1\1"),
        tagged(b"W", b"\x7f\xff\xff\xff" + bytes(8)),
        tagged(b"W", bytes(4) + b"\0\1\x51\x80" + bytes(4)),
    ],
    ids=repr,
)
def test_what_no_encoder_wrote(data: bytes) -> None:
    with pytest.raises(MalformedValueError):
        decode(data)


@pytest.mark.parametrize("tag", [b"l", b"t", b"S", b"Z", b"d", b"r", b"i", b"s", b"b", b"a"])
def test_a_length_beyond_the_end_is_refused_before_anything_is_read(tag: bytes) -> None:
    with pytest.raises(MalformedValueError, match="length beyond the end"):
        decode(tagged(tag, b"NNN", length=4))


@pytest.mark.parametrize("unhashable", [EMPTY_LIST, EMPTY_SET, EMPTY_DICT, EMPTY_ARRAY])
@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: tagged(b"t", data, length=1)])
def test_members_and_keys_that_have_no_hash(unhashable: bytes, wrap: Callable[[bytes], bytes]) -> None:
    member = wrap(unhashable)
    for data in (tagged(b"S", member, length=1), tagged(b"Z", member, length=1), tagged(b"d", member + b"N", length=2)):
        with pytest.raises(MalformedValueError, match="unhashable"):
            decode(data)


@UNHURRIED
@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_or_malformed(data: bytes) -> None:
    try:
        value = decode(data)
    except MalformedValueError:
        return
    assert exact(value)


TAGS = st.sampled_from([bytes([byte]) for byte in b"NTFEJifcsbaltSZdr/DQYywWKVMCOAqn@&HBG"])
LENGTHS = st.integers(0, 4) | st.integers(0, 2**32 - 1)
PIECES = st.one_of(
    TAGS,
    st.builds(lambda tag, length: tag + length.to_bytes(4, "big"), TAGS, LENGTHS),
    st.builds(tagged, TAGS, st.binary(max_size=20)),
    st.binary(max_size=3),
)


@settings(UNHURRIED, max_examples=200)
@given(st.lists(PIECES, max_size=20))
def test_bytes_that_look_like_values_are_values_or_malformed(pieces: list[bytes]) -> None:
    try:
        value = decode(b"".join(pieces))
    except MalformedValueError:
        return
    assert exact(value)


@settings(UNHURRIED, max_examples=200)
@given(VALUES, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4), st.integers(0, 10))
def test_changed_bytes_are_a_value_or_malformed(value: Any, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(encode(value))
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        back = decode(bytes(data[: len(data) - cut]))
    except MalformedValueError:
        return
    assert exact(back)
    # What came through can be sent on.
    assert exact(decode(encode(back)))


def test_the_decoder_calls_nothing_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode([{"eval": ("exec", 1.5)}, {2}, range(3), "__import__"])

    def called(*_: object, **__: object) -> NoReturn:
        raise CalledError

    # The builtins by which bytes could become code.
    for name in ("eval", "exec", "compile", "__import__"):
        monkeypatch.setattr(builtins, name, called)
    try:
        back = decode(data)
    finally:
        monkeypatch.undo()
    assert back == [{"eval": ("exec", 1.5)}, {2}, range(3), "__import__"]


class HashableList(list[int]):
    def __hash__(self) -> int:  # type: ignore[override]
        return 1


@pytest.mark.parametrize(
    "value", [{HashableList([1])}, {HashableList([1]): 2}, {(0, HashableList([1]))}, frozenset({(HashableList(),)})]
)
def test_what_only_its_subclass_makes_hashable_is_refused_where_it_is_made(value: object) -> None:
    with pytest.raises(values.UnsupportedValueError, match="HashableList"):
        values.encode(value)


def test_an_ordered_dict_crosses_in_its_own_order() -> None:
    ordered = OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    assert list(values.decode(values.encode(ordered)).items()) == [("b", 2), ("a", 1)]


def test_numbers_of_two_types_cross_as_they_are() -> None:
    for mixed in ([1, 2.5] * 8, (2.5, 1) * 8, [float("inf"), -(2**63), *[0] * 8], [2**64, 1.5, *[0] * 8]):
        crossed = values.decode(values.encode([mixed, mixed]))
        assert crossed[0] == mixed
        assert crossed[0] is crossed[1]
        assert type(crossed[0]) is type(mixed)
        assert [type(part) for part in crossed[0]] == [type(part) for part in mixed]
    assert len(values.encode([1, 2.5] * 1_000)) < 2_000 * 9.1


@pytest.mark.parametrize("body", [b"\2" + bytes(8), bytes(8), bytes(10), b"\1" + bytes(9)])
def test_numbers_of_two_types_that_no_encoder_wrote(body: bytes) -> None:
    with pytest.raises(values.MalformedValueError):
        values.decode(b"5" + len(body).to_bytes(4, "big") + body)
