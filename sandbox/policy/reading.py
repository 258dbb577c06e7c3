"""Reads a policy's file, and those that it extends, and says for each value where it comes from.

Nothing is decided here. All that is wrong with a file is found at once, with the line it is in.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import PolicyError
from sandbox.policy.files import by_name, read_bytes
from sandbox.policy.keys import BY_PATH, ENVIRONMENT, EXTENDS, KEYS, SECTIONS, Key, Kind
from sandbox.seccomp.profile import unknown_name

_CHAIN_MAX = 8
_HARMLESS = (
    "PYTHONHASHSEED",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONMALLOC",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
    "PYTHON_CPU_COUNT",
)
"""The interpreter's own that can neither keep tests from failing, as PYTHONOPTIMIZE does, nor load other code."""
_HEADER = re.compile(r"\s*\[([^\[\]]*)\]\s*(?:#.*)?$")
_AT_LINE = re.compile(r"\(at line (\d+),")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z0-9_.-]+|\"[^\"]*\"|'[^']*')\s*=")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and the place it comes from."""

    value: Any
    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a policy, or, if it `is_advice`, merely strange. Line 0 is the file as a whole."""

    file: Path
    line: int
    text: str
    is_advice: bool = False

    def __str__(self) -> str:
        """Return `file:line: text`, as editors and compilers have it."""
        place = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        # Keys and names are shown as the file has them, and a terminal would act on some.
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in f"{place}: {self.text}")


@dataclass(slots=True)
class Draft:
    """A policy as its files have it, not yet believed.

    Attributes:
        file: The policy's own file.
        settings: By `section.key`. Without those that are problems.
        problems: In the order in which they were found.
        sections: The tables that there are.
        sources: The bytes of the file, and of those that it extends, nearest first.
        profile: The bytes of the seccomp profile.
    """

    file: Path
    settings: dict[str, Setting] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sections: set[str] = field(default_factory=set)
    sources: list[bytes] = field(default_factory=list)
    profile: bytes = b""

    @property
    def is_wrong(self) -> bool:
        """Whether there are problems that are not merely advice."""
        return any(not problem.is_advice for problem in self.problems)

    def complain(self, text: str, *paths: str, is_advice: bool = False) -> None:
        """Note a problem between settings, at the first of them that is in the policy's own file, else at the first."""
        places = [self.settings[path] for path in paths]
        place = next((setting for setting in places if setting.file == self.file), places[0])
        self.problems.append(Problem(place.file, place.line, text, is_advice=is_advice))

    def refuse_if_wrong(self) -> None:
        """Raise what was found.

        Raises:
            PolicyError: Something is wrong, not merely strange. A line for each.
        """
        wrong = [str(problem) for problem in self.problems if not problem.is_advice]
        if wrong:
            raise PolicyError("\n".join(wrong))


def read(file: Path, *, shipped: Path | None = None) -> Draft:
    """Read a policy with all that it extends.

    Args:
        file: The policy.
        shipped: A folder where extended policies are looked for that are not beside the file.

    Returns:
        The draft. What is wrong is in `problems`, a file that cannot be read included.
    """
    draft = Draft(file)
    seen: set[Path] = set()
    current: Path | None = file
    while current is not None:
        if current in seen or len(seen) == _CHAIN_MAX:
            draft.problems.append(Problem(file, 0, f"extends itself by way of {current.name}, or {_CHAIN_MAX} others"))
            return draft
        seen.add(current)
        raw, text = _parse(current, draft)
        if raw is None:
            return draft
        current = _merge(current, raw, lines_of(text), draft, shipped)
    _complain_of_missing(draft)
    return draft


def lines_of(text: str) -> dict[str, int]:
    """Return the line of each key of a TOML text of one level of tables: `section` and `section.key`.

    A guess for messages, made from how people write such files; TOML's reader does not tell.
    """
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = header.group(1).strip()
            found.setdefault(section, number)
        elif assignment := _ASSIGNMENT.match(line):
            name = assignment.group(1).strip("\"'")
            found.setdefault(f"{section}.{name}" if section else name, number)
    return found


def _parse(file: Path, draft: Draft) -> tuple[dict[str, Any] | None, str]:
    try:
        source = read_bytes(file)
        text = source.decode("utf-8")
        raw = tomllib.loads(text)
    except (OSError, ValueError) as error:
        # ValueError: not UTF-8, not TOML, or a number of thousands of digits.
        line = _AT_LINE.search(str(error))
        draft.problems.append(Problem(file, int(line.group(1)) if line else 0, str(error)))
        return None, ""
    except RecursionError:
        draft.problems.append(Problem(file, 0, "is nested too deeply"))
        return None, ""
    draft.sources.append(source)
    return raw, text


