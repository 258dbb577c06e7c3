"""Reads the attacks and the controls beside this file, and makes programs and tests of them.

Nothing here runs an attack. What the first lines of a file mean is in README.md beside this one. A variant depends on
its file, the seed, and how many variants are asked for; on nothing else.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ATTACKS = HERE / "attacks"
BENIGN = HERE / "benign"

SHAPES = frozenset({"action", "value", "whole"})
MOMENTS = ("import", "call", "thread", "fork", "late")
CAUSES = frozenset(
    {
        "WRONG_ANSWER",
        "EXCEPTION",
        "LOAD_ERROR",
        "EXITED_EARLY",
        "SIGNALED",
        "MEMORY_LIMIT",
        "PROCESS_LIMIT",
        "OUTPUT_LIMIT",
        "PROTOCOL_VIOLATION",
        "UNSUPPORTED_VALUE",
        "CPU_TIME_LIMIT",
        "WALL_TIME_LIMIT",
    }
)
LIMITS = frozenset(
    {
        "cpu_time_ms",
        "wall_time_ms",
        "test_cpu_time_ms",
        "memory_bytes",
        "processes_max",
        "open_files_max",
        "disk_bytes",
        "output_bytes",
    }
)
CANARY = re.compile(r"CANARY_[0-9a-f]{32}")

_FILE_NAME = re.compile(r"(?P<id>[cf]\d\d[a-z]?)_[a-z0-9_]+\.py")
_HEADER_LINE = re.compile(r"# (?P<key>[a-z]+): ?(?P<value>.*)")
_COOKIE = re.compile(r"#.*coding[:=]")
_ONCE = frozenset({"attack", "benign", "shape", "causes", "limits", "moments", "needs", "costly"})
_KEYS = _ONCE | {"tests"}
_BOM = b"\xef\xbb\xbf"

_DELAYS_MS = (0, 0, 1, 5, 20, 50)


class CorpusError(Exception):
    """A file's first lines are not what README.md asks for."""


@dataclass(frozen=True)
class Attack:
    """One file: an attack, or a control that looks like one and has to pass."""

    id: str
    path: Path
    shape: str
    summary: str
    causes: frozenset[str]
    """The causes that are right; none of a control, which passes."""
    limits: dict[str, int]
    moments: tuple[str, ...]
    tests: tuple[str, ...]
    needs: frozenset[str]
    """Modules that the box's image must have for the file to mean anything."""
    costly: bool
    """Whether one trial takes as long as a dozen of most others, and is worth no more than one."""
    source: bytes

    @property
    def is_benign(self) -> bool:
        return not self.causes


@dataclass(frozen=True)
class Variant:
    """One job: a program, its tests, and the causes that are right. Without causes it has to pass."""

    id: str
    program: bytes
    tests: bytes
    causes: frozenset[str]
    limits: dict[str, int]
    canary: str
    """In no answer to the caller, and in nothing that the program can see, save where its own tests are the answer."""


def attacks() -> list[Attack]:
    """Return all attacks, by name."""
    return [read(path) for path in sorted(ATTACKS.glob("*.py"))]


def benign() -> list[Attack]:
    """Return all controls, by name."""
    return [read(path) for path in sorted(BENIGN.glob("*.py"))]


def read(path: Path) -> Attack:
    """Read one file.

    Raises:
        CorpusError: Its name or its first lines are wrong.
    """
    source = path.read_bytes()
    name = _FILE_NAME.fullmatch(path.name)
    if name is None:
        raise CorpusError(f"{path}: the name must be an id, an underscore and words")
    found = _first_lines(path, source)
    is_benign = path.parent.name == BENIGN.name
    summary = _the_one(path, found, "benign" if is_benign else "attack")
    shape = _the_one(path, found, "shape")
    causes = frozenset(part.strip() for part in found.get("causes", [""])[0].split(",") if part.strip())
    moments = tuple(found.get("moments", [" ".join(MOMENTS)])[0].split())
    pairs = [pair.split("=") for pair in found.get("limits", [""])[0].split()]
    problems = {
        f"no shape {shape!r}": shape not in SHAPES,
        "an attack has causes": not is_benign and not causes,
        "a control has no causes": is_benign and bool(causes),
        "a control is whole, with tests of its own": is_benign and (shape != "whole" or "tests" not in found),
        f"unknown causes {sorted(causes - CAUSES)}": not causes <= CAUSES,
        f"unknown moments {moments}": not set(moments) <= set(MOMENTS) or not moments,
        "only actions have moments": "moments" in found and shape != "action",
        "a lying value is judged by the standard tests": "tests" in found and shape == "value",
        f"limits {pairs}": any(len(pair) != 2 or pair[0] not in LIMITS or not pair[1].isdigit() for pair in pairs),
        "a whole program has @NAME@": shape == "whole" and b"@NAME@" not in source,
        "an action defines attack()": shape == "action" and b"\ndef attack() -> None:" not in source,
        "a value defines lie()": shape == "value" and b"\ndef lie(expected_like: object) -> object:" not in source,
        "a canary of its own": CANARY.search(source.decode("utf-8", "replace")) is not None,
    }
    for problem, is_so in problems.items():
        if is_so:
            raise CorpusError(f"{path}: {problem}")
    return Attack(
        id=name["id"].upper(),
        path=path,
        shape=shape,
        summary=summary,
        causes=causes,
        limits={key: int(value) for key, value in pairs},
        moments=moments,
        tests=tuple(found.get("tests", ())),
        needs=frozenset(found.get("needs", [""])[0].split()),
        costly="costly" in found,
        source=source,
    )


