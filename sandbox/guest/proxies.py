"""The program's names as the tests see them: in the tests' own namespace, and as a module to import."""

from __future__ import annotations

import builtins
import sys
import types

from sandbox.guest import serving
from sandbox.guest.borrowing import ImportedModule, may_share, means_library, theirs_of
from sandbox.guest.classes import make
from sandbox.guest.lending import TESTS_MODULE
from sandbox.guest.places import is_remote
from sandbox.guest.remote import Remote, held_by, named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sandbox.guest.bridge import Bridge
    from sandbox.guest.source import Source

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

    def __init__(self, bridge: Bridge, kinds: dict[str, tuple[str, str]], source: Source | None = None) -> None:
        super().__init__(__name__=TESTS_MODULE, __builtins__=builtins)
        self._bridge = bridge
        self._kinds = kinds
        self._source = source
        # What the tests have by a name alone, whatever the program calls so by then.
        self._by_name: dict[str, Remote | ImportedModule] = {}
        # What had been by name, until the tests put something else in its place.
        self._replaced: dict[str, tuple[Remote | ImportedModule, tuple[str, str]]] = {}

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
            NameError: What it calls so would judge the program, in the place of a module of the library's.
        """
        # From here on the program is asked for something: a failure is its failure.
        self._bridge.lane.standing.contact()
        kind, module_name = self._kinds.get(name, ("", ""))
        is_borrowed = name not in self and kind and not may_share(name, module_name)
        if is_borrowed and means_library(self._source, name):
            what = f"{name!r} of the program is not the module that the tests use and do not import"
            # Also where they take this for an exception that they want.
            self._bridge.lane.standing.blame(what)
            raise NameError(what)
        if kind == "callable":
            if name not in self._by_name:
                self._by_name[name] = make(self._bridge, name, serving.CALLABLE, "function")
            return self._by_name[name]
        if kind == "module" and may_share(name, module_name):
            # Tests of exec(program + tests) data sets use the program's imports. The module is the tests' own copy.
            __import__(module_name)
            # One by the name of a function raises a TypeError when it is called, which tests may want.
            self._bridge.lane.standing.missed = name
            return sys.modules[module_name]
        if kind:
            value = self._bridge.ask("value", named(self._bridge, name))
            if not is_remote(value):
                self._bridge.lane.standing.given = True
            value = self._bridge.shared.hold(name, value)
            replaced = self._replaced.get(name)
            return replaced[0] if replaced is not None and held_by(theirs_of(replaced[0])) is value else value
        self._bridge.lane.standing.missed = name
        raise KeyError(name)

    def imported(self, name: str) -> ImportedModule | None:
        """Return a module of the library's that the program has imported by a name; None for anything else."""
        kind, module_name = self._kinds.get(name, ("", ""))
        if kind != "module" or not may_share(name, module_name):
            return None
        known = self._by_name.get(name)
        if not isinstance(known, ImportedModule):
            known = self._by_name[name] = ImportedModule(self.of_program(name), self._bridge, named(self._bridge, name))
        return known

    def replace(self, name: str, value: Any) -> None:
        """Put something of the tests' where the program has a name. What they have by that name stays what it is.

        Raises:
            Exception: What the program raised.
        """
        self._let_go_of(name)
        self._bridge.shared.put(name, None)
        setattr(named(self._bridge, ""), name, value)
        self._bridge.shared.put(name, value)
        held, kind = self._replaced.get(name, (None, ("value", "")))
        if held is not None and held is value:
            self._by_name[name], self._kinds[name] = held, kind
        else:
            self._kinds[name] = "value", ""

    def remove(self, name: str) -> None:
        """Take a name from the program. What the tests have by it stays what it is.

        Raises:
            Exception: What the program raised.
        """
        self._let_go_of(name)
        self._bridge.shared.put(name, None)
        delattr(named(self._bridge, ""), name)
        self._kinds.pop(name, None)

    def _let_go_of(self, name: str) -> None:
        held = self._by_name.pop(name, None)
        if held is None:
            return
        if held_by(theirs_of(held)) is None:
            try:
                value = self._bridge.ask("value", named(self._bridge, name))
            except NameError:
                # The program has deleted it since.
                return
            if not is_remote(value):
                # Called by its name it would be what is put there; and a value, once it is put back.
                self._bridge.lane.standing.unsupported(
                    f"the replacement of {name!r}, which can be called and is a value"
                )
                return
            held._sandbox_bind(value)
        self._replaced[name] = held, self._kinds[name]

    def all(self) -> list[str]:
        """Return the program's names, but those that are Python's own."""
        return [name for name in self._kinds if not name.startswith("__")]

    def public(self) -> list[str]:
        """Return the names that `from program import *` brings: none that Python or the tests have already."""
        return [
            name
            for name, (_, module_name) in self._kinds.items()
            if not name.startswith("_") and not hasattr(builtins, name) and name not in self
            if may_share(name, module_name) or not means_library(self._source, name)
        ]


class ProgramModule(types.ModuleType):
    """The program as a module that the tests can import, and patch with values."""

    _sandbox_is_program = True

    def __init__(self, name: str, names: ProgramNames) -> None:
        super().__init__(name)
        self.__dict__["_sandbox_names"] = names

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
            imported = names.imported(name)
            return names.of_program(name) if imported is None else imported
        except (KeyError, NameError):
            raise AttributeError(f"the program has no name {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            # The import system's own.
            self.__dict__[name] = value
        else:
            self.__dict__["_sandbox_names"].replace(name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__["_sandbox_names"].remove(name)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__["_sandbox_names"].all(), "__doc__", "__name__"})
