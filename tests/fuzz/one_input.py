"""What is done with one input of the fuzzer. Apart from it, so that what was found is tried without atheris, too."""

import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from sandbox.guest import exchange, values
from sandbox.guest.bridge import Bridge
from sandbox.guest.standing import Standing

if TYPE_CHECKING:
    from sandbox.guest.lane import Lane

_GIVEN: tuple[Any, ...] = ([1, [2]], {"a": 1}, {1}, bytearray(b"x"), (1,), np.arange(3))


def decoder() -> tuple[values.Decoder, Bridge, list[Any]]:
    """Return what reads an answer, what its references lead to, and the arguments that it may speak of."""
    bridge = Bridge(cast("Lane", SimpleNamespace(standing=Standing())))
    given = [list(_GIVEN[0]), dict(_GIVEN[1]), set(_GIVEN[2]), bytearray(_GIVEN[3]), _GIVEN[4], _GIVEN[5].copy()]
    return values.Decoder(bridge._resolve, given), bridge, given


def one_input(data: bytes) -> None:
    """Take bytes as an answer of the program: a value, what its references mean, and what changed."""
    reads, bridge, given = decoder()
    try:
        value = reads.decode(data)
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