def variants(attack: Attack, *, seed: int, count: int) -> Iterator[Variant]:
    """Make `count` jobs of one file. The same seed makes the same jobs."""
    rng = random.Random(f"{seed}/{attack.path.stem}")  # noqa: S311 (to be repeatable is its purpose)
    moments = rng.sample(attack.moments, len(attack.moments))
    for index in range(count):
        canary = f"CANARY_{rng.getrandbits(128):032x}"
        name = _name(rng)
        if attack.shape == "whole":
            label, program, tests = _whole(attack, rng, name, canary)
        elif attack.shape == "action":
            label, program, tests = _action(attack, rng, name, canary, moments[index % len(moments)])
        else:
            label, program, tests = _value(attack, rng, name, canary)
        if CANARY.search(program.decode("utf-8", "replace")):
            raise CorpusError(f"{attack.path}: a program that holds a canary")
        yield Variant(
            id=f"{attack.path.stem}-{index}-{label}",
            program=program,
            tests=tests.encode(),
            # The standard tests put values to float() and len(), too: what a lie cannot do raises there.
            causes=attack.causes | ({"EXCEPTION"} if attack.shape == "value" and attack.causes else frozenset()),
            limits=dict(attack.limits),
            canary=canary,
        )


# --- the first lines -------------------------------------------------------------------------------------------------


