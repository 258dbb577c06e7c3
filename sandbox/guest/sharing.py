"""Containers that the program has by a name and the tests have by that name, too: a registry, a configuration.

In one process both would hold one object. Here each side holds its own, and they are brought into step around each
question: what the tests have changed in theirs is written into the program's before, and the other way round after it.
"""

from __future__ import annotations

from sandbox.guest import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BYTES_MAX = 1 << 16
"""Of a container and all in it, as it crosses. Larger ones are copies, as other values are."""
_KINDS = (list, dict, set)


def fingerprint(container: Any) -> bytes | None:
    """Return what differs when anything in a container does; None if it is none, or is not to be shared."""
    if type(container) not in _KINDS:
        return None
    try:
        found = values.Encoder(lambda item: (values.LOCAL, str(id(item)).encode())).encode(container)
    except Exception:
        return None
    return found if len(found) <= _BYTES_MAX else None


class SharedNames:
    """The tests' side: what they hold, by name, and what it was when both sides were in step."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Any, bytes]] = {}

    def hold(self, name: str, value: Any) -> Any:
        """Share what the program has by a name from now on, if it can be shared.

        Returns: The tests' own container, which may be older.
        """
        known = self._held.get(name)
        if known is not None and fingerprint(known[0]) == fingerprint(value):
            return known[0]
        # The program has another one by now.
        self.put(name, value)
        return value

    def put(self, name: str, value: Any) -> None:
        """Share what the tests have put there, or nothing."""
        found = fingerprint(value)
        if found is None:
            self._held.pop(name, None)
        else:
            self._held[name] = value, found

    def to_send(self) -> list[list[Any]]:
        """Return what a question has to bring: name, container, whether the tests have changed it."""
        found = [[name, held, fingerprint(held) != before] for name, (held, before) in self._held.items()]
        # One that has grown too large is shared no more.
        return [part for part in found if fingerprint(part[1]) is not None]

    def are_in_step(self) -> None:
        """Note what the answer has left."""
        for name, (held, _) in list(self._held.items()):
            self.put(name, held)


class SharedByProgram:
    """The program's side of one of them, around one question."""

    def __init__(self, own: Any, copy: Any, is_changed: bool) -> None:
        self._own = own if type(own) is type(copy) else None
        self._copy = copy
        if is_changed and self._own is not None:
            values.refill(own, copy)
        self._before = fingerprint(self._own), fingerprint(copy)

    def bring_into_step(self) -> None:
        """Have the copy hold what the program's own does; or that what the copy does, if the program was given it."""
        found = fingerprint(self._own), fingerprint(self._copy)
        if found[0] is None or found[0] == found[1]:
            return
        if found[0] == self._before[0] and found[1] is not None and found[1] != self._before[1]:
            values.refill(self._own, self._copy)
        else:
            values.refill(self._copy, self._own)
