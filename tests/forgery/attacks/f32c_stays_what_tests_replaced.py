# attack: has functions that are wrong, one of which tests replace and put back, and hopes that the replacement stays
# shape: whole
# causes: WRONG_ANSWER
# tests: import unittest
# tests: from unittest import mock
# tests: import program
# tests: class TestRates(unittest.TestCase):
# tests:     def test_replaced(self):
# tests:         real = program.rate
# tests:         program.rate = lambda: 3
# tests:         self.assertEqual(program.@NAME@(2), 6)
# tests:         program.rate = real
# tests:         with mock.patch("program.rate", return_value=3):
# tests:             self.assertEqual(program.@NAME@(2), 6)
# tests:         with mock.patch("program.rate", wraps=program.rate) as rate:
# tests:             program.@NAME@(2)
# tests:         rate.assert_called_once_with()
# tests:     def test_there_again(self):
# tests:         self.assertEqual(program.rate(), 3, "@CANARY@")
def rate():
    return 1000


def @NAME@(x):
    return x * rate()
