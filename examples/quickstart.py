"""The library in twenty lines: a private server, one job, one verdict, then many jobs at once.

Needs Linux, root and gVisor; see the README for the installation.
"""

# ruff: noqa: T201 - it is an example, and examples talk
import sandbox

TESTS = sandbox.SourceTests(b"assert add(1, 2) == 3")


def main() -> None:
    """Run one program, then a few at once."""
    with sandbox.local() as client:
        verdict = client.run(sandbox.Job(program=b"def add(a, b): return a + b", tests=TESTS))
        print(verdict.status.value, verdict.cause.value, f"{verdict.usage.cpu_time_ms} ms CPU")

        programs = {
            "right": b"def add(a, b): return a + b",
            "wrong": b"def add(a, b): return a - b",
            "slow": b"def add(a, b):\n    while True: pass",
            "broken": b"def add(a, b: return a + b",
            "forger": b"import os; print('PASSED'); os._exit(0)",
        }
        jobs = [sandbox.Job(id=name, program=program, tests=TESTS) for name, program in programs.items()]
        for result in client.run_many(jobs):
            match result:
                case sandbox.Verdict():
                    print(f"{result.job_id}: {result.status.value} {result.cause.value}")
                case sandbox.ServiceError():
                    print(f"{result.job_id}: not judged, {result.code.value}: {result.message!r}")


if __name__ == "__main__":
    main()
