"""What tests put in the place of the library's functions: in one process with the program, it would get these, too.

`patch("time.sleep")` replaces the function in the tests' own copy of the module. While the program is asked something,
its copy gets the same.
"""

from __future__ import annotations

import builtins
import os
import re
import sys
import types
import warnings

from sandbox.guest.values import UnsupportedValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BUILTINS = frozenset({"open", "print"})
"""Of Python's own functions: those that do something outside. By the others everything works, on both sides."""
_NOT_FORWARDED = frozenset({
    # The way between both sides, and what reads it; and what has ways of its own: streams, input.
    ("os", "close"), ("os", "dup2"), ("os", "fork"), ("os", "getpid"), ("os", "read"), ("os", "write"),
    ("sys", "stderr"), ("sys", "stdin"), ("sys", "stdout"),
})  # fmt: skip
# Everything works by some; others change by themselves.
_NEVER_WATCHED = frozenset({
    "antigravity", "doctest", "gc", "idlelib", "linecache", "struct", "test", "this", "types", "typing", "unittest",
    "warnings",
})  # fmt: skip
_NOTHING = object()


def warn(message: str, category: Any) -> None:
    """Warn in the tests' process of what the program has warned of."""
    if type(message) is not str or not (isinstance(category, type) and issubclass(category, Warning)):
        raise TypeError("a warning is a text and a class of warnings")
    warnings.warn(message, category, stacklevel=1)


def takes(name: str, level: int, is_enabled: bool) -> bool:
    """Tell whether something that the program would log is to be logged.

    Args:
        name: Its logger.
        level: Its level.
        is_enabled: What the program's own levels say. Levels that the tests have set count for more.
    """
    logger: Any = __import__("logging").getLogger(name)
    while logger.parent is not None and not logger.level:
        logger = logger.parent
    is_set = logger.parent is not None or logger.level != __import__("logging").WARNING
    return level >= logger.level if is_set else is_enabled


def log(name: str, level: int, message: str) -> None:
    """Log in the tests' process what the program has logged."""
    if (type(name), type(level), type(message)) != (str, int, str):
        raise TypeError("a record has a name, a level and a text")
    logger = __import__("logging").getLogger(name)
    logger.handle(logger.makeRecord(name, level, "program.py", 0, message, (), None))


def _beginnings(name: str) -> list[str]:
    """Return the modules of the library that a dotted name may begin with."""
    parts = name.split(".")
    if parts[0] not in sys.stdlib_module_names - _NEVER_WATCHED:
        return []
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


class Patches:
    """What is in modules, and what the tests have put there since."""

    def __init__(self) -> None:
        self._before: dict[str, dict[str, Any]] = {}
        self._classes: dict[type, dict[str, Any]] = {}
        self._environ = dict(os.environ)
        self.listeners: dict[str, Any] = {}

    def watch_all(self, tests: bytes) -> None:
        """Watch what a test source may replace: the modules that it names."""
        self.listeners["warn"] = warn
        if b"Logs" in tests or b"caplog" in tests or b"logging" in tests:
            self.listeners |= {"takes": takes, "log": log}
        self._before["builtins"] = {name: vars(builtins)[name] for name in _BUILTINS}
        words = {word.decode() for word in re.findall(rb"\w+", tests)}
        lines = re.findall(rb"\b(?:import|from)\b([^\n]*)", tests)
        dotted = re.findall(rb"[a-z_]\w*(?:\.[a-z_]\w*)+", tests) + re.findall(rb"[\w.]+", b" ".join(lines))
        for name in sorted({part for one in dotted for part in _beginnings(one.decode())}):
            self._watch_module(name, words)
        if "os" in self._before:
            self._watch_module("os.path", words)
        # Alone of this module: all else there changes by itself.
        self.watch("warnings", "warn")

    def _watch_module(self, name: str, words: set[str]) -> None:
        try:
            module: Any = __import__(name, fromlist=["*"])
        except ImportError:
            return
        if type(module) is not types.ModuleType:
            return
        self._before[name] = {key: value for key, value in vars(module).items() if not key.startswith("_")}
        for key, kind in self._before[name].items():
            if isinstance(kind, type) and key in words:
                self._classes[kind] = {part: value for part, value in vars(kind).items() if part in words}

    def watch(self, module: str, name: str) -> None:
        """Watch one name of a module, from now on."""
        self._before.setdefault(module, {}).setdefault(name, vars(sys.modules[module]).get(name, _NOTHING))

    def environ(self) -> dict[str, str | None]:
        """Return the variables of the environment that are others than they were; None for what is gone."""
        now = dict(os.environ)
        return {name: now.get(name) for name in now | self._environ if now.get(name) != self._environ.get(name)}

    def now(self) -> list[list[Any]]:
        """Return what is another than it was: module, name, and what is there.

        Raises:
            UnsupportedValueError: A class of the library has another method.
        """
        for kind, before in self._classes.items():
            for name, value in before.items():
                if vars(kind).get(name) is not value:
                    raise UnsupportedValueError(f"another {name!r} of the library's {kind.__name__!r}")
        return [
            [module, name, now]
            for module, before in self._before.items()
            for name, value in before.items()
            if (now := vars(sys.modules.get(module, sys)).get(name, value)) is not value
            and (module, name) not in _NOT_FORWARDED
        ]
