"""The fuzzer's seeds are what the codec writes today, and nothing that fuzzing came upon breaks it."""

from pathlib import Path

import pytest

from sandbox.guest import values
from tests.fuzz.one_input import decoder, one_input

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
SEEDS = sorted((CORPUS / "values").iterdir())
FOUND = {"deque_longer_than_any", "range_of_an_object"}
"""What fuzzing found once. These must be refused."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_seed_decodes_unless_it_was_a_finding(seed: Path) -> None:
    reads, _, _ = decoder()
    if seed.name in FOUND:
        with pytest.raises(values.MalformedValueError):
            reads.decode(seed.read_bytes())
    else:
        # One that is refused at its first bytes leads the fuzzer nowhere.
        reads.decode(seed.read_bytes())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_fuzzing_came_upon_is_a_value_or_is_refused() -> None:
    grown = list((CORPUS / "grown").iterdir())
    assert len(grown) > len(SEEDS)
    for path in [*SEEDS, *grown]:
        one_input(path.read_bytes())
