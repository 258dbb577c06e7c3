"""What functions of the tests must not do for the program: what it has them called with may reach beyond both sides.

A test that spies on `open` by `patch("builtins.open", wraps=open)` lends the program the tests' own `open`, and a path
such as /proc/self/fd/17 is then the tests' way to the host. Whatever stands between, the interpreter tells.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_REFUSED = (
    "ctypes.", "marshal.", "mmap.", "os.exec", "os.fork", "os.kill", "os.link", "os.posix_spawn", "os.spawn",
    "os.symlink", "os.system", "pickle.", "pty.", "signal.", "subprocess.", "sys.addaudithook", "syslog.",
)  # fmt: skip
"""Events of the interpreter, by what they begin with."""
_KERNEL = ("/proc/", "/dev/", "/sys/")


def guard(is_asked: Callable[[], bool], refuse: Callable[[str], object]) -> None:
    """Watch this process from now on, as long as it is asked something by the program.

    Args:
        is_asked: Tells whether it is.
        refuse: Raises, with what was tried.
    """

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if not is_asked():
            return
        if event == "open":
            if not _is_file(args[0]):
                refuse("a file of the kernel's, or a descriptor, that the program has the tests open")
        elif event.startswith(_REFUSED):
            refuse(f"{event!r}, that the program has the tests do")

    sys.addaudithook(hook)


def _is_file(name: Any) -> bool:
    if isinstance(name, int):
        return False
    # Not by pathlib, which few tests need: 10 ms.
    path = os.path.abspath(os.fsdecode(name))  # noqa: PTH100
    # A link of the kernel's may say that it leads elsewhere: to what has no name any more, for instance.
    ways = path, os.path.realpath(path), os.path.realpath(os.path.dirname(path))  # noqa: PTH120
    return path == "/dev/null" or not any(f"{way}/".startswith(_KERNEL) for way in ways)
