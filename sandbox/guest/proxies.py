"""The program's names as the tests see them: in the tests' own namespace, and as a module to import."""

from __future__ import annotations

import builtins
import sys
import types

from sandbox.guest import serving
from sandbox.guest.lending import TESTS_MODULE
from sandbox.guest.places import is_remote
from sandbox.guest.remote import Remote, make

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sandbox.guest.bridge import Bridge

    _Names = dict[str, Any]
else:
    _Names = dict

PROGRAM_MODULES = ("program", "solution")
"""Names by which tests may import the program."""


_ASKED_FOR = frozenset({"__version__", "__author__"})


class ProgramNames(_Names):
    """The tests' global namespace. What the tests do not define and Python does not either is the program's.

    Python's own names win over the program's: a program that defines `all` or `isinstance` must not redefine them for
    its judge.
    """

    def __init__(self, bridge: Bridge, kinds: dict[str, tuple[str, str]]) -> None:
        super().__init__(__name__=TESTS_MODULE, __builtins__=builtins)
        self._bridge = bridge
        self._kinds = kinds
        self._functions: dict[str, Remote] = {}

    def __missing__(self, name: str) -> Any:
        """Resolve a name that the tests use and do not define.

        Raises:
            KeyError: It is one of Python's own, or nobody has it; the interpreter turns this into NameError.
        """
        if hasattr(builtins, name):
            raise KeyError(name)
        return self.of_program(name)

    def of_program(self, name: str) -> Any:
        """Return what the program calls so.

        Raises:
            KeyError: It has no such name.
        """
        # From here on the program is asked for something: a failure is its failure.
        self._bridge.lane.standing.contact()
        kind, module_name = self._kinds.get(name, ("", ""))
        if kind == "callable":
            if name not in self._functions:
                self._functions[name] = make(self._bridge, name, serving.CALLABLE, "function")
            return self._functions[name]
        if kind == "module" and module_name in sys.stdlib_module_names and not module_name.startswith("_"):
            # Tests of exec(program + tests) data sets use the program's imports. The module is the tests' own copy.
            __import__(module_name)
            return sys.modules[module_name]
        if kind:
            value = self._bridge.ask("value", Remote(self._bridge, name))
            if not (is_remote(value) or isinstance(value, type)):
                self._bridge.lane.standing.given = True
            return value
        raise KeyError(name)

    def add(self, name: str) -> None:
        """Know a name that the tests have given to the program."""
        self._kinds.setdefault(name, ("value", ""))

    def public(self) -> list[str]:
        """Return the names that `from program import *` brings: none that Python or the tests have already."""
        return [
            name
            for name in self._kinds
            if not name.startswith("_") and not hasattr(builtins, name) and name not in self
        ]


class ProgramModule(types.ModuleType):
    """The program as a module that the tests can import, and patch with values."""

    def __init__(self, name: str, names: ProgramNames, bridge: Bridge) -> None:
        super().__init__(name)
        self.__dict__["_sandbox_names"] = names
        self.__dict__["_sandbox_program"] = Remote(bridge, "")

    def __getattr__(self, name: str) -> Any:
        """Look a name of the program up.

        Raises:
            AttributeError: It has no such name.
        """
        names: ProgramNames = self.__dict__["_sandbox_names"]
        if name == "__all__":
            return names.public()
        if name.startswith("__") and name not in _ASKED_FOR:
            # Python and its library look for them, and run what some hold, such as the examples in `__test__`.
            raise AttributeError(f"the program's {name!r} is not shown")
        try:
            return names.of_program(name)
        except (KeyError, NameError):
            raise AttributeError(f"the program has no name {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            # The import system's own.
            self.__dict__[name] = value
        else:
            setattr(self.__dict__["_sandbox_program"], name, value)
            self.__dict__["_sandbox_names"].add(name)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_sandbox_program"], name)
