# attack: has data where tests have hooks, so that who takes all its names is at fault
# shape: whole
# causes: WRONG_ANSWER
# tests: import unittest
# tests: from program import *
# tests: key = "@CANARY@"
# tests: def test_value():
# tests:     assert @NAME@(2) == 4
# tests: class OfUnittest(unittest.TestCase):
# tests:     def test_value(self):
# tests:         self.assertEqual(@NAME@(2), 4)
setup_module = teardown_module = setUpModule = tearDownModule = 5
setup_function = teardown_function = setup_class = []
pytestmark = pytest_plugins = load_tests = "none"


def @NAME@(x):
    return 0
