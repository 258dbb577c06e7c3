"""The program role: loads the untrusted source, and runs it as a script, serves calls of the tests, or runs them too.

Everything here happens in the process that the program owns. It may overwrite all of it; what it can gain is to answer
calls with other values than its functions would have returned, which is what a program is.
"""

from __future__ import annotations

import atexit
import os
import sys
import types

from sandbox.guest import frames, judging, values
from sandbox.guest.keeper import ANSWERS, CALLS, RUN, TOGETHER
from sandbox.guest.lane import LOADED, RAISED
from sandbox.guest.serving import Service, describe, is_error_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

MODULE_NAME = "program"
_FILE_NAME = "program.py"
_LONG_BITS = 64
_NAMES_MAX = 10_000


def program_main(order: int, source: bytes) -> NoReturn:
    """Be the program: run it as a script, or load it and serve calls, or run the tests in it."""
    if (warm := sys.modules.get("sandbox.guest.warm")) is not None:
        warm.reseed()
    if order == TOGETHER:
        tests = _tests_from_stdin()
        _forget_the_agent()
        _finish(_load_and(lambda module: _be_tested(module, tests), source))
    _forget_the_agent()
    if order == RUN:
        _finish(_run_as_script(source))
    _finish(_load_and(_serve, source))


def _forget_the_agent() -> None:
    """Make the interpreter look as a program expects it. Tidiness, not a wall: the walls are the kernel's."""
    sys.path[:] = [entry for entry in sys.path if entry != "/opt"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    sys.argv = [_FILE_NAME]


def _load(source: bytes, module_name: str) -> types.ModuleType:
    """Execute the source as a module; whatever it raises is the program's."""
    module = types.ModuleType(module_name)
    sys.modules[module_name] = module
    exec(compile(source, _FILE_NAME, "exec", dont_inherit=True), module.__dict__)
    return module


def _run_as_script(source: bytes) -> int:
    """Run the source as `__main__`. Returns the exit code, as the interpreter would have given it."""
    pid = os.getpid()
    try:
        _load(source, "__main__")
    except SystemExit as error:
        return _exit_code(error)
    except BaseException as error:
        _complain(error, source)
        _tell_what_was_raised(error, pid)
        return 1
    return 0


def _load_and(use: Callable[[types.ModuleType], None], source: bytes) -> int:
    """Load the source as a module and use it; or tell the tests why it does not load. Returns the exit code."""
    pid = os.getpid()
    try:
        module = _load(source, MODULE_NAME)
    except SystemExit as error:
        return _exit_code(error)
    except BaseException as error:
        _complain(error, source)
        _tell_what_was_raised(error, pid)
        return 1
    use(module)
    return 0


def _tell_what_was_raised(error: BaseException, pid: int) -> None:
    """Tell the tests what ended the program: not what ended a child that it forked, nor where it has closed the way."""
    if os.getpid() != pid:
        return
    try:
        frames.write_frame(ANSWERS, RAISED, frames.text(describe(error)))
    except OSError:
        return


def _serve(module: types.ModuleType) -> None:
    """Answer calls until the tests close their end."""
    names = [[name, *_kind(value)] for name, value in list(module.__dict__.items()) if type(name) is str][:_NAMES_MAX]
    _flush()
    frames.write_frame(ANSWERS, LOADED, values.encode(names))
    Service(module, CALLS, ANSWERS, _flush).run()


def _tests_from_stdin() -> bytes:
    """Take the tests; what is read from standard input after them is its end."""
    with open(0, "rb", closefd=False) as file:
        tests = file.read()
    if b"pytest" in tests or b"def test" in tests:
        # Whoever collects checks may need it, and cannot import it once the agent is forgotten.
        judging.provide_pytest()
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    return tests


def _be_tested(module: types.ModuleType, tests: bytes) -> None:
    """Run the tests in the program's namespace, as the original harness does. The program can forge them."""
    judging.judge_in_process(tests, module, _tell)
    _flush()
    frames.write_frame(ANSWERS, frames.DONE)


def _tell(kind: int, payload: bytes = b"") -> None:
    frames.write_frame(ANSWERS, kind, payload)
    # What the next check uses is the next check's.
    os.read(CALLS, 1)


def _kind(value: object) -> tuple[str, str]:
    kind = type(value)
    if kind is types.ModuleType:
        return "module", str(getattr(value, "__name__", ""))
    # By its type alone: an object may raise, or lie, when it is asked for its class.
    if issubclass(kind, type):
        return ("error" if is_error_class(value) else "class"), ""
    return ("callable" if callable(value) else "value"), ""


def _complain(error: BaseException, source: bytes = b"") -> None:
    """Write the traceback to standard error, as the interpreter would, without the agent's own frames."""
    try:
        # In here: a program that has used up its descriptors or its memory cannot import either.
        import linecache  # noqa: PLC0415 (20 ms that only a failing program pays)
        import traceback  # noqa: PLC0415

        # There is no file to read the quoted lines from.
        lines = source.decode("utf-8", "replace").splitlines(keepends=True)
        linecache.cache[_FILE_NAME] = (len(source), None, lines, _FILE_NAME)
        shown = error.__traceback__
        while shown is not None and "/sandbox/guest/" in shown.tb_frame.f_code.co_filename:
            shown = shown.tb_next
        traceback.print_exception(type(error), error, shown)
    except BaseException:
        _flush()


def _exit_code(error: SystemExit) -> int:
    """Translate SystemExit as the interpreter does: None is 0, a number is itself, anything else is printed and 1."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF if error.code.bit_length() < _LONG_BITS else 0xFF
    try:
        sys.stderr.write(f"{error.code}\n")
    except BaseException:
        _flush()
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: S112 (the program may have put anything there)
            continue


def _finish(code: int) -> NoReturn:
    """End as the interpreter ends: threads joined, exit handlers run, streams flushed."""
    try:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        atexit._run_exitfuncs()
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException as error:
        _complain(error)
    _flush()
    os._exit(code)
