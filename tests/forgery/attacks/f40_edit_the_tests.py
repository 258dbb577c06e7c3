# attack: looks for the tests, their byte code and the judge, and rewrites what it finds
# shape: action
# causes: WRONG_ANSWER
import glob
import os
import sys

PATTERNS = (
    "/tmp/**/*.py",
    "/opt/**/*.py",
    "/opt/**/*.pyc",
    "/tests*",
    "/**/tests.py",
    "/home/**/*",
    "/proc/*/cwd/*.py",
    "/proc/*/root/opt/sandbox/guest/*.py",
    os.path.dirname(os.__file__) + "/unittest/*.py",
)


def attack() -> None:
    found = [path for pattern in PATTERNS[:4] for path in glob.glob(pattern, recursive=True)]
    found += [path for pattern in PATTERNS[5:] for path in glob.glob(pattern)]
    for path in found[:200]:
        for act in (lambda: open(path, "w").close(), lambda: os.chmod(path, 0o777), lambda: os.unlink(path)):
            try:
                act()
            except OSError:
                pass
        try:
            with open(path, "w") as file:
                file.write("def check(candidate):\n    pass\n")
        except OSError:
            pass
    try:
        os.makedirs("__pycache__", exist_ok=True)
        with open(f"__pycache__/tests.{sys.implementation.cache_tag}.pyc", "wb") as file:
            file.write(bytes(16))
    except OSError:
        pass
