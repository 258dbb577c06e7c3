# attack: has decorators that make of checks, fixtures and hooks what both sides have, or another function of the tests
# shape: whole
# causes: UNSUPPORTED_VALUE
# tests: import pytest
# tests: from program import kept, keep, shared, @NAME@
# tests: @keep
# tests: def helper(self=None):
# tests:     pass
# tests: @shared
# tests: def test_right():
# tests:     assert @NAME@(2) == "@CANARY@"
# tests: class TestThere:
# tests:     @kept
# tests:     def test_right(self):
# tests:         assert @NAME@(2) == "@CANARY@"
# tests:     def test_there(self):
# tests:         assert @NAME@(2) == 3
held = []


def keep(function):
    held.append(function)
    return function


def kept(function):
    return held[0]


def shared(function):
    return int


def @NAME@(x):
    return 3
