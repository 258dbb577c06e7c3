# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: each module imports the next, which is made when it is asked for
import importlib.machinery
import sys


class Generous:
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.startswith("deeper") else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        __import__(f"deeper{int(module.__name__.removeprefix('deeper')) + 1}")


sys.meta_path.insert(0, Generous())
import deeper0
