"""pandas' frames, series and indexes across the wall: what comes out is plain, and changes in place come back."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.guest import exchange, tables, values
from tests.unit.roles import judge

FRAMES = {
    "numbers": pd.DataFrame({"a": [1, 2], "b": [0.5, float("nan")]}),
    "texts": pd.DataFrame({"name": ["x", "y"], "on": [True, False]}, index=["p", "q"]),
    "objects": pd.DataFrame({"mixed": pd.Series([1, "a", None, [1, 2]], dtype=object)}),
    "times": pd.DataFrame({"when": pd.to_datetime(["2024-01-01", None])}),
    "empty": pd.DataFrame(),
    "no_rows": pd.DataFrame({"a": pd.Series([], dtype="int64")}),
    "same_names": pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
    "named": pd.DataFrame({"a": [1]}, index=pd.Index([7], name="key")),
    "of_times": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2024-01-01", periods=2)),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_frames_come_back_as_they_were(frame: Any) -> None:
    back = values.decode(values.encode([frame, frame]))
    assert back[0] is back[1]
    pd.testing.assert_frame_equal(back[0], frame, check_freq=False)
    assert type(back[0].columns) is type(frame.columns)


@pytest.mark.parametrize(
    "series", [pd.Series([1, 2], name="a"), pd.Series(["a", "b"], index=[3, 1]), pd.Series([], dtype="float64")]
)
def test_series_come_back_as_they_were(series: Any) -> None:
    pd.testing.assert_series_equal(values.decode(values.encode(series)), series)


@pytest.mark.parametrize("index", [pd.RangeIndex(1, 9, 2, name="n"), pd.Index(["a"]), pd.Index([1.5, 2.5])])
def test_indexes_come_back_as_they_were(index: Any) -> None:
    pd.testing.assert_index_equal(values.decode(values.encode(index)), index)


class Own(pd.DataFrame):
    pass


@pytest.mark.parametrize(
    "item",
    [
        pd.DataFrame({"a": pd.Categorical(["x"])}),
        pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(pd.to_datetime(["2024-01-01"]).tz_localize("UTC")),
        pd.DataFrame({"a": pd.Series([object()])}),
        Own({"a": [1]}),
        pd.DataFrame({"a": pd.Series([1.5, object], dtype=object)}),
        pd.NaT,
        pd.NA,
        pd.Timestamp("2024-01-01", tz="Europe/Berlin"),
    ],
    ids=["categories", "levels", "gaps", "zones", "objects", "subclass", "classes", "nat", "na", "zone"],
)
def test_what_is_not_plain_does_not_cross(item: Any) -> None:
    with pytest.raises(values.UnsupportedValueError):
        values.encode(item)


def test_changes_in_place_come_back() -> None:
    theirs, ours = FRAMES["texts"].copy(), FRAMES["texts"].copy()
    before = exchange.look_at([theirs])
    assert exchange.changes([theirs], before) == []
    theirs["more"] = [1.5, 2.5]
    theirs.loc["r"] = ["z", True, 9.0]
    exchange.apply(values.decode(values.encode(exchange.changes([theirs], before))), [ours])
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize("content", [b"", values.encode([1]), values.encode(pd.Series([1])), [1]])
def test_a_change_to_something_else_is_malformed(content: Any) -> None:
    with pytest.raises(values.MalformedValueError):
        exchange.apply([[0, content]], [pd.DataFrame({"a": [1]})])


def tagged(tag: bytes, *parts: Any) -> bytes:
    return tag + len(parts).to_bytes(4, "big") + b"".join(values.encode(part) for part in parts)


GOOD = ["object", ["x"]]


@pytest.mark.parametrize(
    "data",
    [
        tagged(tables.FRAME),
        tagged(tables.FRAME, 1, 2),
        tagged(tables.FRAME, [None, 0, 1, 1], [None, 0, 2, 1], GOOD),
        tagged(tables.FRAME, [None, 0, 2, 1], [None, 0, 1, 1], GOOD),
        tagged(tables.FRAME, [None, 0, 1, 0], [None, 0, 1, 1], GOOD),
        tagged(tables.FRAME, [None, 0, 1.5, 1], [None, 0, 1, 1], GOOD),
        tagged(tables.FRAME, [None, 0, 1, 1], [None, 0, 1, 1], ["category", ["x"]]),
        tagged(tables.FRAME, [None, 0, 1, 1], [None, 0, 1, 1], [["object"], ["x"]]),
        tagged(tables.FRAME, [None, 0, 1, 1], [None, 0, 1, 1], ["object", "x"]),
        tagged(tables.FRAME, [None, 0, 1, 1], [None, 0, 1, 1], ["int64", np.zeros((1, 1))]),
        tagged(tables.FRAME, [None, 0, 2**62, 1], [None, 0, 1, 1], GOOD),
        tagged(tables.SERIES, [], [None, 0, 1, 1], GOOD),
        tagged(tables.SERIES, None, [None, 0, 1, 1]),
        tagged(tables.INDEX, [[], GOOD]),
        tagged(tables.INDEX, [1, 2, 3]),
    ],
)
def test_parts_that_are_no_table_are_malformed(data: bytes) -> None:
    with pytest.raises(values.MalformedValueError):
        values.decode(data)


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5)
PARTS = st.recursive(SCALARS | st.just(np.zeros(2)) | st.just("object"), lambda part: st.lists(part, max_size=4))


@given(st.sampled_from([tables.FRAME, tables.SERIES, tables.INDEX]), st.lists(PARTS, max_size=5))
def test_any_parts_are_a_table_or_malformed(tag: bytes, parts: list[Any]) -> None:
    try:
        back = values.decode(tagged(tag, *parts))
    except values.MalformedValueError:
        return
    assert tables.is_table(back) or isinstance(back, pd.Index)


def test_tests_and_program_pass_tables() -> None:
    program = """
import pandas as pd
def total(df): return df.groupby("k", as_index=False)["v"].sum()
def add(df): df["w"] = df["v"] * 2
class Liar(pd.DataFrame):
    def equals(self, other): return True
    def __eq__(self, other): return True
def lie(): return Liar({"k": [1]})
"""
    tests = """
import pandas as pd
df = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
pd.testing.assert_frame_equal(total(df), pd.DataFrame({"k": ["a", "b"], "v": [4, 2]}))
add(df)
assert df["w"].tolist() == [2, 4, 6] and list(df.columns) == ["k", "v", "w"]
assert type(total(df)) is pd.DataFrame
"""
    assert judge(program, tests).passed
    for check in ("pd.testing.assert_frame_equal(lie(), pd.DataFrame({'k': [2]}))", "assert lie() == 5"):
        assert not judge(program, f"import pandas as pd\n{check}").passed
