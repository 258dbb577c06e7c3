# attack: finders and hooks that rewrite every module at its import
# shape: action
# causes: WRONG_ANSWER
import importlib.abc
import importlib.machinery
import sys


class Rewriting(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name in ("linecache", "traceback", "threading"):
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.isclose = module.assertEqual = lambda *args, **kwargs: True


def attack() -> None:
    sys.meta_path.insert(0, Rewriting())
    sys.path_hooks.insert(0, lambda path: Rewriting())
    sys.path_importer_cache.clear()
    for name in ("math", "json", "unittest", "inspect", "cmath", "decimal"):
        sys.modules.pop(name, None)
