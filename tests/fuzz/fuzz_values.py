r"""Coverage-guided fuzzing of what reads the program's bytes in the tests role: values, references, changes.

    pip install '.[fuzz]' numpy
    mkdir -p build/fuzz
    python tests/fuzz/fuzz_values.py -max_total_time=3600 -timeout=10 -rss_limit_mb=1024 \
        build/fuzz tests/fuzz/corpus/values

New inputs are kept in the first folder; one that found something is worth a place in the second.
Only MalformedValueError may come of any bytes. What is a value crosses again, and comes back the same.
"""

import contextlib
import sys
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import atheris  # type: ignore[import-not-found,unused-ignore]
import numpy as np

with atheris.instrument_imports(include=["sandbox.guest"]):
    from sandbox.guest import exchange, values
    from sandbox.guest.bridge import Bridge

if TYPE_CHECKING:
    from sandbox.guest.lane import Lane

_GIVEN: tuple[Any, ...] = ([1, [2]], {"a": 1}, {1}, bytearray(b"x"), (1,), np.arange(3))


def one_input(data: bytes) -> None:
    """Take bytes as an answer of the program: a value, what its references mean, and what changed."""
    bridge = Bridge(cast("Lane", SimpleNamespace(contacted=True)))
    given = [list(_GIVEN[0]), dict(_GIVEN[1]), set(_GIVEN[2]), bytearray(_GIVEN[3]), _GIVEN[4], _GIVEN[5].copy()]
    try:
        value = values.Decoder(bridge._resolve, given).decode(data)
    except values.MalformedValueError:
        return
    with contextlib.suppress(values.MalformedValueError):
        exchange.apply(value, given)
    try:
        again = values.Encoder(bridge._refer, given).encode(value)
    except values.UnsupportedValueError:
        # Changes may have put anything anywhere; and what came by aliases may be more than what may leave.
        return
    values.Decoder(bridge._resolve, given).decode(again)


def main() -> None:
    """Fuzz until stopped."""
    # Coroutines that nobody awaits are what is being made here.
    warnings.simplefilter("ignore", RuntimeWarning)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
