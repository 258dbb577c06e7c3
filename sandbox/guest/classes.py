"""Classes of the program as the tests see them: real ones, of which its objects are, so that `type(x) is C` holds.

Everything that a class is asked is asked over there, as of any other object.
"""

from __future__ import annotations

from _collections_abc import Mapping

from sandbox.guest import serving
from sandbox.guest.lane import ViolationError
from sandbox.guest.places import is_remote
from sandbox.guest.remote import (
    Remote,
    RemoteCallable,
    annotations_of,
    ask,
    bridge_of,
    documentation_of,
    make_of,
    members_of,
    printable,
    refuse,
    yes_or_no,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sandbox.guest.bridge import Bridge


class _OwnMembers(Mapping):  # type: ignore[type-arg]
    """What a class itself defines, but that which Python and its library look for: they run some of it."""

    def __init__(self, handle: RemoteCallable) -> None:
        self._handle = handle

    def __getitem__(self, name: str) -> Any:
        if name.startswith("__"):
            raise KeyError(name)
        return ask(self._handle, "own_member", name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in ask(self._handle, "own_names") if type(name) is str and not name.startswith("__"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class RemoteType(type):
    """A class of the program.

    Its own `__new__` is called by whoever derives from it, which cannot be.
    """

    _sandbox_is_remote = True
    _sandbox_handle: RemoteCallable
    """Asks for it."""

    def __new__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any], **_: Any) -> RemoteType:
        """Make one, of which Remote alone is the base."""
        for base in bases:
            if isinstance(base, RemoteType):
                refuse(base._sandbox_handle, "a class of the tests that derives from one of the program")
        return super().__new__(cls, name, bases, members)

    @property
    def _sandbox_name(cls) -> Any:
        return object.__getattribute__(cls._sandbox_handle, "_sandbox_name")

    @property  # type: ignore[misc]
    def __dict__(cls) -> Mapping[str, Any]:  # type: ignore[override]
        return _OwnMembers(cls._sandbox_handle)

    @property
    def __doc__(cls) -> str | None:  # type: ignore[override]
        return documentation_of(cls._sandbox_handle)

    @property
    def __annotations__(cls) -> dict[str, Any]:  # type: ignore[override]
        return annotations_of(cls._sandbox_handle)

    @property
    def __bases__(cls) -> tuple[Any, ...]:  # type: ignore[override]
        return cls._sandbox_all("__bases__")

    @property
    def __mro__(cls) -> tuple[Any, ...]:
        return cls._sandbox_all("__mro__")

    @property
    def __dataclass_fields__(cls) -> dict[str, Any]:
        """By name, with nothing but that: what `dataclasses.asdict` and its like need."""
        answer = ask(cls._sandbox_handle, "fields")
        if type(answer) is not list:
            raise AttributeError("__dataclass_fields__")
        dataclasses = __import__("dataclasses")
        fields = {str(name): dataclasses.field() for name in answer}
        for name, one in fields.items():
            one.name, one._field_type = name, dataclasses._FIELD
        return fields

    def _sandbox_all(cls, name: str) -> tuple[Any, ...]:
        answer = ask(cls._sandbox_handle, "attribute", name)
        if type(answer) is not tuple:
            raise AttributeError(name)
        return answer

    @property
    def __signature__(cls) -> Any:
        return cls._sandbox_handle.__signature__

    def __call__(cls, /, *args: Any, **kwargs: Any) -> Any:
        """Make an object of it.

        Raises:
            UnsupportedValueError: It would be a value, and not have the methods that the tests use.
        """
        answer = ask(cls._sandbox_handle, "construct", *args, **kwargs)
        if type(answer) is not list or len(answer) != 2 or type(answer[1]) is not list:
            raise ViolationError("an object of a class that is none")
        made, lost = answer
        source = bridge_of(cls._sandbox_handle).lane.standing.source
        if lost and source is not None and (used := sorted(source.attributes.intersection(map(str, lost)))):
            what = f"a {cls.__name__!r} of the program, which crosses as a value and does not have {used[0]!r} here"
            refuse(cls._sandbox_handle, what)
        return made

    def __getattr__(cls, name: str) -> Any:
        """Ask for an attribute.

        Raises:
            AttributeError: It has none, or it is one that Python itself looks for.
        """
        if name.startswith("_sandbox"):
            raise AttributeError(name)
        return getattr(cls._sandbox_handle, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        setattr(cls._sandbox_handle, name, value)

    def __delattr__(cls, name: str) -> None:
        delattr(cls._sandbox_handle, name)

    def __dir__(cls) -> list[str]:
        return dir(cls._sandbox_handle)

    def __instancecheck__(cls, item: object) -> bool:
        if is_remote(item):
            return yes_or_no(cls._sandbox_handle, "is_instance", item)
        bridge_of(cls._sandbox_handle).lane.standing.given = True
        if object.__getattribute__(cls._sandbox_handle, "_sandbox_flags") & serving.OF_VALUES:
            refuse(cls._sandbox_handle, f"whether a value is a {cls.__name__!r} of the program: it has lost its class")
        # Such as a mock with this specification.
        return type.__instancecheck__(cls, item)

    def __subclasscheck__(cls, kind: object) -> bool:
        bridge_of(cls._sandbox_handle).lane.standing.given = True
        return type(kind) is RemoteType and yes_or_no(cls._sandbox_handle, "is_subclass", kind)

    def __bool__(cls) -> bool:
        return bool(cls._sandbox_handle)

    def __len__(cls) -> int:
        return len(cls._sandbox_handle)

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._sandbox_handle)

    def __reversed__(cls) -> Iterator[Any]:
        return reversed(cls._sandbox_handle)

    def __contains__(cls, item: object) -> bool:
        return item in cls._sandbox_handle

    def __getitem__(cls, key: Any) -> Any:
        return cls._sandbox_handle[key]


_MEMBERS: dict[str, Any] = {"__dict__": property(members_of), "__doc__": property(documentation_of)}
"""With no text of the program's that Python's library would run."""
_classes: dict[tuple[int, str], type[Remote]] = {}
"""Of objects whose class says nothing, by whether they can be called, and by its name."""


def make_class(bridge: Bridge, number: int, flags: int, name: str) -> RemoteType:
    """Make the stand-in of a class."""
    base = RemoteCallable if flags & serving.OF_CALLABLES else Remote
    made: Any = type.__call__(RemoteType, printable(name), (base,), {**_MEMBERS, "__module__": "program"})
    type.__setattr__(made, "_sandbox_handle", make_of(RemoteCallable, bridge, number, flags))
    return made  # type: ignore[no-any-return]


def make(
    bridge: Bridge,
    number: int | str,
    flags: int,
    name: str,
    own_hash: tuple[int | None, ...] = (),
    *,
    kind: type | None = None,
) -> Remote:
    """Make the stand-in of an object, of its class's; or of one that has the name of its class."""
    base: type[Remote] = RemoteCallable if flags & serving.CALLABLE else Remote
    if kind is None or not type.__subclasscheck__(base, kind):
        key = (flags & serving.CALLABLE, name)
        if key not in _classes:
            _classes[key] = type(printable(name), (base,), dict(_MEMBERS))
        kind = _classes[key]
    return make_of(kind, bridge, number, flags, own_hash)  # type: ignore[no-any-return]
