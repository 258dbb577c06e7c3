"""What a stack of `perf` is taken for."""

import pytest

from benchmarks.hotpath.phases import (
    COMMAND,
    HELPER,
    PROGRAM,
    SENTRY,
    WRAPPER,
    Sample,
    samples,
    tabulate,
)

KERNEL = ("do_syscall_64", "entry_SYSCALL_64_after_hwframe")
GO = "runtime.goexit.abi0"
MM = "gvisor.dev/gvisor/pkg/sentry/mm.(*MemoryManager)"
TASK = "gvisor.dev/gvisor/pkg/sentry/kernel.(*Task)"

PRINTED = """\
exe 100/101
\tffffffff81 do_syscall_64+0x12 ([kernel.kallsyms])
\t      40d0 gvisor.dev/gvisor/pkg/sentry/kernel.(*Task).run+0x9 (/usr/local/bin/runsc)
\t      4958 runtime.goexit.abi0+0x1 (/usr/local/bin/runsc)

sandbox-launch 7/7
\t      1234 [unknown] (/usr/bin/python3.11 (deleted))

Compositor Thread 9/12

"""


def test_what_perf_prints_is_read() -> None:
    found = list(samples(PRINTED.splitlines()))
    assert found == [
        Sample("exe", 100, ("do_syscall_64", f"{TASK}.run", GO)),
        Sample("sandbox-launch", 7, ("[unknown]",)),
        Sample("Compositor Thread", 9, ()),
    ]


@pytest.mark.parametrize(
    ("symbols", "phase"),
    [
        (
            ("gvisor.dev/gvisor/pkg/sentry/pgalloc.tryPopulateMadv", f"{MM}.HandleUserFault"),
            "copying memory after a fork",
        ),
        ((f"{MM}.getPMAsLocked", f"{MM}.HandleUserFault", f"{TASK}.run"), "page faults of the program"),
        (("gvisor.dev/gvisor/pkg/aio.(*GoQueue).workerMain",), "restore: pages"),
        (("kernel.(*taskSeccomp).populateCache", f"{TASK}.afterLoad"), "restore: seccomp, which calls are allowed"),
        (("kernel.(*taskSeccomp).populateCache", f"{TASK}.Clone"), "seccomp, which calls are allowed"),
        (("runtime.gcDrain", "runtime.gcBgMarkWorker"), "collecting garbage"),
        (("runtime.doInit1", "runtime.main"), "Go: packages' init"),
        ((f"{TASK}.nothing",), "else"),
    ],
)
def test_a_stack_of_the_sentry_has_a_phase(symbols: tuple[str, ...], phase: str) -> None:
    table = tabulate([Sample("exe", 5, (*symbols, "/sentry/", GO))], {}, "runsc")
    assert table == {SENTRY: {phase: 1}}


def test_a_process_is_known_by_its_name_its_number_or_its_stacks() -> None:
    found = [
        Sample("python", 1, ("[unknown]",)),
        Sample("grpc", 1, KERNEL),
        Sample("runsc-symbols-o", 2, ("gvisor.dev/gvisor/runsc/cli/maincli.Main", "runtime.main", GO)),
        Sample("setpriv", 3, KERNEL),
        # A program's addresses have names of Go's too, but its stacks do not begin where Go's do.
        Sample("exe", 4, ("math.pow",)),
        Sample("exe", 4, ("asm_exc_page_fault", "pkg/sentry/kernel.x")),
        Sample("exe", 4, ("x", GO)),
        Sample("exe", 6, ("x", "runtime.main", GO)),
    ]
    table = tabulate(found, {1: "server"}, "runsc-symbols-of-ours")
    assert {process: sum(phases.values()) for process, phases in table.items()} == {
        "server": 2,
        COMMAND: 1,
        WRAPPER: 1,
        PROGRAM: 3,
        HELPER: 1,
    }
    assert table["server"] == {"its own code": 1, "the host's kernel, else": 1}
    assert table[PROGRAM]["page faults"] == 1
    assert table[COMMAND] == {"the command": 1}
