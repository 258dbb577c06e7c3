"""Modules that tests and program both use: who has the tests' own copy, and under which names.

Tests of exec(program + tests) data sets use what the program has imported. The program says which modules these are,
and must not have its judge use others than the names promise, or its own.
"""

from __future__ import annotations

import sys
import types

from sandbox.guest.places import is_remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sandbox.guest.bridge import Bridge
    from sandbox.guest.remote import Remote
    from sandbox.guest.source import Source

_HARMLESS_MODULES = frozenset({
    "array", "bisect", "calendar", "cmath", "collections", "copy", "datetime", "decimal", "fractions", "functools",
    "heapq", "itertools", "json", "math", "operator", "queue", "random", "re", "statistics", "string", "textwrap",
    "time", "typing",
})  # fmt: skip
"""What a program may call as it likes: nothing of it runs what it is given. `import pickle as p` stays over there."""
_JUDGED_BY = _HARMLESS_MODULES | {"ast", "base64", "hashlib", "inspect", "io", "os", "pickle", "sys", "unittest"}
"""What tests of exec(program + tests) data sets may use without importing it."""
_SHORT_NAMES = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas"}


def may_share(name: str, module_name: str) -> bool:
    """Tell whether tests may be given their own copy of what a program has imported by a name.

    A name that a module of the library has means that module: a program that says `import pickle as json` must not
    have the tests load its pickles.
    """
    if name in _SHORT_NAMES:
        return _SHORT_NAMES[name] == module_name
    is_library = module_name in sys.stdlib_module_names and not module_name.startswith("_")
    return is_library and (
        name == module_name or (module_name in _HARMLESS_MODULES and name not in sys.stdlib_module_names)
    )


def means_library(source: Source | None, name: str) -> bool:
    """Tell whether the tests, by a name that they do not define, mean a module of the library's.

    The program may have anything by this name, and would be asked to judge itself: `math = Liar()`.
    """
    module_name = name if name in _JUDGED_BY else _SHORT_NAMES.get(name, "")
    if source is None or not module_name or not (used := source.attributes_of(name)):
        return False
    try:
        module = __import__(module_name)
    except ImportError:
        # Nor can an honest program have it.
        return True
    return any(hasattr(module, attribute) for attribute in used)


def theirs_of(held: Remote | ImportedModule) -> Remote:
    """Return what stands for the program's own, of a module of the library's or anything else."""
    return held.__dict__["_sandbox_theirs"] if isinstance(held, ImportedModule) else held


class ImportedModule(types.ModuleType):
    """A module of the library's as an attribute of the program.

    It is the tests' own copy; what they put into it, the program has in its copy, too, while it is asked something.
    """

    def __init__(self, own: types.ModuleType, bridge: Bridge, theirs: Remote) -> None:
        super().__init__(own.__name__)
        self.__dict__["_sandbox_own"] = own
        self.__dict__["_sandbox_theirs"] = theirs
        self.__dict__["_sandbox_bridge"] = bridge
        self.__dict__["_sandbox_inner"] = {}
        bridge.stand_for(self, theirs)

    def _sandbox_bind(self, other: Remote) -> None:
        self.__dict__["_sandbox_theirs"]._sandbox_bind(other)
        self.__dict__["_sandbox_bridge"].stand_for(self, other)

    def __getattr__(self, name: str) -> Any:
        """Look a name of the module up."""
        value = getattr(self.__dict__["_sandbox_own"], name)
        if type(value) is not types.ModuleType:
            return value
        inner: dict[str, ImportedModule] = self.__dict__["_sandbox_inner"]
        if name not in inner or inner[name].__dict__["_sandbox_own"] is not value:
            theirs = getattr(self.__dict__["_sandbox_theirs"], name)
            if not is_remote(theirs):
                return value
            inner[name] = ImportedModule(value, self.__dict__["_sandbox_bridge"], theirs)
        return inner[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            # The import system's own.
            self.__dict__[name] = value
            return
        own: types.ModuleType = self.__dict__["_sandbox_own"]
        self.__dict__["_sandbox_bridge"].watched().watch(own.__name__, name)
        setattr(own, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_sandbox_own"], name)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_sandbox_own"])
