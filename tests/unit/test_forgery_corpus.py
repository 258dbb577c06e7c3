"""The corpus of forgeries is complete, readable, and makes the same jobs of the same seed."""

import random
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from sandbox import RequestedLimits
from tests.forgery import corpus

FILES = sorted([*corpus.ATTACKS.glob("*"), *corpus.BENIGN.glob("*")])
BOTH = [*corpus.attacks(), *corpus.benign()]
COUNT = 8
# Any seed will do, and each run tries another one.
SEED = random.randrange(10**6)  # noqa: S311 (nobody has to be kept from guessing it)


def test_every_id_has_a_file() -> None:
    ids = {re.sub(r"[A-Z]$", "", attack.id) for attack in BOTH}
    assert ids == {f"F{number:02}" for number in range(1, 79)} | {f"C{number:02}" for number in range(1, 25)}


def test_every_file_is_one_of_the_corpus() -> None:
    assert [path for path in FILES if path.suffix != ".py" and path.name != "__pycache__"] == []
    ids = [attack.id for attack in BOTH]
    assert sorted(ids) == sorted(set(ids))


def test_controls_have_no_causes_and_attacks_have_some() -> None:
    assert [attack.id for attack in corpus.attacks() if attack.is_benign] == []
    assert [attack.id for attack in corpus.benign() if not attack.is_benign] == []


@pytest.mark.parametrize("attack", BOTH, ids=lambda attack: attack.path.stem)
def test_limits_are_limits_of_a_job(attack: corpus.Attack) -> None:
    RequestedLimits(**attack.limits)


@pytest.mark.parametrize("attack", BOTH, ids=lambda attack: attack.path.stem)
def test_variants_compile_and_are_the_same_each_time(attack: corpus.Attack) -> None:
    made = list(corpus.variants(attack, seed=SEED, count=COUNT))
    assert made == list(corpus.variants(attack, seed=SEED, count=COUNT))
    assert len({variant.id for variant in made}) == COUNT
    for variant in made:
        with warnings.catch_warnings():
            # Attacks are not written for beauty.
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(variant.program, variant.id, "exec", dont_inherit=True)
            compile(variant.tests, variant.id, "exec", dont_inherit=True)
        assert not corpus.CANARY.search(variant.program.decode("utf-8", "replace")), variant.id
        assert b"@NAME@" not in variant.program + variant.tests, variant.id
        if not attack.is_benign:
            assert variant.canary in variant.tests.decode() or "random" in variant.tests.decode(), variant.id


def test_another_seed_makes_other_variants() -> None:
    attack = corpus.attacks()[0]
    one, other = (list(corpus.variants(attack, seed=seed, count=COUNT)) for seed in (SEED, SEED + 1))
    assert [variant.program for variant in one] != [variant.program for variant in other]


def test_every_moment_has_its_turn() -> None:
    for attack in corpus.attacks():
        if attack.shape == "action":
            made = corpus.variants(attack, seed=SEED, count=len(attack.moments))
            assert {variant.id.split("-")[2] for variant in made} == set(attack.moments)


HONEST = """# attack: none
# shape: value
# causes: WRONG_ANSWER
def lie(expected_like: object) -> object:
    return expected_like
"""


def _checks(variant: corpus.Variant) -> list[str]:
    """The tests, cut so that each piece has one of its assertions."""
    lines = variant.tests.decode().splitlines()
    places = [place for place, line in enumerate(lines) if line.lstrip().startswith(("assert ", "self.assertEqual("))]
    pieces = []
    for place in places:
        others = {other: re.sub(r"\S.*", "pass", lines[other]) for other in places if other != place}
        pieces.append("\n".join(others.get(at, line) for at, line in enumerate(lines)))
    return pieces


WRONG_VALUES = [None, False, 0, -1, 7**50, 0.25, float("nan"), float("inf"), -float("inf"), "", "wrong", b"", b"x"]
# No [0] and no {1}: they are equal to [False] and {True}, which may be what is right.
WRONG_CONTAINERS: list[Any] = [[], [-1], (), ("wrong", -1), {}, {"a": "wrong", "b": [-1]}, set(), {-1}, [[]], {"k": ""}]


def test_every_assertion_is_false_for_what_is_wrong(tmp_path: Path) -> None:
    # Executed here, in this process: these programs are honest, and the tests are the generator's own.
    path = tmp_path / "f00_honest.py"
    path.write_text(HONEST)
    for variant in corpus.variants(corpus.read(path), seed=SEED, count=30):
        own: dict[str, Any] = {}
        exec(compile(variant.program, "program", "exec"), own)  # noqa: S102 (see above)
        (name,) = [name for name in own if re.fullmatch(r"[a-z]+_[a-z]+_[0-9a-f]{4}", name)]
        answers = [lambda *args, value=value: value for value in WRONG_VALUES + WRONG_CONTAINERS]
        for answer in [own[name], *answers]:
            for check in _checks(variant):
                assert not _passes(check, name, answer), f"{variant.id}\n{check}"


def _passes(tests: str, name: str, answer: Any) -> bool:
    names: dict[str, Any] = {"__name__": "tests", name: answer}
    try:
        exec(compile(tests, "tests", "exec"), names)  # noqa: S102 (the generator's own tests)
        for key, value in list(names.items()):
            if key.startswith("test_"):
                value()
    except (AssertionError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        return False
    return True


@pytest.mark.parametrize(
    ("first_lines", "complaint"),
    [
        ("# attack: x\n# causes: WRONG_ANSWER\n", "shape"),
        ("# attack: x\n# shape: odd\n# causes: WRONG_ANSWER\n", "no shape"),
        ("# attack: x\n# shape: whole\n", "has causes"),
        ("# attack: x\n# shape: whole\n# causes: BAD_LUCK\n", "unknown causes"),
        ("# attack: x\n# shape: whole\n# causes: WRONG_ANSWER\n# moments: late\n", "only actions"),
        ("# attack: x\n# shape: action\n# causes: WRONG_ANSWER\n# moments: never\n", "unknown moments"),
        ("# attack: x\n# shape: whole\n# causes: WRONG_ANSWER\n# limits: patience=3\n", "limits"),
        ("# attack: x\n# attack: y\n# shape: whole\n# causes: WRONG_ANSWER\n", "one line"),
        ("# attack: x\n# shape: whole\n# causes: WRONG_ANSWER\n# mood: bad\n", "none that anybody reads"),
        ("# attack: x\n# shape: whole\n# causes: WRONG_ANSWER\nx = 'CANARY_" + "0" * 32 + "'\n", "canary"),
    ],
)
def test_wrong_first_lines_are_refused(tmp_path: Path, first_lines: str, complaint: str) -> None:
    path = tmp_path / "f01_wrong.py"
    path.write_text(first_lines + "def @NAME@(): ...\n\ndef attack() -> None: ...\n")
    with pytest.raises(corpus.CorpusError, match=complaint):
        corpus.read(path)


def test_a_wrong_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "attack.py"
    path.write_text(HONEST)
    with pytest.raises(corpus.CorpusError, match="name"):
        corpus.read(path)
