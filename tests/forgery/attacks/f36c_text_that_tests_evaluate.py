# attack: annotations, and examples in __test__, that Python's library runs for whoever asks for types or examples
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
# tests: key = "@CANARY@"
# tests: import doctest, typing
# tests: import program
# tests: def test_types():
# tests:     assert typing.get_type_hints(@NAME@) == {"a": int}
# tests: def test_examples():
# tests:     doctest.testmod(program)
# tests:     assert program.@NAME@(1) == 2
EQUAL = "type('A', (type,), {'__eq__': lambda s, o: True, '__hash__': lambda s: 1})('B', (), {})"
__test__ = {"x": ">>> import sys; sys.exit(0)"}


def @NAME@(a):
    return 0


@NAME@.__annotations__ = {"a": EQUAL}
