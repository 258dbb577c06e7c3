# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: modules that exist only when they are asked for, one after the other without end
# limits: cpu_time_ms=300 wall_time_ms=30000
import importlib
import importlib.machinery
import itertools
import sys


class Generous:
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.startswith("endless") else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.data = bytes(100)


sys.meta_path.insert(0, Generous())
for number in itertools.count():
    importlib.import_module(f"endless{number}")
    del sys.modules[f"endless{number}"]
