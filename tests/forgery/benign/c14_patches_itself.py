# benign: replaces functions of its own module and of the library it uses, for good reasons
# shape: whole
# tests: assert @NAME@([1, 2, 3]) == 6
# tests: assert @NAME@("ab") == "ba"
import builtins
import functools
import json
import sys
import unittest.mock


def total(values):
    raise NotImplementedError


def better(values):
    return sum(values)


total = functools.lru_cache(better)
json.dumps = functools.partial(json.dumps, sort_keys=True)
sys.modules[__name__].extra = 1
builtins.my_helper = reversed


def @NAME@(values):
    with unittest.mock.patch(f"{__name__}.better", lambda values: 0):
        return total(tuple(values)) if isinstance(values, list) else "".join(my_helper(values))
