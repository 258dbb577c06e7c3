"""Text of strangers on somebody's terminal."""

import sys
import unicodedata

# Control, format (among them the marks that reverse the direction of writing), surrogates, private use, unassigned, and
# separators that are no plain newline: with these a program could repaint the screen or fake a verdict.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def escaped(text: str, *, lines: bool = False) -> str:
    """Return `text` with everything escaped that a terminal would act on.

    Args:
        text: Anything.
        lines: Leave newlines and tabs as they are.
    """
    kept = "\n\t" if lines else ""
    return "".join(
        char if char in kept or unicodedata.category(char) not in _UNSHOWN else _escape(char) for char in text
    )


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def decoded(data: bytes) -> str:
    """Return output of a program for reading: escaped if it goes to a terminal."""
    text = data.decode("utf-8", "backslashreplace")
    return escaped(text, lines=True) if sys.stdout.isatty() else text
