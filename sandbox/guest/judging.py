"""The tests role: runs the tests against the program, counts every check, and tells the host."""

from __future__ import annotations

# What is `ast` to others: that module would import enum, contextlib and more, 15 ms of every box.
import _ast
import io
import sys

from sandbox.guest import frames, keeper, values
from sandbox.guest.bridge import Bridge
from sandbox.guest.collecting import checks_in, is_skip, may_hold_checks
from sandbox.guest.comparing import is_equal
from sandbox.guest.interrupts import Interrupts
from sandbox.guest.lane import LOADED, RAISED, Capture, HostGoneError, Lane, ViolationError
from sandbox.guest.places import CollectionError
from sandbox.guest.proxies import PROGRAM_MODULES, ProgramModule, ProgramNames
from sandbox.guest.serving import describe
from sandbox.guest.source import FILE_NAME, Source
from sandbox.guest.standing import Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    import types
    from collections.abc import Callable
    from typing import Any

    from sandbox.guest.places import Check

    Tell = Callable[..., None]
    """Send one frame to the host: kind, payload."""
    _IsRight = Callable[[bytes, bytes, bytes], None]
    """Raises AssertionError for an input, the expected output and a wrong output."""


_QUOTED_CHARACTERS_MAX = 1_000
_REPLACING = (b"patch", b"setattr", b"environ", b"builtins", b"arn", b"logging", b"Logs", b"caplog")
"""What is in tests that may put something in the place of the library's functions, or listen to warnings and logs."""
_CHECKS_MAX = 100_000
"""As many as the host counts."""


class TestsError(Exception):
    """The tests are at fault: they failed before they reached for the program."""

    __test__ = False


class _Printed(io.TextIOBase):
    """Standard output of the tests, kept with the program's."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def write(self, text: str) -> int:
        self._capture.take(text.encode("utf-8", "backslashreplace"))
        return len(text)


def judge_source(tests: bytes, lane: Lane, tell: Tell) -> None:
    """Run test code against the loaded program.

    Raises:
        TestsError: The tests are at fault.
        ProgramGoneError: The program ended first.
        ViolationError: The program spoke out of turn.
    """
    parts = _parts_to_run(tests)
    names = load_program(lane, tell)
    if names is None:
        return
    streams: Any = sys
    before = streams.stdout, streams.stderr
    streams.stdout, streams.stderr = _Printed(lane.captures[0]), _Printed(lane.captures[1])
    lane.standing.source = Source(tests)
    bridge = Bridge(lane)
    bridge.watch_streams()
    namespace = ProgramNames(bridge, names, lane.standing.source)
    for name in PROGRAM_MODULES:
        sys.modules[name] = ProgramModule(name, namespace)
    if b"seed" in tests:
        _forward_seeds(bridge, "random")
        if (b"numpy" in tests or b"np." in tests) and _is_there("numpy"):
            _forward_seeds(bridge, "numpy.random")
    if b"pytest" in tests:
        provide_pytest()
    if any(word in tests for word in _REPLACING) or (b"import" in tests and lane.standing.source.sets_attributes()):
        bridge.watched().watch_all(tests)
    try:
        _run_checks(tests, parts, namespace, lane, tell)
    finally:
        streams.stdout, streams.stderr = before


def provide_pytest() -> None:
    """Make `import pytest` work."""
    from sandbox.guest import like_pytest  # noqa: PLC0415 (few tests want it)

    sys.modules["pytest"] = like_pytest


class _Nowhere:
    """In the place of a lane, where tests need none to reach the program."""

    def __init__(self) -> None:
        self.interrupts = Interrupts()
        self.standing = Standing()
        self.standing.contacted = self.standing.asked = True

    def check(self) -> None:
        """Nothing ends the job: who could, ends this process."""


def judge_in_process(tests: bytes, program: types.ModuleType, tell: Tell) -> None:
    """Run test code in the program's own namespace. What is told may be the program's word.

    Args:
        tests: Their source, which compiles.
        program: The loaded program.
        tell: The way to the agent.
    """
    for name in PROGRAM_MODULES:
        sys.modules[name] = program
    try:
        _run_checks(tests, _parts(tests), program.__dict__, _Nowhere(), tell)
    except TestsError as error:
        # Before anything was planned. Whose fault it is, only a process that is not the program's could say.
        tell(frames.PLAN, frames.PLAN_BODY.pack(1))
        report(tell, 0, (frames.ERRORED, frames.EXCEPTION, str(error)))


def judge_together(tests: bytes, lane: Lane, tell: Tell) -> None:
    """Have the program's process run the tests, and pass on what it says of them, in the order of an honest one.

    Raises:
        TestsError: The tests do not compile.
        ProgramGoneError: The program ended before they did.
        ViolationError: What it said makes no sense.
    """
    _parts_to_run(tests)
    lane.start(keeper.TOGETHER, tests)
    planned = 0
    while True:
        kind, body = lane.wait_for_answer()
        if kind == frames.DONE and planned:
            return
        if kind == RAISED:
            tell(frames.LOAD_ERROR, body[: frames.MESSAGE_BYTES_MAX])
            return
        if kind == frames.PLAN and len(body) == frames.PLAN_BODY.size:
            (planned,) = frames.PLAN_BODY.unpack(body)
        # To plan nothing, or more than anybody counts, would be the tests' fault; but this is the program's word.
        if kind not in (frames.PLAN, frames.RESULT) or not 0 < planned <= _CHECKS_MAX:
            raise ViolationError("an answer to no question")
        tell(kind, body[: frames.RESULT_BODY.size + frames.MESSAGE_BYTES_MAX])
        lane.let_go_on()


def _is_there(name: str) -> bool:
    return any(finder.find_spec(name, None) is not None for finder in sys.meta_path)


def _forward_seeds(bridge: Bridge, name: str) -> None:
    """Seed the program's random numbers with what the tests seed their own with."""
    # 20 ms that only tests with seeds pay.
    module: Any = __import__(name, fromlist=["*"])
    seed = module.seed

    def seed_both(*args: Any) -> None:
        seed(*args)
        bridge.seeds.append([name, list(args)])

    module.seed = seed_both


