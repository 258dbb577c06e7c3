"""A seccomp profile: which system calls a program may make, in Docker's JSON format.

The format: `seccomp.json` of moby/profiles. What runsc does not take, or takes for something else, is refused here: it
would be found out when the first box starts, or not at all.
"""

import difflib
import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.seccomp.numbers import NUMBERS

_ARGUMENTS = 6
_VALUE_MAX = 2**64 - 1
_EPERM = 1
_LINE = 112


class Action(Enum):
    """What becomes of a call. Others of Docker's are refused: runsc does not know them."""

    ALLOW = "SCMP_ACT_ALLOW"
    ERRNO = "SCMP_ACT_ERRNO"
    """EPERM; runsc has no other."""
    KILL = "SCMP_ACT_KILL"
    TRAP = "SCMP_ACT_TRAP"


class Comparison(Enum):
    """How an argument is compared."""

    EQUAL = "SCMP_CMP_EQ"
    NOT_EQUAL = "SCMP_CMP_NE"
    MASKED_EQUAL = "SCMP_CMP_MASKED_EQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A condition on one argument of a call.

    Attributes:
        index: Which, from 0.
        comparison: How.
        value: With what; the mask, if masked.
        masked: What is left under the mask.
    """

    index: int
    comparison: Comparison
    value: int
    masked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What becomes of some calls, when all conditions hold."""

    names: tuple[str, ...]
    action: Action
    arguments: tuple[Argument, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What becomes of every call: that of the first rule that fits, or else the default."""

    default: Action
    rules: tuple[Rule, ...]

    def allowed(self) -> frozenset[str]:
        """Return the calls that are allowed, at least with some arguments."""
        if self.default is Action.ALLOW:
            denied = {
                name
                for rule in self.rules
                if rule.action is not Action.ALLOW and not rule.arguments
                for name in rule.names
            }
            return frozenset(NUMBERS) - denied
        return frozenset(name for rule in self.rules if rule.action is Action.ALLOW for name in rule.names)

    def conditions(self) -> int:
        """Return how many calls have conditions, each counted once for each rule."""
        return sum(len(rule.names) for rule in self.rules if rule.arguments)

    def permission(self, name: str) -> frozenset[tuple[Argument, ...]]:
        """Return the sets of conditions under any of which a call is allowed: none, never; an empty one, always."""
        return frozenset(rule.arguments for rule in self.rules if rule.action is Action.ALLOW and name in rule.names)

    def answer(self, name: str) -> Action:
        """Return what becomes of a call when no conditions decide."""
        plain = (rule.action for rule in self.rules if name in rule.names and not rule.arguments)
        return next(plain, self.default)

    def overridden(self, *, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> "Profile":
        """Return this profile with some calls allowed beside those that are, and then some denied whatever else says.

        Args:
            allow: Allowed with all arguments.
            deny: EPERM.
        """
        more, less = frozenset(allow), frozenset(deny)
        if not more | less:
            return self
        kept = tuple(
            Rule(names=names, action=rule.action, arguments=rule.arguments, comment=rule.comment)
            for rule in self.rules
            if (names := tuple(name for name in rule.names if name not in more | less))
        )
        own = ((more - less, Action.ALLOW), (less, Action.ERRNO))
        added = tuple(
            Rule(names=tuple(sorted(names)), action=action, comment="by the policy itself")
            for names, action in own
            if names and action is not self.default
        )
        return Profile(default=self.default, rules=kept + added)

    def as_oci(self) -> dict[str, Any]:
        """Return it as `linux.seccomp` of an OCI spec, and as Docker takes it."""
        return {
            "defaultAction": self.default.value,
            "syscalls": [
                {"names": list(rule.names), "action": rule.action.value}
                | ({"args": [_argument_as_oci(argument) for argument in rule.arguments]} if rule.arguments else {})
                for rule in self.rules
            ],
        }


def _argument_as_oci(argument: Argument) -> dict[str, Any]:
    fields = {"index": argument.index, "value": argument.value, "op": argument.comparison.value}
    return fields | ({"valueTwo": argument.masked} if argument.comparison is Comparison.MASKED_EQUAL else {})


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a profile. `needle` is a text of the file near which it is; none is the file as a whole."""

    text: str
    needle: str = ""


def text_of(profile: Profile, comment: str) -> str:
    """Return a profile as a file to be reviewed: a rule for each reason, its names in lines."""
    rules = ",\n".join(_rule_as_text(rule) for rule in profile.rules)
    head = [f'"comment": {json.dumps(comment)}', f'"defaultAction": "{profile.default.value}"']
    head += [f'"defaultErrnoRet": {_EPERM}', f'"syscalls": [\n{rules}\n  ]']
    return "{\n" + ",\n".join(f"  {line}" for line in head) + "\n}\n"


def _rule_as_text(rule: Rule) -> str:
    names = ", ".join(json.dumps(name) for name in rule.names)
    if len(names) > _LINE - len('      "names": [],'):
        wrapped = textwrap.fill(names, _LINE - 8, break_long_words=False, break_on_hyphens=False)
        names = f"\n{textwrap.indent(wrapped, ' ' * 8)}\n      "
    lines = [f'"comment": {json.dumps(rule.comment)}', f'"names": [{names}]', f'"action": "{rule.action.value}"']
    if rule.arguments:
        lines.append(f'"args": [{", ".join(json.dumps(_argument_as_oci(each)) for each in rule.arguments)}]')
    return "    {\n" + ",\n".join(f"      {line}" for line in lines) + "\n    }"


def parse(source: bytes) -> tuple[Profile | None, list[Mistake]]:
    """Read a profile.

    Returns:
        The profile, unless something is wrong; and all that is wrong.
    """
    try:
        raw = json.loads(source.decode("utf-8"), object_pairs_hook=_once_each)
    except ValueError as error:
        # Not UTF-8, not JSON, a key that is there twice, or a number of thousands of digits.
        return None, [Mistake(str(error))]
    except RecursionError:
        return None, [Mistake("is nested too deeply")]
    if not isinstance(raw, dict):
        return None, [Mistake("a profile is a JSON object")]
    mistakes: list[Mistake] = []
    known = {"defaultAction", "defaultErrnoRet", "architectures", "archMap", "syscalls", "comment"}
    mistakes += _unknown(raw, known, "")
    default = _action(raw, "defaultAction", mistakes)
    if default is Action.ALLOW:
        mistakes.append(
            Mistake("defaultAction must deny: a call that nobody thought of is one that nobody needs", "defaultAction")
        )
    _check_errno(raw, "defaultErrnoRet", mistakes)
    mistakes += [
        Mistake(f"{key} must be a list", f'"{key}"')
        for key in ("architectures", "archMap")
        if not isinstance(raw.get(key, []), list)
    ]
    rules = raw.get("syscalls")
    if not isinstance(rules, list):
        return None, [*mistakes, Mistake("syscalls must be a list of rules")]
    found = [rule for number, each in enumerate(rules, 1) if (rule := _rule(number, each, mistakes)) is not None]
    _check_order(found, mistakes)
    if mistakes or default is None:
        return None, mistakes
    return Profile(default=default, rules=tuple(found)), []


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"{twice!r} is there twice in one object: only the last one would count")
    return found


