"""Objects of the tests as the program sees them. What one is asked is asked there, while the tests wait."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sandbox.guest.serving import Service


class Foreign:
    """An object of the tests. What it is asked is asked back there, while the tests wait for an answer."""

    def __init__(self, service: Service, number: int) -> None:
        object.__setattr__(self, "_sandbox_service", service)
        object.__setattr__(self, "_sandbox_number", number)


class ForeignCallable(Foreign):
    """One that can be called, and no more."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return _ask_back(self, "call", args, kwargs)


class ForeignObject(Foreign):
    """One whose public attributes may be used."""

    def __getattr__(self, name: str) -> Any:
        """Ask for an attribute."""
        if name.startswith("_"):
            raise AttributeError(name)
        return _ask_back(self, "attribute", (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        _ask_back(self, "set", (name, value))

    def __len__(self) -> int:
        return _ask_back(self, "len")  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return _ask_back(self, "bool")  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Any]:
        return iter(_ask_back(self, "iter"))

    def __enter__(self) -> Any:
        return _ask_back(self, "enter")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        told = () if error is None else tuple(object.__getattribute__(self, "_sandbox_service").raised(error))
        return bool(_ask_back(self, "exit", told))

    def __getitem__(self, key: Any) -> Any:
        return _ask_back(self, "getitem", (key,))

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask_back(self, "setitem", (key, value))

    def __contains__(self, item: Any) -> bool:
        return _ask_back(self, "contains", (item,))  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return _ask_back(self, "str")  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return _ask_back(self, "repr")  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        return self is other or bool(_ask_back(self, "eq", (other,)))

    def __lt__(self, other: object) -> bool:
        return bool(_ask_back(self, "lt", (other,)))

    def __hash__(self) -> int:
        return _ask_back(self, "hash")  # type: ignore[no-any-return]


class ForeignStream(ForeignObject):
    """One that is read item by item, too."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        more, value = _ask_back(self, "next")
        if not more:
            raise StopIteration
        return value


class ForeignCallableObject(ForeignCallable, ForeignObject):
    """One with both."""


def _ask_back(
    foreign: Foreign, operation: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
) -> Any:
    service: Service = object.__getattribute__(foreign, "_sandbox_service")
    return service.ask_back(foreign, operation, args, kwargs or {})


def pull(foreign: Foreign) -> Iterator[Any]:
    """Yield what an iterator of the tests does."""
    while True:
        more, value = _ask_back(foreign, "next")
        if not more:
            return
        yield value
