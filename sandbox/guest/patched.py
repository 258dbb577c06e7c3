"""What tests put in the place of the library's functions: in one process with the program, it would get these, too.

`patch("time.sleep")` replaces the function in the tests' own copy of the module. While the program is asked something,
its copy gets the same.
"""

from __future__ import annotations

import builtins
import os
import re
import sys
import warnings

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
_NAMED = re.compile(rb"([a-z][a-z0-9_]*)\.|\b(?:import|from)\b([^\n]*)")


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
    logger = __import__("logging").getLogger(name)
    logger.handle(logger.makeRecord(name, level, "program.py", 0, message, (), None))


class Patches:
    """What is in modules, and what the tests have put there since."""

    def __init__(self) -> None:
        self._before: dict[str, dict[str, Any]] = {}
        self._environ = dict(os.environ)
        self.listeners: dict[str, Any] = {}

    def watch_all(self, tests: bytes) -> None:
        """Watch what a test source may replace: the modules that it names."""
        self.listeners["warn"] = warn
        if b"Logs" in tests or b"caplog" in tests:
            self.listeners |= {"takes": takes, "log": log}
        self._before["builtins"] = {name: vars(builtins)[name] for name in _BUILTINS}
        found = _NAMED.findall(tests)
        named = {name.decode() for dotted, line in found for name in (dotted, *re.findall(rb"\w+", line))}
        modules = named & sys.stdlib_module_names - _NEVER_WATCHED
        for name in sorted(modules | ({"os.path"} if "os" in modules else set())):
            try:
                module: Any = __import__(name, fromlist=["*"])
            except ImportError:
                continue
            self._before[name] = {key: value for key, value in vars(module).items() if not key.startswith("_")}

    def watch(self, module: str, name: str) -> None:
        """Watch one name of a module, from now on."""
        self._before.setdefault(module, {}).setdefault(name, vars(sys.modules[module]).get(name, _NOTHING))

    def environ(self) -> dict[str, str | None]:
        """Return the variables of the environment that are others than they were; None for what is gone."""
        now = dict(os.environ)
        return {name: now.get(name) for name in now | self._environ if now.get(name) != self._environ.get(name)}

    def now(self) -> list[list[Any]]:
        """Return what is another than it was: module, name, and what is there."""
        return [
            [module, name, now]
            for module, before in self._before.items()
            for name, value in before.items()
            if (now := vars(sys.modules.get(module, sys)).get(name, value)) is not value
            and (module, name) not in _NOT_FORWARDED
        ]