def unknown_name(name: str) -> str:
    """Return what is wrong with the name of a call; nothing if it is right."""
    if name in NUMBERS:
        return ""
    near = difflib.get_close_matches(name, NUMBERS, n=1)
    return f"{name!r} is no system call{f'; did you mean {near[0]}?' if near else ''}"


def _rule(number: int, raw: object, mistakes: list[Mistake]) -> Rule | None:
    if not isinstance(raw, dict):
        mistakes.append(Mistake(f"rule {number} of syscalls must be an object"))
        return None
    names = raw.get("names")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        mistakes.append(Mistake(f"rule {number} of syscalls needs names: a list of system calls, and not empty"))
        return None
    before = len(mistakes)
    mistakes += [Mistake(wrong, f'"{name}"') for name in names if (wrong := unknown_name(name))]
    mistakes += _unknown(
        raw, {"names", "action", "args", "comment", "errnoRet", "includes", "excludes"}, f'"{names[0]}"'
    )
    if not isinstance(raw.get("comment"), str) or not raw["comment"].strip():
        mistakes.append(Mistake(f"the rule of {names[0]} needs a comment: why it is there", f'"{names[0]}"'))
    if raw.get("includes") or raw.get("excludes"):
        mistakes.append(
            Mistake(f"the rule of {names[0]}: includes and excludes depend on capabilities, which no box has: name the "
                    "calls that are meant", f'"{names[0]}"')
        )  # fmt: skip
    _check_errno(raw, "errnoRet", mistakes)
    action = _action(raw, "action", mistakes)
    arguments = tuple(_arguments([] if raw.get("args") is None else raw["args"], names[0], mistakes))
    if len(mistakes) > before or action is None:
        return None
    return Rule(names=tuple(names), action=action, arguments=arguments, comment=raw["comment"])