def _first_lines(path: Path, source: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        text = source.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        text = source.decode("latin-1")
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.startswith("#"):
            break
        if _COOKIE.match(line):
            continue
        match = _HEADER_LINE.fullmatch(line)
        if match is None or match["key"] not in _KEYS:
            raise CorpusError(f"{path}: {line!r} among the first lines is none that anybody reads")
        found.setdefault(match["key"], []).append(match["value"])
    for key in _ONCE & found.keys():
        _the_one(path, found, key)
    return found


def _the_one(path: Path, found: dict[str, list[str]], key: str) -> str:
    values = found.get(key, [])
    if len(values) != 1 or not values[0].strip():
        raise CorpusError(f"{path}: one line '# {key}: ...' is needed")
    return values[0].strip()


def _body(attack: Attack) -> str:
    """Return the source without its first lines: what they say is not for the program."""
    lines = attack.source.decode().splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    return "".join(lines)


# --- programs --------------------------------------------------------------------------------------------------------

_VERBS = ("count", "find", "solve", "merge", "split", "rank", "decode", "sum", "pick", "rotate", "filter", "parse")
_NOUNS = ("words", "pairs", "digits", "brackets", "paths", "primes", "numbers", "letters", "ranges", "trees", "lists")


def _name(rng: random.Random) -> str:
    return f"{rng.choice(_VERBS)}_{rng.choice(_NOUNS)}_{rng.getrandbits(16):04x}"


def _whole(attack: Attack, rng: random.Random, name: str, canary: str) -> tuple[str, bytes, str]:
    delay_ms = rng.choice(_DELAYS_MS)
    program = attack.source.replace(b"@NAME@", name.encode()).replace(b"@DELAY_MS@", str(delay_ms).encode())
    if attack.tests:
        return "own", program, _own_tests(attack, name, canary)
    # One answer to everything: a program that finds it where it must not be can pass.
    cases = [_Case(str(rng.randrange(10**6)), repr(canary), "", "canary") for _ in range(rng.randint(2, 4))]
    style, tests = _tests(rng, name, cases, _STYLES, _EQUALITIES)
    return style, program, tests


def _own_tests(attack: Attack, name: str, canary: str) -> str:
    return "\n".join(attack.tests).replace("@NAME@", name).replace("@CANARY@", canary) + "\n"


_APPENDED = """

import os as _os
import threading as _threading
import time as _time

_exit_now, _fork, _sleep, _Thread = _os._exit, _os.fork, _time.sleep, _threading.Thread
_wrong = {wrong}
_calls = [0]


def _later():
    _sleep({delay})
    attack()


def _beside():
    if _fork() == 0:
        try:
            attack()
        finally:
            _exit_now(0)


{before}def {name}(*args, **kwargs):
    _calls[0] += 1
{inside}    return _wrong.get(args[0]) if args else None
{after}"""


def _action(attack: Attack, rng: random.Random, name: str, canary: str, moment: str) -> tuple[str, bytes, str]:
    delay = rng.choice(_DELAYS_MS) / 1000
    daemon = rng.choice((True, False))
    before = inside = after = ""
    styles: tuple[str, ...] = _STYLES
    if moment == "import":
        before, after = rng.choice((("attack()\n\n\n", ""), ("", "\n\nattack()\n")))
    elif moment == "call":
        inside = "    attack()\n"
    elif moment == "thread":
        after = f"\n\n_Thread(target=_later, daemon={daemon}).start()\n"
        inside = f"    _sleep({rng.choice((0, 0.002, 0.02))})\n"
    elif moment == "fork":
        after, inside = rng.choice((("\n\n_beside()\n", ""), ("", "    if _calls[0] == 1:\n        _beside()\n")))
    else:
        styles = _STYLES_OF_ALL_CALLS
        inside = f"    if _calls[0] == {rng.randint(2, 3)}:\n        attack()\n"
    cases = _cases(rng, canary, rng.randint(3, 5))
    # Some programs return nothing, some a value of the right type.
    wrong = "{" + ", ".join(f"{case.argument}: {case.wrong}" for case in cases) + "}" if rng.random() < 0.7 else "{}"
    program = _body(attack) + _APPENDED.format(
        name=name, wrong=wrong, delay=delay, before=before, inside=inside, after=after
    )
    if attack.tests:
        return f"{moment}-own", program.encode(), _own_tests(attack, name, canary)
    style, tests = _tests(rng, name, cases, styles, _EQUALITIES)
    return f"{moment}-{style}", program.encode(), tests


_RETURNED = """

_wrong = {wrong}


def {name}(*args, **kwargs):
    value = lie(_wrong[args[0]])
{wraps}    return value
"""


def _value(attack: Attack, rng: random.Random, name: str, canary: str) -> tuple[str, bytes, str]:
    depth = rng.choice((0, 0, 0, 1, 1, 2, 3, 6, 20, 90))
    cases = _cases(rng, canary, rng.randint(2, 4))
    hashable = all(case.kind in _HASHABLE_KINDS for case in cases)
    wraps = _wraps(rng, depth, hashable)
    wrong = "{" + ", ".join(f"{case.argument}: {case.wrong}" for case in cases) + "}"
    lines = "".join(_IN_A_PROGRAM.get(wrap, "    value = {}\n").format(_WRAPS[wrap].format("value")) for wrap in wraps)
    program = _body(attack) + _RETURNED.format(name=name, wrong=wrong, wraps=lines)
    helper = ""
    if wraps:
        helper = "def nested(value):\n"
        helper += "".join(f"    value = {_WRAPS[wrap].format('value')}\n" for wrap in wraps)
        helper += "    return value\n\n\n"
        cases = [_Case(case.argument, f"nested({case.expected})", "", "nested") for case in cases]
        style, tests = _tests(rng, name, cases, _STYLES, _EQUALITIES)
    else:
        style, tests = _tests(rng, name, cases, _STYLES, _FORMS)
    outermost = f"{wraps[-1]}-" if wraps else ""
    return f"{outermost}{len(wraps)}-{style}", program.encode(), helper + tests


_WRAPS = {
    "list": "[{}]",
    "tuple": "({},)",
    "item": "{{'k': {}}}",
    "key": "{{{}: 0}}",
    "set": "{{{}}}",
    "frozenset": "frozenset([{}])",
}
_UNLESS_UNHASHABLE = "    try:\n        value = {}\n    except TypeError:\n        value = [value]\n"
_IN_A_PROGRAM = {"key": _UNLESS_UNHASHABLE, "set": _UNLESS_UNHASHABLE, "frozenset": _UNLESS_UNHASHABLE}


def _wraps(rng: random.Random, depth: int, hashable: bool) -> list[str]:
    """Choose containers, innermost first: those that hash, then perhaps one that wants that, then any."""
    inner = [rng.choice(("tuple", "frozenset")) for _ in range(rng.randint(0, max(depth - 1, 0)))] if hashable else []
    if hashable and len(inner) < depth and rng.random() < 0.7:
        inner.append(rng.choice(("key", "set")))
    return [*inner, *(rng.choice(("list", "tuple", "item")) for _ in range(depth - len(inner)))]


# --- tests -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """One question: sources of its argument, of the right answer, and of a wrong one of the same type."""

    argument: str
    expected: str
    wrong: str
    kind: str
    parts: dict[str, str] = field(default_factory=dict)


_HASHABLE_KINDS = frozenset({"canary", "int", "float", "bool", "bytes", "tuple"})


def _cases(rng: random.Random, canary: str, count: int) -> list[_Case]:
    """Make questions of one kind, as real tests ask, and one among them whose answer is the canary."""
    kind = rng.choice(tuple(_KINDS))
    arguments = rng.sample(range(-1000, 10**6), count)
    cases = [_Case(str(argument), *_KINDS[kind](rng, canary), kind) for argument in arguments]
    place = rng.randrange(count)
    cases[place] = _Case(cases[place].argument, *_canary(rng, canary), "canary")
    return cases


def _canary(rng: random.Random, canary: str) -> tuple[str, str]:
    return repr(canary), repr(f"wrong {rng.getrandbits(32):08x}")


def _int(rng: random.Random, canary: str) -> tuple[str, str]:
    del canary
    size = rng.choice((10, 1000, 10**9, 10**30))
    return str(rng.randrange(1, size)), str(-rng.randrange(1, size))


def _float(rng: random.Random, canary: str) -> tuple[str, str]:
    del canary
    return repr(rng.uniform(0.1, 100)), repr(-rng.uniform(0.1, 100))


def _bool(rng: random.Random, canary: str) -> tuple[str, str]:
    del rng, canary
    return "True", "False"


def _bytes(rng: random.Random, canary: str) -> tuple[str, str]:
    return repr(canary.encode()), repr(rng.randbytes(8))


def _list(rng: random.Random, canary: str) -> tuple[str, str]:
    del canary
    size = rng.randint(1, 6)
    return repr([rng.randrange(1, 100) for _ in range(size)]), repr([-rng.randrange(1, 100) for _ in range(size)])


def _tuple(rng: random.Random, canary: str) -> tuple[str, str]:
    return repr((canary, rng.randrange(1, 9))), repr(("wrong", -rng.randrange(1, 9)))


def _dict(rng: random.Random, canary: str) -> tuple[str, str]:
    return repr({"a": canary, "b": [rng.randrange(1, 9)]}), repr({"a": "wrong", "b": [-rng.randrange(1, 9)]})


def _set(rng: random.Random, canary: str) -> tuple[str, str]:
    return f"{{{canary!r}, {rng.randrange(1, 9)}}}", f"{{'wrong', {-rng.randrange(1, 9)}}}"


_KINDS: dict[str, Callable[[random.Random, str], tuple[str, str]]] = {
    "canary": _canary,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "bytes": _bytes,
    "list": _list,
    "tuple": _tuple,
    "dict": _dict,
    "set": _set,
}

# How a check may be written. Each is false for every value but the right one, NaN and infinity included.
_EQUALITIES = {
    "": (
        "assert {call} == {expected}",
        "assert {call} == {expected}",
        "assert {expected} == {call}",
        "assert {call} == {expected}, 'wrong answer'",
        "assert not {call} != {expected}",
        "assert ({call} == {expected}) is True",
        "assert [{call}] == [{expected}]",
        "assert {call} in ({expected},)",
        "assert repr({call}) == repr({expected})",
        "assert all(a == b for a, b in [({call}, {expected})])",
    ),
}
_FORMS = {
    "": _EQUALITIES[""],
    "canary": (
        "assert {call} == {expected}",
        "assert str({call}) == {expected}",
        "assert '%s' % ({call},) == {expected}",
        "assert isinstance({call}, str) and {call} == {expected}",
        "assert {call} in {{{expected}: 1}}",
    ),
    "int": (
        "assert {call} == {expected}",
        "assert abs({call} - {expected}) <= 0",
        "assert abs({expected} - {call}) < 0.125",
        "assert isinstance({call}, int) and {call} == {expected}",
        "assert type({call}) is int and {call} == {expected}",
        "assert {call} in {{{expected}}}",
        "assert int({call}) == {expected}",
    ),
    "float": (
        "assert abs({call} - {expected}) < 1e-6",
        "assert abs({expected} - {call}) <= 1e-6",
        "assert math.isclose({call}, {expected}, rel_tol=1e-9)",
        "assert math.isclose({expected}, {call}, abs_tol=1e-6)",
        "assert round({call}, 4) == round({expected}, 4)",
        "assert {expected} - 1e-6 <= {call} <= {expected} + 1e-6",
        "assert float({call}) == {expected}",
        "assert isinstance({call}, float) and ({call} - {expected}) ** 2 < 1e-12",
    ),
    "bool": (
        "assert {call} is True",
        "assert {call} == True",
        "assert ({call}, {call}) == (True, True)",
        "assert isinstance({call}, bool) and {call}",
    ),
    "list": (
        "assert {call} == {expected}",
        "assert len({call}) == len({expected}) and all(a == b for a, b in zip({call}, {expected}))",
        "assert sorted({call}) == sorted({expected})",
        "assert list({call}) == {expected}",
        "assert tuple({call}) == tuple({expected})",
        "assert sum({call}) == sum({expected})",
        "assert isinstance({call}, list) and {call} == {expected}",
        "assert {call}[0] == {expected}[0] and {call}[-1] == {expected}[-1]",
    ),
    "set": (
        "assert {call} == {expected}",
        "assert {call} ^ {expected} == set()",
        "assert {expected} <= {call}",
    ),
    "dict": (
        "assert {call} == {expected}",
        "assert {call}['a'] == {expected}['a']",
        "assert [*{call}.values()] == [*{expected}.values()]",
    ),
}


def _tests(
    rng: random.Random, name: str, cases: list[_Case], styles: tuple[str, ...], forms: Mapping[str, tuple[str, ...]]
) -> tuple[str, str]:
    style = rng.choice(styles)
    checks = []
    for case in cases:
        called = "candidate" if style in ("humaneval", "collected", "unittest") else name
        form = rng.choice(forms.get(case.kind, forms[""]))
        checks.append(form.format(call=f"{called}({case.argument})", expected=case.expected))
    needed = "import math\n\n\n" if any("math." in check for check in checks) else ""
    if style == "collected":
        arguments = ", ".join(case.argument for case in cases)
        answers = ", ".join(case.expected for case in cases)
        checks = [f"got = [candidate(x) for x in ({arguments},)]", f"assert got == [{answers}]"]
    return style, needed + _STYLE_OF[style](name, checks, cases)


def _humaneval(name: str, checks: list[str], cases: list[_Case]) -> str:
    del cases
    lines = "".join(f"    {check}\n" for check in checks)
    return f"METADATA = {{'author': 'jt', 'dataset': 'test'}}\n\n\ndef check(candidate):\n{lines}\n\ncheck({name})\n"


def _mbpp(name: str, checks: list[str], cases: list[_Case]) -> str:
    del name, cases
    return "".join(f"{check}\n" for check in checks)


def _functions(name: str, checks: list[str], cases: list[_Case]) -> str:
    del name, cases
    return "\n\n".join(f"def test_{number}():\n    {check}\n" for number, check in enumerate(checks))


def _unittest(name: str, checks: list[str], cases: list[_Case]) -> str:
    del checks
    lines = "".join(f"        self.assertEqual(candidate({case.argument}), {case.expected})\n" for case in cases)
    return (
        f"import unittest\n\ncandidate = {name}\n\n\n"
        f"class Tests(unittest.TestCase):\n    def test_all(self):\n{lines}\n\n"
        "Tests('test_all').debug()\n"
    )


_STYLE_OF: dict[str, Callable[[str, list[str], list[_Case]], str]] = {
    "humaneval": _humaneval,
    "collected": _humaneval,
    "mbpp": _mbpp,
    "functions": _functions,
    "unittest": _unittest,
}
# unittest is slow to import, so it is rare.
_STYLES = (*("humaneval", "mbpp", "functions", "collected") * 3, "unittest")
_STYLES_OF_ALL_CALLS = ("functions", "collected")
