# benign: functions, classes and modules that tests replace and put back
# shape: whole
# tests: import os, random, time, unittest
# tests: from unittest import mock
# tests: import program
# tests: from program import rate
# tests: class TestReplaced(unittest.TestCase):
# tests:     def test_function(self):
# tests:         with mock.patch("program.rate", return_value=5) as replaced:
# tests:             self.assertEqual(program.@NAME@(2), 10)
# tests:             replaced.assert_called_once_with()
# tests:         self.assertEqual(program.@NAME@(2), 4)
# tests:         self.assertIs(program.rate, rate)
# tests:     def test_wrapped(self):
# tests:         with mock.patch("program.rate", wraps=program.rate) as replaced:
# tests:             self.assertEqual(program.@NAME@(2), 4)
# tests:         replaced.assert_called_once_with()
# tests:     def test_by_hand(self):
# tests:         real = program.rate
# tests:         program.rate = lambda: 100
# tests:         self.assertEqual(program.@NAME@(2), 200)
# tests:         program.rate = real
# tests:         self.assertEqual((program.rate(), rate(), program.@NAME@(2)), (2, 2, 4))
# tests:     def test_module(self):
# tests:         with mock.patch("program.random") as replaced:
# tests:             replaced.randint.return_value = 9
# tests:             self.assertEqual(program.roll(), 9)
# tests:         self.assertIn(program.roll(), range(1, 7))
# tests:     def test_function_of_a_module(self):
# tests:         with mock.patch("program.random.randint", return_value=8), mock.patch("program.os.path.exists") as exists:
# tests:             exists.return_value = True
# tests:             self.assertEqual((program.roll(), program.is_there("/nowhere")), (8, True))
# tests:         self.assertFalse(program.is_there("/nowhere"))
# tests:     @mock.patch("time.sleep")
# tests:     def test_library(self, sleep):
# tests:         with mock.patch("builtins.open", mock.mock_open(read_data="text")) as opened:
# tests:             self.assertEqual(program.read_slowly("a"), "text")
# tests:         opened.assert_called_once_with("a")
# tests:         sleep.assert_called_once_with(3)
# tests:     def test_environment(self):
# tests:         with mock.patch.dict(os.environ, {"COLOR": "red"}):
# tests:             self.assertEqual(program.color(), "red")
# tests:         self.assertIsNone(program.color())
# tests:     def test_method(self):
# tests:         with mock.patch("program.Rates.now", return_value=1):
# tests:             self.assertEqual(program.Rates().now(), 1)
# tests:         self.assertEqual(program.Rates().now(), 2)
import os
import random
import time


class Rates:
    def now(self):
        return rate()


def rate():
    return 2


def @NAME@(x):
    return x * rate()


def roll():
    return random.randint(1, 6)


def is_there(path):
    return os.path.exists(path)


def read_slowly(path):
    time.sleep(3)
    with open(path) as file:
        return file.read()


def color():
    return os.environ.get("COLOR")
