# attack: makes every assertion of unittest hold, and its runs successful
# shape: action
# causes: WRONG_ANSWER
import unittest
import unittest.case
import unittest.mock


def attack() -> None:
    nothing = lambda *args, **kwargs: None
    for name in dir(unittest.TestCase):
        if name.startswith(("assert", "fail")) and name != "failureException":
            setattr(unittest.TestCase, name, nothing)
    unittest.TestCase.failureException = SystemExit
    unittest.TestCase.run = unittest.TestCase.debug = nothing
    unittest.TestResult.wasSuccessful = lambda self: True
    unittest.TestResult.addFailure = unittest.TestResult.addError = unittest.TestResult.addSuccess
    unittest.TestLoader.loadTestsFromModule = lambda *args, **kwargs: unittest.TestSuite()
    unittest.main = unittest.TestProgram = nothing
    unittest.mock._patch.__enter__ = nothing
