"""What both roles do alike: messages of values with references, and the copying back of what a call changed in place.

A call's message has containers, numbered as they come. Whoever is called may change them, and names in its answer
those that changed, with their new content; the caller writes it into its own. Both use this for the calls of the tests
and for the calls back from the program.
"""

from __future__ import annotations

import _operator

from sandbox.guest import arrays, tables, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_FIXED: tuple[type, ...] = (tuple, frozenset, type({}.keys()), type({}.values()), type({}.items()))


def look_at(containers: Sequence[Any]) -> list[Any]:
    """Note what containers hold, for `changes`."""
    return [None if isinstance(container, _FIXED) else _content(container) for container in containers]


def changes(containers: Sequence[Any], before: list[Any]) -> list[list[Any]]:
    """Return the number and the content of each container that does not hold any more what it did.

    What is in a container is compared by identity: that a part changed is for that part's own number to say.
    """
    found = []
    for number, (container, old) in enumerate(zip(containers, before, strict=True)):
        if old is None:
            continue
        new = _content(container)
        if arrays.is_array(container) and len(new) != len(old):
            raise values.UnsupportedValueError("an array that was resized in place")
        if new != old if isinstance(new, bytes) else len(new) != len(old) or not all(map(_operator.is_, new, old)):
            found.append([number, new])
    return found


def apply(found: Any, containers: Sequence[Any]) -> None:
    """Write changes into one's own containers.

    Raises:
        MalformedValueError: They are not what `changes` returns.
    """
    if type(found) is not list:
        raise values.MalformedValueError("changes that are none")
    for change in found:
        if type(change) is not list or len(change) != 2 or type(change[0]) is not int:
            raise values.MalformedValueError("a change that is none")
        number: int = change[0]
        content = change[1]
        if not 0 <= number < len(containers) or isinstance(containers[number], _FIXED):
            raise values.MalformedValueError("a change of what cannot change")
        container = containers[number]
        is_array, is_table = arrays.is_array(container), tables.is_table(container)
        if type(content) is not (bytes if is_array or is_table or isinstance(container, bytearray) else list):
            raise values.MalformedValueError("a change to something else")
        try:
            if is_array:
                arrays.refill(container, bytes(content))
                continue
            if is_table:
                tables.refill(container, values.decode(bytes(content)))
                continue
            if isinstance(container, dict):
                content = values.pairs(list(content))
            elif isinstance(container, set):
                content = set(content)
            values.refill(container, content)
        except (TypeError, ValueError) as error:
            raise values.MalformedValueError(str(error)) from None


def _content(container: Any) -> Any:
    if isinstance(container, bytearray):
        return bytes(container)
    if arrays.is_array(container):
        return container.tobytes()
    if tables.is_table(container):
        return values.encode(container)
    if isinstance(container, dict):
        return [part for pair in container.items() for part in pair]
    return list(container)
