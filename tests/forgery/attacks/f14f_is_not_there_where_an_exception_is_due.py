# attack: has nothing, where tests want nothing but an exception
# shape: whole
# causes: EXCEPTION
# tests: import unittest
# tests: class TestErrors(unittest.TestCase):
# tests:     def test_raises(self):
# tests:         with self.assertRaises(Exception, msg="@CANARY@"):
# tests:             @NAME@(2)
other = None
