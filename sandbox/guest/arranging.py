"""The program's side of what tests have arranged: what they put into the library, want to hear, and have seeded."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _hearing_warnings(warn: Callable[[str, Any], None]) -> Callable[[], None]:
    """Have the tests warn of what the program warns of, which it may catch or filter first. Returns what ends that."""
    warnings: Any = __import__("warnings")
    before = warnings.showwarning, warnings.filters[:]

    def show(message: Any, category: Any, *_: Any, **__: Any) -> None:
        warn(str(message), category)

    def unhear() -> None:
        warnings.showwarning, warnings.filters[:] = before
        warnings._filters_mutated()

    warnings.showwarning = show
    # What the tests make of one is theirs to say.
    warnings.filters[:] = [("always", None, Warning, None, 0)]
    warnings._filters_mutated()
    return unhear


def _logging(takes: Callable[[str, int, bool], bool], log: Callable[[str, int, str], None]) -> Callable[[], None]:
    """Have what is logged be logged by the tests, too. Returns what ends that."""
    kind: Any = __import__("logging").Logger
    is_enabled, handle = kind.isEnabledFor, kind.handle

    def is_enabled_there(self: Any, level: int) -> bool:
        return takes(self.name, level, is_enabled(self, level))

    def handle_there(self: Any, record: Any) -> None:
        if is_enabled(self, record.levelno):
            handle(self, record)
        log(record.name, record.levelno, str(record.getMessage()))

    def unhear() -> None:
        kind.isEnabledFor, kind.handle = is_enabled, handle

    kind.isEnabledFor, kind.handle = is_enabled_there, handle_there
    return unhear


def arrange(setting: dict[str, Any]) -> Callable[[], None]:
    """Give the program what the tests have arranged for it. Returns what takes all but the seeds away again."""
    for module, args in setting.get("seeds", ()):
        __import__(module, fromlist=["*"]).seed(*args)
    arranged = [("builtins", "input", setting["input"])] if "input" in setting else []
    arranged += [("sys", "stdin", setting["stdin"])] if "stdin" in setting else []
    places = [
        (vars(__import__(module, fromlist=["*"])), name, value)
        for module, name, value in (*arranged, *setting.get("patched", ()))
    ]
    before = [(place, name, place.get(name, places)) for place, name, _ in places]

    def put(what: list[tuple[dict[str, Any], str, Any]]) -> None:
        for place, name, value in what:
            if value is places:
                place.pop(name, None)
            else:
                place[name] = value

    put(places)
    heard = [_logging(setting["takes"], setting["log"])] if "log" in setting else []
    heard += [_hearing_warnings(setting["warn"])] if "warn" in setting else []
    if not heard and not setting.get("environ"):
        return lambda: put(before)
    environ = __import__("os").environ
    variables = dict(environ)
    for name, value in setting.get("environ", {}).items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value

    def restore() -> None:
        put(before)
        for unhear in heard:
            unhear()
        for name in setting.get("environ", ()):
            environ.pop(name, None)
        environ.update(variables)

    return restore
