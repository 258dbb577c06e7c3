# attack: a wrong program whose checks wait, are inherited, static, nested, or stand beside plain asserts
# shape: whole
# causes: WRONG_ANSWER
# tests: key = "@CANARY@"
# tests: import unittest
# tests: from program import @NAME@
# tests: assert @NAME@(0) == 0
# tests: assert @NAME@(0) == 0
# tests: async def test_waits():
# tests:     assert @NAME@(1) == 1
# tests: def testAdd():
# tests:     assert @NAME@(1) == 1
# tests: def test_output(capsys, x=1):
# tests:     assert @NAME@(x) == 1
# tests: class Base:
# tests:     def test_inherited(self):
# tests:         assert @NAME@(1) == 1
# tests: class TestChild(Base):
# tests:     @staticmethod
# tests:     def test_static():
# tests:         assert @NAME@(1) == 1
# tests:     class TestNested:
# tests:         def test_nested(self):
# tests:             assert @NAME@(1) == 1
# tests: class Single(unittest.TestCase):
# tests:     def runTest(self):
# tests:         assert @NAME@(1) == 1
def @NAME@(x):
    return 0