def _arguments(raw: object, name: str, mistakes: list[Mistake]) -> Iterable[Argument]:
    needle = f'"{name}"'
    if not isinstance(raw, list):
        mistakes.append(Mistake(f"the rule of {name}: args must be a list", needle))
        return
    comparisons = {each.value: each for each in Comparison}
    for each in raw:
        if not isinstance(each, dict) or set(each) - {"index", "value", "valueTwo", "op"}:
            mistakes.append(Mistake(f"the rule of {name}: an argument has index, value, valueTwo and op", needle))
            continue
        numbers = [each.get("index"), each.get("value"), each.get("valueTwo", 0)]
        if any(type(number) is not int or not 0 <= number <= _VALUE_MAX for number in numbers):
            mistakes.append(Mistake(f"the rule of {name}: index, value and valueTwo are whole numbers", needle))
        elif numbers[0] >= _ARGUMENTS:
            mistakes.append(Mistake(f"the rule of {name}: a call has {_ARGUMENTS} arguments, from 0 on", needle))
        elif not isinstance(each.get("op"), str) or each["op"] not in comparisons:
            known = ", ".join(comparisons)
            mistakes.append(Mistake(f"the rule of {name}: op {each.get('op')!r} is none of {known}", needle))
        else:
            comparison = comparisons[each["op"]]
            yield Argument(index=numbers[0], comparison=comparison, value=numbers[1], masked=numbers[2])
    indexes = [each.get("index") for each in raw if isinstance(each, dict)]
    if len(set(map(str, indexes))) != len(indexes):
        mistakes.append(
            Mistake(f"the rule of {name}: two conditions on one argument mean either to runsc; write two rules", needle)
        )


def _check_order(rules: list[Rule], mistakes: list[Mistake]) -> None:
    """Refuse what means one thing to whoever reads from above, and another to runsc."""
    seen: dict[str, Rule] = {}
    for rule in rules:
        for name in rule.names:
            earlier = seen.setdefault(name, rule)
            if earlier is rule:
                continue
            if not earlier.arguments or not rule.arguments:
                mistakes.append(
                    Mistake(
                        f"{name} has a rule without conditions and another one: only one of them counts", f'"{name}"'
                    )
                )
            elif earlier.action is not rule.action:
                mistakes.append(Mistake(f"{name} has rules of different actions: say one thing", f'"{name}"'))


def _action(raw: Mapping[str, Any], key: str, mistakes: list[Mistake]) -> Action | None:
    known = {action.value: action for action in Action}
    value = raw.get(key)
    if isinstance(value, str) and value in known:
        return known[value]
    hint = "; SCMP_ACT_KILL is what runsc has" if str(value).startswith("SCMP_ACT_KILL_") else ""
    mistakes.append(Mistake(f"{key}: runsc does not take {value!r}: {', '.join(known)}{hint}", f'"{value}"'))
    return None


def _check_errno(raw: Mapping[str, Any], key: str, mistakes: list[Mistake]) -> None:
    if type(raw.get(key, _EPERM)) is not int or raw.get(key, _EPERM) != _EPERM:
        mistakes.append(Mistake(f"{key}: runsc always answers EPERM, {_EPERM}, whatever is said here", key))


def _unknown(raw: Mapping[str, Any], known: set[str], needle: str) -> list[Mistake]:
    return [
        Mistake(f"{key} is unknown; known are {', '.join(sorted(known))}", needle or f'"{key}"')
        for key in sorted(set(map(str, raw)) - known)
    ]