def _merge(
    file: Path, raw: dict[str, Any], lines: Mapping[str, int], draft: Draft, shipped: Path | None
) -> Path | None:
    """Add what `file` says to the draft, which nearer files have filled already. Return the file that it extends."""
    base = raw.pop(EXTENDS, None)
    for path, value in _flat(file, raw, lines, draft):
        place = lines.get(path) or lines.get(path.partition(".")[0], 0)
        if complaint := _wrong(path, value):
            draft.problems.append(Problem(file, place, complaint))
        draft.settings.setdefault(path, Setting(value, file, place))
    if base is None:
        return None
    return _find_base(file, base, lines.get(EXTENDS, 0), draft, shipped)


def _find_base(file: Path, base: object, line: int, draft: Draft, shipped: Path | None) -> Path | None:
    folders = [file.parent, *([shipped] if shipped is not None else [])]
    places = [by_name(folder) for folder in folders]
    known = sorted({name for place in places for name in place})
    if isinstance(base, str) and base in known:
        found = [place[base] for place in places if base in place]
        # An operator's `default` may extend the one that is shipped.
        return next((path for path in found if not _is_same(path, file)), found[0])
    draft.problems.append(
        Problem(
            file, line, f"{EXTENDS}: {base!r} is no policy here{_meant(str(base), known)}; known are {', '.join(known)}"
        )
    )
    return None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        # Gone, or a link to nowhere; who reads it will say so.
        return False


def _flat(file: Path, raw: Mapping[str, Any], lines: Mapping[str, int], draft: Draft) -> Iterable[tuple[str, Any]]:
    for name, value in raw.items():
        if name not in SECTIONS and "." in name:
            # In quotes: it would pass for a key of a table.
            draft.problems.append(Problem(file, lines.get(name, 0), f"{name!r} is unknown; write [table] and key"))
        elif name not in SECTIONS:
            yield name, value
        elif isinstance(value, dict):
            draft.sections.add(name)
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            draft.sections.add(name)
            draft.problems.append(Problem(file, lines.get(name, 0), f"[{name}] must be a table"))


def _complain_of_missing(draft: Draft) -> None:
    lost = [section for section in SECTIONS if section not in draft.sections]
    paths = [key.path for key in KEYS if key.section not in lost and key.path not in draft.settings]
    for path in (*lost, *paths):
        draft.problems.append(
            Problem(draft.file, 0, f'{path} is missing; `extends = "default"` takes what is not said from there')
        )


def _unknown(path: str) -> str:
    section, _, name = path.rpartition(".")
    known = [key.name for key in KEYS if key.section == section] + ([EXTENDS, *SECTIONS] if not section else [])
    elsewhere = [key.path for key in KEYS if key.name == name]
    hint = f"; it belongs into {' or '.join(elsewhere)}" if elsewhere else _meant(name, known)
    return f"{path} is unknown{hint}; known are {', '.join(sorted(known))}"


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _wrong(path: str, value: object) -> str:
    """Return what is wrong with a setting; nothing if it is right."""
    if path in BY_PATH:
        return _wrong_value(BY_PATH[path], value)
    return _wrong_variable(path, value) if path.startswith(f"{ENVIRONMENT}.") else _unknown(path)


def _wrong_value(key: Key, value: object) -> str:
    match key.kind:
        case Kind.NUMBER:
            return _wrong_number(key, value)
        case Kind.TEXT:
            return "" if isinstance(value, str) else f"{key.path} must be a text"
        case Kind.CALLS:
            return _wrong_calls(key.path, value)
        case Kind.CHOICE:
            return _wrong_word(key, value)
        case Kind.CHOICES if isinstance(value, list) and value:
            return next((wrong for word in value if (wrong := _wrong_word(key, word))), "")
    return f"{key.path} must be a list of {', '.join(key.words)}, and not empty"


def _wrong_word(key: Key, value: object) -> str:
    near = _meant(value, key.words) if isinstance(value, str) else ""
    return "" if value in key.words else f"{key.path}: {value!r} is none of {', '.join(key.words)}{near}"


def _wrong_variable(path: str, value: object) -> str:
    name = path.removeprefix(f"{ENVIRONMENT}.")
    if not isinstance(value, str) or "\0" in value:
        return f"{ENVIRONMENT}.{name}: [{ENVIRONMENT}] must be a table of texts"
    if not name or "=" in name or "\0" in name:
        return f"{ENVIRONMENT}.{name!r} cannot be the name of a variable"
    if name.startswith("PYTHON") and name not in _HARMLESS:
        return f"{ENVIRONMENT}.{name} would change the agent, too, which judges: allowed are {', '.join(_HARMLESS)}"
    return ""


def _wrong_calls(path: str, value: object) -> str:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return f"{path} must be a list of system calls"
    return next((f"{path}: {wrong}" for name in value if (wrong := unknown_name(name))), "")


def _wrong_number(key: Key, value: object) -> str:
    if type(value) is not int or value <= 0:
        return f"{key.path} must be a positive whole number, not {value!r}"
    if value < key.at_least:
        return f"{key.path} must be at least {key.at_least}, not {value}"
    if value > key.at_most:
        return f"{key.path} must be at most {key.at_most}, not {value}"
    return ""
