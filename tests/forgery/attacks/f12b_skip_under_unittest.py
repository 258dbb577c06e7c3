# attack: raises SkipTest inside of a unittest test that runs all that it finds and counts failures
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER
# tests: import io, unittest
# tests: class Tests(unittest.TestCase):
# tests:     def test_one(self):
# tests:         self.assertEqual(@NAME@(1), "@CANARY@")
# tests:     def test_two(self):
# tests:         self.assertEqual(@NAME@(2), "@CANARY@")
# tests: suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
# tests: result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
# tests: assert result.wasSuccessful() and result.testsRun == 2 and not result.skipped
import unittest


def @NAME@(x):
    raise unittest.SkipTest("not today")
