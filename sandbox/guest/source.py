"""What can be seen of a test source without running it."""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


FILE_NAME = "tests.py"
"""What code of the tests says that it is from."""


class Source:
    """A test source, parsed when somebody asks."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._tree: Any = None

    @property
    def body(self) -> list[Any]:
        """Its statements."""
        if self._tree is None:
            self._tree = compile(self.text, FILE_NAME, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
        return self._tree.body  # type: ignore[no-any-return]

    def sets_attributes(self) -> bool:
        """Tell whether it puts something into what is not its own object: a module, for instance."""
        stores = (_ast.Store, _ast.Del)
        targets = (
            node for node in nodes(self.body) if isinstance(node, _ast.Attribute) and isinstance(node.ctx, stores)
        )
        return any(getattr(target.value, "id", "") not in {"self", "cls"} for target in targets)

    @property
    def attributes(self) -> set[str]:
        """The names that it uses of anything, by dots."""
        return {node.attr for node in nodes(self.body) if isinstance(node, _ast.Attribute)}

    def uses(self, name: str) -> bool:
        """Tell whether it uses what it has defined by a name: then that is a helper, and no check.

        What is below `if __name__ == "__main__"` is never run.
        """
        loads = (node for node in nodes(self.body) if isinstance(node, _ast.Name))
        return any(node.id == name and isinstance(node.ctx, _ast.Load) for node in loads)

    def defines(self, name: str) -> bool:
        """Tell whether it has a function of this name, outside of functions and classes."""
        scopes = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)
        return any(
            isinstance(node, scopes) and not isinstance(node, _ast.ClassDef) and node.name == name
            for node in nodes(self.body, but_not_in=scopes)
        )

    def acts(self) -> bool:
        """Tell whether it asserts, raises or calls anything outside of functions and classes."""
        scopes = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)
        acts = (_ast.Assert, _ast.Raise, _ast.Call)
        return any(isinstance(node, acts) for node in nodes(self.body, but_not_in=scopes))

    def has_method(self, name: str) -> bool:
        """Tell whether a class of it has a method of this name."""
        kinds = (node for node in nodes(self.body) if isinstance(node, _ast.ClassDef))
        functions = (_ast.FunctionDef, _ast.AsyncFunctionDef)
        return any(isinstance(part, functions) and part.name == name for kind in kinds for part in kind.body)

    def decorated(self) -> Iterator[Decorated]:
        """Yield what decorators have got that pytest or unittest look for: checks, classes of them, fixtures, hooks."""
        yield from _decorated(self.body, ())

    def assigns(self, name: str) -> bool:
        """Tell whether it gives a name to something by itself, outside of functions and classes."""
        scopes = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)
        found = nodes(self.body, but_not_in=scopes)
        return any(
            isinstance(node, _ast.Name) and node.id == name and isinstance(node.ctx, _ast.Store) for node in found
        )

    def attributes_of(self, name: str) -> set[str]:
        """Return what it uses of a module, by dots and whatever it calls it, or by importing it."""
        every = list(nodes(self.body))
        imports = [node for node in every if isinstance(node, (_ast.Import, _ast.ImportFrom))]
        called = {name}
        found: set[str] = set()
        for node in imports:
            if isinstance(node, _ast.Import):
                called |= {one.asname for one in node.names if one.name == name and one.asname}
            elif node.module == name and not node.level:
                found |= {one.name for one in node.names if one.name != "*"}
        dotted = (node for node in every if isinstance(node, _ast.Attribute))
        return found | {node.attr for node in dotted if isinstance(node.value, _ast.Name) and node.value.id in called}


def nodes(body: list[Any], but_not_in: tuple[type, ...] = ()) -> Iterator[Any]:
    """Yield what statements consist of, but what is never run."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, but_not_in) or _is_of_main(node):
            continue
        for field in node._fields:
            value = getattr(node, field, None)
            parts = value if isinstance(value, list) else [value]
            waiting += [part for part in parts if isinstance(part, _ast.AST)]


class Decorated:
    """A function or a class that decorators have got.

    Attributes:
        path: The names of the classes that it is in, and its own.
        lines: The first and the last one.
        decorators: The names that its decorators begin with.
    """

    def __init__(self, node: Any, path: tuple[str, ...]) -> None:
        self.path = (*path, node.name)
        self.lines = node.decorator_list[0].lineno, node.end_lineno
        self.decorators = [_first_name(one) for one in node.decorator_list]


def _decorated(body: list[Any], path: tuple[str, ...]) -> Iterator[Decorated]:
    functions = (_ast.FunctionDef, _ast.AsyncFunctionDef)
    scopes = (*functions, _ast.ClassDef)
    for node in nodes(body, but_not_in=scopes):
        if not isinstance(node, scopes):
            continue
        is_fixture = any(_called(one).endswith("fixture") for one in node.decorator_list)
        is_class = isinstance(node, _ast.ClassDef) and any(_called(base).endswith("TestCase") for base in node.bases)
        if node.decorator_list and (is_fixture or is_class or node.name.startswith(_LOOKED_FOR)):
            yield Decorated(node, path)
        if isinstance(node, _ast.ClassDef):
            yield from _decorated(node.body, (*path, node.name))


_LOOKED_FOR = ("test", "Test", "runTest", "setup", "setUp", "teardown", "tearDown", "asyncSetUp", "asyncTearDown")


def _first_name(node: Any) -> str:
    while not isinstance(node, _ast.Name):
        node = getattr(node, "func", None) or getattr(node, "value", None)
        if node is None:
            return ""
    return node.id


def _called(node: Any) -> str:
    node = getattr(node, "func", node)
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _is_of_main(node: Any) -> bool:
    if not isinstance(node, _ast.If) or not isinstance(node.test, _ast.Compare):
        return False
    return isinstance(node.test.left, _ast.Name) and node.test.left.id == "__name__"
