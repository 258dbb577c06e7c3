"""Where checks are written, and what has to be done around them: hooks, of unittest's and pytest's names."""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sandbox.guest.source import Source

    Check = tuple[str, Callable[[], Any]]
    """A name for people, and what to run."""


class SkippedError(Exception):
    """A check that its author does not want to be run. Counted, and no pass."""


class CollectionError(Exception):
    """What looks like a check, or belongs to one, and would never be run."""


class Shared:
    """What several checks have in common, and what takes it down after the last of them."""

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}
        self._undo: list[Callable[[], Any]] = []

    def undo_by(self, call: Callable[[], Any]) -> None:
        """Have something called at the end."""
        self._undo.append(call)

    def undo(self) -> None:
        """Take down what was set up, the last first, all of it."""
        try:
            while self._undo:
                self._undo.pop()()
        finally:
            if self._undo:
                self.undo()


class Tests:
    """A test source that was executed.

    Attributes:
        source: It.
        own: What it has defined, by name.
        shared: What its checks have in common.
    """

    __test__ = False

    def __init__(self, source: Source, own: dict[str, Any]) -> None:
        self.source = source
        self.own = own
        self.shared = Shared()

    def function(self, name: str) -> Any:
        """Return a function that the tests have defined by a name; None where they have not.

        Raises:
            CollectionError: They have something else of this name, which nobody would call.
        """
        value = self.own.get(name)
        if value is None or type(value) is types.FunctionType:
            return value
        # The program may have something of the same name, and the tests may have imported all that it has.
        if not (self.source.defines(name) or self.source.assigns(name)):
            return None
        raise CollectionError(f"{name} is no plain function of the tests': nobody would call it")


class Place:
    """Where a check was written: in the source itself, or in a class.

    Attributes:
        tests: The source.
        function: The check.
        kind: The class that it is a method of, if it is one.
        shared: What the checks of that class have in common.
        one: The object of that class that is under way.
    """

    def __init__(
        self, tests: Tests, function: Any, kind: Any = None, name: str = "", shared: Shared | None = None
    ) -> None:
        self.tests = tests
        self.function = function
        self.kind = kind
        self.shared = shared
        self.one: Any = None
        self._name = name

    def create(self) -> None:
        """Make the object that the check is a method of."""
        if self.kind is not None:
            self.one = self.kind()

    def set_up(self) -> None:
        """Do what is to be done before each check."""
        self._hook("setup_function", "setup_method")

    def take_down(self) -> None:
        """Do what is to be done after each check."""
        self._hook("teardown_function", "teardown_method")

    def _hook(self, of_function: str, of_method: str) -> None:
        if self.kind is None:
            call_hook(self.tests.function(of_function), self.function)
        else:
            call_hook(getattr(self.one, of_method, None), getattr(self.one, self._name))

    @property
    def call(self) -> Callable[..., Any]:
        """The check, to be called."""
        return self.function if self.kind is None else getattr(self.one, self._name)  # type: ignore[no-any-return]

    def run(self) -> None:
        """Run the check to its end."""
        self.create()
        self.set_up()
        try:
            finish(self.call())
        finally:
            self.take_down()


class CasePlace(Place):
    """A method of a test case of unittest's."""

    def create(self) -> None:
        """Make the test case."""
        self.one = self.kind(self._name)

    @property
    def call(self) -> Callable[..., Any]:
        """The check with its setUp, tearDown and cleanups. Unlike run(), debug() lets everything out, skips too."""
        return self.one.debug  # type: ignore[no-any-return]

    def run(self) -> None:
        """Run the check as unittest does."""
        self.create()
        self.call()


def finish(result: Any) -> None:
    """Run to its end what a check has returned, if there is something to be run.

    Raises:
        RuntimeError: It is a generator, of which nothing has been run.
    """
    if type(result) is types.CoroutineType:
        __import__("asyncio").run(result)
    elif type(result) in {types.GeneratorType, types.AsyncGeneratorType}:
        raise RuntimeError("a check that yields has checked nothing")


def is_remote(value: Any) -> bool:
    """Tell whether something is an object of the program."""
    return getattr(type(value), "_sandbox_is_remote", False) is True


def call_hook(hook: Any, *given: Any) -> None:
    """Call what the tests want to be called, if there is such a thing, with as much of what there is as it takes."""
    if hook is not None:
        takes = hook.__code__.co_argcount - isinstance(hook, types.MethodType)
        finish(hook(*given[:takes]))


def class_hook(kind: Any, name: str) -> Any:
    """Return what a class wants to be called; None where there is no such thing.

    Raises:
        CollectionError: It is nothing that could be called.
    """
    hook = getattr(kind, name, None)
    if hook is not None and not isinstance(hook, (types.FunctionType, types.MethodType)):
        raise CollectionError(f"{kind.__qualname__}.{name} is no plain function of the tests': nobody would call it")
    return hook


def around(checks: list[Check], set_up: Callable[[], Any], take_down: Callable[[], Any]) -> list[Check]:
    """Have something done before the first of some checks, and something else after the last."""
    state = {"ready": False, "left": len(checks)}

    def within(run: Callable[[], Any]) -> None:
        state["left"] -= 1
        if not state["ready"]:
            set_up()
            state["ready"] = True
        run()
        if not state["left"]:
            take_down()

    def bound(run: Callable[[], Any]) -> Callable[[], None]:
        return lambda: within(run)

    return [(name, bound(run)) for name, run in checks]


def around_all(checks: list[Check], tests: Tests, namespace: dict[str, Any]) -> list[Check]:
    """Have done what is to be done before and after all checks of a source.

    Raises:
        CollectionError: There is something of a hook's name that nobody would call.
    """
    module = _Module(namespace)
    for name in ("setup_function", "teardown_function"):
        tests.function(name)
    for before, after in (("setup_module", "teardown_module"), ("setUpModule", "tearDownModule")):
        set_up, take_down = tests.function(before), tests.function(after)
        if set_up is not None or take_down is not None:
            checks = around(checks, _calling(set_up, module), _calling(take_down, module))
    if b"addModuleCleanup" in tests.source.text:
        checks = around(checks, _nothing, sys.modules["unittest.case"].doModuleCleanups)
    return around(checks, _nothing, tests.shared.undo)


def around_class(checks: list[Check], kind: Any, shared: Shared) -> list[Check]:
    """Have done what is to be done before and after all checks of a class.

    Raises:
        CollectionError: There is something of a hook's name that nobody would call.
    """
    set_up, take_down = class_hook(kind, "setup_class"), class_hook(kind, "teardown_class")
    for name in ("setup_method", "teardown_method"):
        class_hook(kind, name)
    checks = around(checks, _nothing, shared.undo)
    # One that is no class method is given the class all the same.
    return around(checks, _calling(set_up, kind), _calling(take_down, kind))


def _calling(hook: Any, *given: Any) -> Callable[[], None]:
    return lambda: call_hook(hook, *given)


def _nothing() -> None:
    pass


class _Module:
    """The tests' own module, as hooks get it: its attributes are the names of the source."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        object.__setattr__(self, "_namespace", namespace)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._namespace[name] = value
