"""`pytest.mark`: what tests say of a check, a class or all of their checks, and what that means here.

`parametrize`, `skip`, `skipif` and `usefixtures` mean something; all others are kept and mean nothing. `xfail` neither:
a program must not pass by failing a check.
"""

from __future__ import annotations

import types

from sandbox.guest.places import CollectionError, SkippedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MARKS = "_sandbox_marks"


class Mark:
    """A mark, which is put on what it is called with; or takes its arguments, where it is called with others.

    Attributes:
        name: Such as `skip`.
        args: What it was given.
        kwargs: What it was given by name.
    """

    def __init__(self, name: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs or {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Put it on a function or a class, or make one with these arguments."""
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type, staticmethod, classmethod)):
            _put(self, getattr(args[0], "__func__", args[0]))
            return args[0]
        return Mark(self.name, self.args + args, {**self.kwargs, **kwargs})

    def refuse_text(self) -> None:
        """Refuse a condition that is to be evaluated.

        Raises:
            CollectionError: It has one.
        """
        if self.name == "skipif" and any(type(one) is str for one in (*self.args, self.kwargs.get("condition"))):
            raise CollectionError("skipif has a text: give it a condition")

    def look_at(self) -> None:
        """Leave the check out, if that is what the mark says.

        Raises:
            SkippedError: It does.
        """
        first = self.args[0] if self.args else ""
        if self.name == "skip":
            raise SkippedError(str(self.kwargs.get("reason", first)))
        condition = self.kwargs.get("condition", first)
        if self.name == "skipif" and condition:
            raise SkippedError(str(self.kwargs.get("reason", "")))


class Marks:
    """`pytest.mark` itself."""

    def __getattr__(self, name: str) -> Mark:
        if name.startswith("_"):
            raise AttributeError(name)
        return Mark(name)


def _put(mark: Mark, target: Any) -> None:
    setattr(target, _MARKS, [*vars(target).get(_MARKS, ()), mark])


def listed(marks: Any) -> list[Mark]:
    """Return the marks that a `pytestmark`, or a parameter's `marks`, is: one or several."""
    several = marks if isinstance(marks, (list, tuple)) else [marks]
    return [one for one in several if type(one) is Mark]


def marks_of(marked: Any) -> list[Mark]:
    """Return the marks of a function, or those of a class and what it derives from; the nearest first."""
    found: list[Mark] = []
    for one in marked.__mro__ if isinstance(marked, type) else (marked,):
        held = getattr(one, "__dict__", {})
        found += held.get(_MARKS, ())
        found += listed(held.get("pytestmark")) if isinstance(one, type) else ()
    return found
