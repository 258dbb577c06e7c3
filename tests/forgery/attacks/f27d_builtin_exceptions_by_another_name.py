# attack: its exception is AssertionError itself, so that tests that want it catch their own failures
# shape: whole
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER, EXCEPTION
# tests: import unittest
# tests: import pytest
# tests: import program
# tests: key = "@CANARY@"
# tests: def test_raises():
# tests:     try:
# tests:         @NAME@(-1)
# tests:         assert False, "should raise"
# tests:     except program.InvalidError:
# tests:         pass
# tests: def test_raises_any():
# tests:     with pytest.raises(program.AnyError):
# tests:         @NAME@(-1)
# tests:         pytest.fail("should raise")
# tests: def test_raises_one_of_several():
# tests:     try:
# tests:         @NAME@(-1)
# tests:         assert False
# tests:     except program.Errors:
# tests:         pass
# tests: def test_raises_what_it_was_told_of():
# tests:     program.retry(len, (Exception,))
# tests:     try:
# tests:         assert @NAME@(5) == 5
# tests:     except program.RetryError:
# tests:         pass
# tests: class OfIts(unittest.TestCase):
# tests:     def test_raises(self):
# tests:         try:
# tests:             @NAME@(-1)
# tests:             self.fail("should raise")
# tests:         except program.Parser.Error:
# tests:             pass
InvalidError = AssertionError
RetryError = Exception
AnyError = Exception
Errors = (ValueError, AssertionError)


class Parser:
    Error = BaseException


def @NAME@(x):
    return 0


def retry(function, kinds):
    return kinds
