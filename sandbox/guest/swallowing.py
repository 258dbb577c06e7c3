"""Which checks are never made, when a context of the program's swallows what was raised in a statement of the tests.

The program decides what its `__exit__` returns, and whether what it was asked for in there raises: by both together it
could have the tests leave the statement before their assertions.
"""

from __future__ import annotations

import _ast

from sandbox.guest.source import FILE_NAME, nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    import types
    from typing import Any

    from sandbox.guest.source import Source

_CALLS = (_ast.FunctionDef, _ast.AsyncFunctionDef)


def leaves_out_checks(source: Source, trace: types.TracebackType | None) -> bool:
    """Tell whether assertions of the tests are left out because an exception is swallowed.

    Args:
        source: The tests.
        trace: Where the exception came through, from the with statement on.
    """
    body, is_left = source.body, False
    while trace is not None and not is_left:
        frame = trace.tb_frame
        if frame.f_code.co_filename == FILE_NAME:
            # A frame that is on its way out of the with statement is at the line of that.
            left = _with(body, frame.f_lineno, trace.tb_lineno) or _innermost(body, _CALLS, trace.tb_lineno)
            is_left = left is not None and _has_checks(body, left, trace.tb_lineno)
        trace = trace.tb_next
    return is_left


def _with(body: list[Any], header: int, line: int) -> Any:
    """Return the with statement that begins around one line and has another one in it."""
    found = [
        node
        for node in nodes(body)
        if isinstance(node, (_ast.With, _ast.AsyncWith))
        and node.lineno <= header <= max(node.lineno, node.body[0].lineno - 1)
        and node.body[0].lineno <= line <= (node.end_lineno or 0)
    ]
    return max(found, key=lambda node: node.lineno, default=None)


def _innermost(body: list[Any], kinds: tuple[type, ...], line: int) -> Any:
    found: list[Any] = [node for node in nodes(body) if isinstance(node, kinds)]
    around = [node for node in found if node.lineno <= line <= node.end_lineno]
    return max(around, key=lambda node: node.lineno, default=None)


def _has_checks(body: list[Any], left: Any, line: int) -> bool:
    """Tell whether a statement or function has a check at a line or after it, or in a loop around that line."""
    loops: list[Any] = [node for node in nodes(left.body) if isinstance(node, (_ast.For, _ast.While))]
    start = min((loop.lineno for loop in loops if loop.lineno <= line <= (loop.end_lineno or 0)), default=line)
    helpers = {node.name for node in nodes(body) if isinstance(node, _CALLS) and any(map(_is_check, nodes(node.body)))}
    return any(
        (_is_check(node) or _called(node) in helpers) and node.end_lineno >= start
        for node in nodes(left.body, but_not_in=(*_CALLS, _ast.ClassDef))
    )


def _is_check(node: Any) -> bool:
    if isinstance(node, _ast.Assert):
        # What says that this line must not be reached wants it to be left out.
        return not (isinstance(node.test, _ast.Constant) and not node.test.value)
    if isinstance(node, _ast.If):
        return any(isinstance(part, _ast.Raise) for part in node.body)
    return _called(node).lower().startswith("assert")


def _called(node: Any) -> str:
    function = node.func if isinstance(node, _ast.Call) else None
    return getattr(function, "id", "") or getattr(function, "attr", "")
