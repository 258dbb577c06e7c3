"""A sample and its problem become a job."""

import ast
import builtins
from collections.abc import Iterable

from sandbox.evaluate.problems import Problem
from sandbox.evaluate.samples import Sample
from sandbox.job import Job, SourceTests
from sandbox.limits import RequestedLimits
from sandbox.verdict import Integrity


def sample_job(
    problem: Problem,
    sample: Sample,
    *,
    run_id: str,
    limits: RequestedLimits,
    policy: str = "default",
    language: str = "python",
    integrity: Integrity | None = None,
) -> Job:
    """Return the job that tests one sample: the program is prompt and completion, the tests call the entry point.

    Args:
        problem: The sample's problem.
        sample: The sample.
        run_id: Tells this evaluation's jobs from those of another one on the same server.
        limits: What each job asks for.
        policy: The policy by name.
        language: The language by name.
        integrity: How strongly to keep the tests apart; None: as the policy says.
    """
    # A lone surrogate, which JSON can hold, becomes bytes that no compiler takes: the program's failure, not ours.
    program = (problem.prompt + sample.completion).encode("utf-8", "surrogatepass")
    if not program.strip():
        program = b"# an empty sample\n"
    tests = _tests(problem).encode("utf-8", "surrogatepass")
    return Job(
        id=f"{run_id}-{sample.index}",
        program=program,
        tests=SourceTests(tests),
        policy=policy,
        language=language,
        limits=limits,
        integrity=integrity,
    )


def _tests(problem: Problem) -> str:
    """Return the problem's test, with the helpers that its prompt defines, and the call of the entry point.

    Some tests call helpers of the prompt (HumanEval/32, 38 and 50). A completion may define them anew, to its own
    taste; so the tests have the prompt's own, and only the entry point is the program's. A prompt that is no whole
    source, as when it ends inside of an expression, brings no helpers. In the program's own process, where the entry
    point is there from the start, program and tests have one and the same helpers, as in the original harness.

    An entry point that is named like one of Python's own functions is asked for by name: unasked, Python's would win.
    """
    if not problem.entry_point:
        return _imports(_functions(problem.canonical_solution)) + problem.test
    own = _imports([problem.entry_point])
    return (
        f"if {problem.entry_point!r} not in globals():\n"
        f"    try:\n        exec({problem.prompt!r}, globals())\n    except Exception:\n        pass\n"
        f"    globals().pop({problem.entry_point!r}, None)\n"
        f"{own}{problem.test}\ncheck({problem.entry_point})"
    )


def _imports(names: Iterable[str]) -> str:
    return "".join(f"from program import {name}\n" for name in names if hasattr(builtins, name))


def _functions(source: str) -> list[str]:
    """Return the functions that a solution defines; the problem's author wrote it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def sample_index(job_id: str) -> int:
    """Return the index of the sample that a job of `sample_job` was made for.

    Raises:
        ValueError: The id is not one of those.
    """
    return int(job_id.rpartition("-")[2])
