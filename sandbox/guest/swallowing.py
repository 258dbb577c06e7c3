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

_OF_PYTEST = frozenset({"raises", "warns"})
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
    names = _names_of_checks(body)
    inside = (node for node in nodes(left.body, but_not_in=(*_CALLS, _ast.ClassDef)) if _is_check(node, names))
    # Such as `with Store() as it, pytest.raises(KeyError)`.
    beside = (_is_check(item.context_expr, names) for item in getattr(left, "items", ()))
    return any(node.end_lineno >= start for node in inside) or any(beside)


def _names_of_checks(body: list[Any]) -> set[str]:
    """Return the names of the tests' functions that check something, and of pytest's that it imports."""
    imports = (node for node in nodes(body) if isinstance(node, _ast.ImportFrom) and node.module == "pytest")
    names = {one.asname or one.name for node in imports for one in node.names if one.name in _OF_PYTEST}
    functions = [node for node in nodes(body) if isinstance(node, _CALLS)]
    while more := {
        function.name
        for function in functions
        if function.name not in names and any(_is_check(node, names) for node in nodes(function.body))
    }:
        names |= more
    return names


def _is_check(node: Any, names: set[str]) -> bool:
    if isinstance(node, _ast.Assert):
        # What says that this line must not be reached wants it to be left out.
        return not _is_false(node)
    if isinstance(node, (_ast.If, _ast.Try)):
        # What fails on a condition; or where nothing was raised that its handlers take.
        return any(map(_fails, [*node.body, *node.orelse]))
    if isinstance(node, (_ast.With, _ast.AsyncWith)):
        return any(_is_check(item.context_expr, names) for item in node.items)
    called = _called(node)
    is_of_pytest = called in _OF_PYTEST and getattr(getattr(node.func, "value", None), "id", "") == "pytest"
    return is_of_pytest or called in names or called.lower().startswith("assert")


def _is_false(node: Any) -> bool:
    return isinstance(node.test, _ast.Constant) and not node.test.value


def _fails(node: Any) -> bool:
    if isinstance(node, _ast.Assert):
        return _is_false(node)
    return isinstance(node, _ast.Raise) or (isinstance(node, _ast.Expr) and _called(node.value) == "fail")


def _called(node: Any) -> str:
    function = node.func if isinstance(node, _ast.Call) else None
    return getattr(function, "id", "") or getattr(function, "attr", "")