def _parts_to_run(tests: bytes) -> list[types.CodeType]:
    """Compile a test source, and look for what could never work, before anything of it runs.

    Raises:
        TestsError: It does not compile, or wants what is not there of pytest.
    """
    try:
        parts = _parts(tests)
        used = Source(tests).attributes_of("pytest") if b"pytest" in tests else set()
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise TestsError(describe(error)) from None
    if used:
        from sandbox.guest import like_pytest  # noqa: PLC0415 (few tests want it)

        if lacking := sorted(used.difference(like_pytest.__all__)):
            raise TestsError(f"pytest.{lacking[0]} is not there: of pytest there is {', '.join(like_pytest.__all__)}")
    return parts


def _parts(tests: bytes) -> list[types.CodeType]:
    """Compile a test source: as a whole, or cut after each assert where several stand in it by themselves.

    Raises:
        SyntaxError: It is none. Or ValueError, MemoryError, RecursionError.
    """
    whole = compile(tests, FILE_NAME, "exec", dont_inherit=True)
    if tests.count(b"assert") <= 1 or b"TestCase" in tests or any(map(may_hold_checks, _defined(whole))):
        return [whole]
    tree: Any = compile(tests, FILE_NAME, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
    places = [place for place, statement in enumerate(tree.body) if isinstance(statement, _ast.Assert)]
    if len(places) <= 1:
        return [whole]
    ends = [*(place + 1 for place in places[:-1]), len(tree.body)]
    bodies = [tree.body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    modules = [_ast.Module(body=body, type_ignores=[]) for body in bodies]
    return [compile(module, FILE_NAME, "exec", dont_inherit=True) for module in modules]


def _defined(whole: types.CodeType) -> list[str]:
    """Return the names that a source uses at its top level, what it defines there among them."""
    return [*whole.co_names, *(code.co_name for code in whole.co_consts if type(code) is type(whole))]


def _run_checks(
    tests: bytes, parts: list[types.CodeType], namespace: dict[str, Any], lane: Lane | _Nowhere, tell: Tell
) -> None:
    before = dict(namespace)
    if len(parts) == 1:
        failed = attempt(lane, _executing(parts[0], namespace))
        checks: list[Check] = []
        problems: list[str] = []

        def collect() -> None:
            # What a check is given is made here, and may be what the program makes.
            try:
                checks.extend(checks_in(namespace, before, tests))
            except CollectionError as error:
                problems.append(str(error))

        failed = failed or attempt(lane, collect)
        if problems:
            raise TestsError(problems[0])
        if failed is not None and not lane.standing.contacted:
            raise TestsError(failed[2])
        has_checks = bool(checks)
        tell(frames.PLAN, frames.PLAN_BODY.pack(len(checks) or 1))
        if not checks:
            failed = failed or _missed(lane)
            report(tell, 0, failed)
        for index, (name, run) in enumerate(checks):
            failure = attempt(lane, run, name)
            if index == len(checks) - 1:
                failure = failure or (None if failed else _missed(lane))
            report(tell, index, failure)
            failed = failed or failure
    else:
        has_checks = True
        failed = _run_asserts(parts, namespace, lane, tell)
    # Tests that want a name which the program does not have fail by that, and have asked for nothing.
    standing = lane.standing
    has_looked = standing.given and (has_checks or Source(tests).acts())
    if not (standing.asked or has_looked or (standing.contacted and failed)):
        raise TestsError("the tests never used the program: nothing of it was called, or what they call is not its own")


def _missed(lane: Lane | _Nowhere) -> tuple[int, int, str] | None:
    """Fail the last check of tests that could use nothing of the program, and wanted what it does not have.

    They may take the NameError for an exception that they want.
    """
    standing = lane.standing
    if standing.asked or standing.given or not standing.missed:
        return None
    return frames.ERRORED, frames.EXCEPTION, f"NameError: the program has no {standing.missed!r} that could be used"


def _executing(part: types.CodeType, namespace: dict[str, Any]) -> Callable[[], None]:
    return lambda: exec(part, namespace)


def _run_asserts(
    parts: list[types.CodeType], namespace: dict[str, Any], lane: Lane | _Nowhere, tell: Tell
) -> tuple[int, int, str] | None:
    """Run a list of asserts, each a check, up to the first that fails, as where they are one source. Returns that."""
    tell(frames.PLAN, frames.PLAN_BODY.pack(len(parts)))
    for index, part in enumerate(parts):
        failed = attempt(lane, _executing(part, namespace))
        if failed is not None and not lane.standing.contacted:
            raise TestsError(failed[2])
        if index == len(parts) - 1:
            failed = failed or _missed(lane)
        report(tell, index, failed)
        if failed is not None:
            return failed
    return None


def load_program(lane: Lane, tell: Tell) -> dict[str, tuple[str, str]] | None:
    """Start the program and return its names, or None when it does not load, which has been told then."""
    lane.start(keeper.SERVE)
    kind, body = lane.wait_for_answer()
    if kind == RAISED:
        tell(frames.LOAD_ERROR, body[: frames.MESSAGE_BYTES_MAX])
        return None
    if kind != LOADED:
        raise ViolationError("an answer before its question")
    try:
        return {str(name): (str(kind), str(module)) for name, kind, module in values.decode(body)}
    except (values.MalformedValueError, TypeError, ValueError) as error:
        raise ViolationError(f"malformed names: {error}") from None


def attempt(lane: Lane | _Nowhere, run: Callable[[], Any], name: str = "") -> tuple[int, int, str] | None:
    """Run one check. Returns None when it passed, else its status, the kind of failure, and a message.

    Raises:
        ProgramGoneError: The program ended while it was asked for something, whatever the check made of that.
        ViolationError: It broke the protocol, likewise.
        HostGoneError: Nobody waits for a verdict.
    """
    failure = _run(lane, run)
    lane.check()
    # Also what a thread or a process came to since the check before this one.
    objection = lane.standing.take_objection()
    failure = failure or objection
    if failure is None or not name:
        return failure
    return failure[0], failure[1], f"{name}: {failure[2]}"


def _run(lane: Lane | _Nowhere, run: Callable[[], Any]) -> tuple[int, int, str] | None:
    try:
        with lane.interrupts.check():
            run()
    except HostGoneError:
        raise
    except values.UnsupportedValueError as error:
        failure = frames.ERRORED, frames.UNSUPPORTED_VALUE, str(error)
    except AssertionError as error:
        if "raised_by_program" in error.__dict__:
            failure = frames.ERRORED, frames.EXCEPTION, _quoted(error)
        else:
            failure = frames.FAILED, frames.WRONG_ANSWER, _quoted(error)
    except BaseException as error:
        # SystemExit and its like too: tests that exit have not passed. Nor have those that were skipped.
        status = frames.SKIPPED if is_skip(error) else frames.ERRORED
        failure = status, frames.EXCEPTION, _quoted(error)
    else:
        return None
    return failure


def _quoted(error: BaseException) -> str:
    """Describe an exception; one that the program raised carries its description, and the program's name for it."""
    if "raised_by_program" in error.__dict__:
        # Never str() of what the program raised: it may take for ever, or raise.
        return str(error.__dict__["raised_by_program"])[:_QUOTED_CHARACTERS_MAX]
    return describe(error)


def report(tell: Tell, index: int, failure: tuple[int, int, str] | None) -> None:
    """Tell the host what became of a check."""
    status, kind, message = failure or (frames.PASSED, frames.NO_FAILURE, "")
    tell(frames.RESULT, frames.RESULT_BODY.pack(index, status, kind) + frames.text(message))


def judge_cases(
    cases: list[tuple[bytes, bytes]], lane: Lane, tell: Tell, *, compare: tuple[int, float], checker: bytes | None
) -> None:
    """Run the program once for each case: its input in, its output compared.

    Args:
        cases: Inputs and expected outputs.
        lane: The way to the program.
        tell: The way to the host.
        compare: A comparator and its tolerance.
        checker: Source of a function `check(given, expected, output)` that decides instead.

    Raises:
        TestsError: The checker does not load, or defines no such function.
        ViolationError: The program spoke out of turn.
    """
    is_right = _comparing(*compare) if checker is None else _checking(checker)
    tell(frames.PLAN, frames.PLAN_BODY.pack(len(cases)))
    stdout = lane.captures[0]
    for index, (given, expected) in enumerate(cases):
        stdout.start_case()
        lane.start(keeper.RUN, given)
        (kind, code), raised = lane.wait_for_end()
        failure = _end_of_case(stdout, kind, code, raised)
        if failure is None:
            output = bytes(stdout.case or b"")
            failure = attempt(lane, lambda: is_right(given, expected, output))  # noqa: B023 (called at once)
        report(tell, index, failure)


def _comparing(how: int, tolerance: float) -> _IsRight:
    def compare(_: bytes, expected: bytes, output: bytes) -> None:
        if not is_equal(how, tolerance, output, expected):
            raise AssertionError("the output differs from the expected output")

    return compare


def _checking(source: bytes) -> _IsRight:
    """Load a checker. It gets texts; bytes that are no UTF-8 are escaped, as Python does for file names."""
    namespace: dict[str, Any] = {"__name__": "checker"}
    try:
        exec(compile(source, "checker.py", "exec", dont_inherit=True), namespace)
    except BaseException as error:
        raise TestsError(describe(error)) from None
    function = namespace.get("check")
    if not callable(function):
        raise TestsError("the checker defines no function check(given, expected, output)")

    def check(*texts: bytes) -> None:
        said = function(*(text.decode("utf-8", "surrogateescape") for text in texts))
        if said is not True:
            raise AssertionError("the checker did not say True")

    return check


def _end_of_case(stdout: Capture, kind: int, code: int, raised: bytes | None) -> tuple[int, int, str] | None:
    if raised is not None:
        return frames.ERRORED, frames.EXCEPTION, raised[: frames.MESSAGE_BYTES_MAX].decode("utf-8", "replace")
    if kind == frames.SIGNALED:
        return frames.ERRORED, frames.EXCEPTION, f"killed by signal {code}"
    if code != 0:
        return frames.ERRORED, frames.EXCEPTION, f"exit code {code}"
    if stdout.case_overflow:
        return frames.FAILED, frames.WRONG_ANSWER, "more output than output_bytes"
    return None


def judge_exit(lane: Lane, tell: Tell) -> None:
    """Run the program once, with nothing to read; how it ended is all there is to tell.

    Raises:
        ViolationError: The program spoke out of turn.
    """
    tell(frames.PLAN, frames.PLAN_BODY.pack(1))
    lane.start(keeper.RUN)
    (kind, code), raised = lane.wait_for_end()
    if raised is not None:
        tell(frames.LOAD_ERROR, raised[: frames.MESSAGE_BYTES_MAX])
    elif kind == frames.EXITED and code == 0:
        report(tell, 0, None)
    else:
        tell(frames.PROGRAM_END, frames.PROGRAM_END_BODY.pack(kind, code))
