"""HumanEval+ in EvalPlus's own format: arguments, and a solution that says what is right for them.

How a result is compared is EvalPlus's rule (evalplus/eval/__init__.py, Apache-2.0): equal; or, where what is expected
is a float or holds nothing but floats, near it, by 1e-6 if the problem has no tolerance of its own, and 1e-7 of the
value; of `find_zero`, which may find any zero, the polynomial at it.
"""

import json
import math
from pathlib import Path
from typing import Any

from sandbox.errors import InputFileError
from sandbox.evaluate.lines import text_field

_TEST = """\
def check(candidate):
    import copy
    import json
    import math

    entry_point, tolerance = {entry_point!r}, {tolerance!r}
    reference = {{}}
    exec({solution!r}, reference)

    def all_floats(value):
        return type(value) is float or type(value) in (list, tuple) and all(type(item) is float for item in value)

    def near(got, expected, tolerance):
        if type(expected) in (list, tuple):
            same = type(got) is type(expected) and len(got) == len(expected)
            return same and all(near(one, other, tolerance) for one, other in zip(got, expected))
        numbers = type(got) in (int, float, bool) and type(expected) in (int, float, bool)
        return numbers and abs(got - expected) <= tolerance + 1e-7 * abs(expected)

    def right(got, expected, arguments):
        if entry_point == "find_zero":
            if type(got) not in (int, float):
                return False
            return near(sum(part * math.pow(got, power) for power, part in enumerate(arguments[0])), 0.0, tolerance)
        if got == expected:
            return True
        return (tolerance or all_floats(expected)) and near(got, expected, tolerance or 1e-6)

    for arguments in json.loads({arguments!r}):
        expected = reference[entry_point](*copy.deepcopy(arguments))
        got = candidate(*copy.deepcopy(arguments))
        assert right(got, expected, arguments), f"{{entry_point}}(*{{arguments}}) is {{got!r}}, not {{expected!r}}"
"""


def is_evalplus(record: dict[str, Any]) -> bool:
    """Tell whether a line of a problem file has arguments as EvalPlus keeps them."""
    return "plus_input" in record


def read_test(path: Path, number: int, record: dict[str, Any]) -> str:
    """Return the source of `check(candidate)` for a line of EvalPlus's own format.

    The solution runs where the tests do, on arguments of its own; its CPU time counts as theirs.

    Raises:
        InputFileError: Something is missing or is not what it has to be.
    """
    task_id, prompt, entry_point, solution = (
        text_field(path, number, record, name) for name in ("task_id", "prompt", "entry_point", "canonical_solution")
    )
    if "test" not in record:
        # Its arguments are not all what JSON says: EvalPlus has a list of tasks whose lists are tuples, sets and more.
        raise InputFileError(
            str(path), number, f"{task_id} is MBPP+ in EvalPlus's own format: take MbppPlus-OriginFmt.jsonl.gz instead"
        )
    tolerance = record.get("atol", 0)
    if type(tolerance) not in (int, float) or not 0 <= tolerance < math.inf:
        raise InputFileError(str(path), number, f"atol must be a number of at least 0, not {tolerance!r}")
    arguments = [*_lists(path, number, record, "base_input"), *_lists(path, number, record, "plus_input")]
    if not arguments:
        raise InputFileError(str(path), number, "the problem has no tests")
    return _TEST.format(
        entry_point=entry_point, tolerance=tolerance, solution=prompt + solution, arguments=json.dumps(arguments)
    )


def _lists(path: Path, number: int, record: dict[str, Any], name: str) -> list[list[Any]]:
    value = record.get(name)
    if not isinstance(value, list) or not all(isinstance(arguments, list) for arguments in value):
        raise InputFileError(str(path), number, f"the field {name!r} must be a list of lists of arguments")
    return value
