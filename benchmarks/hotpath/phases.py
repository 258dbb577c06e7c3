"""What a sample of `perf` says: which process it was, and what that was doing."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_SAMPLE = re.compile(r"(?P<comm>\S.*?)\s+(?P<pid>\d+)/\d+\s*$")
_FRAME = re.compile(r"\s+[0-9a-f]+ (?P<symbol>.+?)(?:\+0x[0-9a-f]+)? \((?P<dso>.*)\)$")
_GO_ROOTS = frozenset({"runtime.goexit.abi0", "runtime.rt0_go.abi0", "runtime.mstart.abi0", "runtime.main"})
_WRAPPERS = frozenset({"sh", "dash", "taskset", "setpriv"})

SENTRY = "gVisor's kernel (the sentry)"
PROGRAM = "processes of agent and program, as the host has them"
COMMAND = "the runsc that was called"
HELPER = "other runsc processes"
WRAPPER = "sh, taskset, setpriv"

_PHASES: Mapping[str, str] = {
    # The first that is found in a stack is its phase.
    "restore: pages": r"workerMain|AsyncPagesFileLoad|AsyncMFLoader",
    "restore: seccomp, which calls are allowed": r"populateCache(.|\n)*afterLoad",
    "restore: objects": r"state\.\(\*decodeState\)|kernel\.\(\*Kernel\)\.LoadFrom|restorer|\)\.Restore$",
    "collecting garbage": r"gcBgMarkWorker|gcStart|bgsweep|bgscavenge|gcAssist",
    "seccomp, which calls are allowed": r"populateCache",
    "copying memory after a fork": r"tryPopulate|isPMACopyOnWrite|safemem\.CopySeq",
    "giving memory back": r"releaserMain",
    "page faults of the program": r"HandleUserFault",
    "fork": r"syscalls/linux\.[Cc]lone|kernel\.\(\*Task\)\.Clone",
    "exec": r"syscalls/linux\.[Ee]xecve",
    "exit": r"runExit|ExitGroup|exitChildren|exitNotify",
    "mounts": r"syscalls/linux\.[Mm]ount",
    "other system calls": r"executeSyscall",
    "switching to the program and back": r"platformContext\)\.Switch|switchToApp",
    "Go: packages' init": r"runtime\.doInit|runtime\.schedinit|rt0_go",
    "start of the platform": r"systrap\.New|createPlatform",
    "start of the kernel": r"sentrycmd\.\(\*Boot\)|boot\.New|boot\.\(\*",
    "the command": r"maincli\.",
    "Go: scheduler": r"runtime\.(findRunnable|schedule|mcall|sysmon|mstart|morestack|systemstack)",
}
_HOST_PHASES: Mapping[str, str] = {
    "system call caught by gVisor": r"seccomp|syscall_user_dispatch",
    "mmap and munmap": r"mmap|munmap",
    "page faults": r"page_fault",
    "the host's kernel, else": r"entry_SYSCALL|asm_|ret_from_fork",
}
_ELSE = "else"
_OWN_CODE = "its own code"


@dataclass(frozen=True, slots=True)
class Sample:
    """One stack.

    Attributes:
        comm: The thread's name.
        pid: The process'.
        symbols: Innermost first.
    """

    comm: str
    pid: int
    symbols: tuple[str, ...]

    @property
    def is_go(self) -> bool:
        """Whether a Go program's thread was here. Programs in boxes are at addresses that have Go's names too."""
        return any(symbol in _GO_ROOTS for symbol in self.symbols[-3:])


def samples(lines: Iterable[str]) -> Iterator[Sample]:
    """Read `perf script -F comm,pid,tid,ip,sym,dso`."""
    head: tuple[str, int] | None = None
    symbols: list[str] = []
    for line in (*lines, ""):
        if frame := _FRAME.match(line):
            symbols.append(frame["symbol"])
        elif found := _SAMPLE.match(line):
            head, symbols = (found["comm"], int(found["pid"])), []
        elif not line.strip() and head is not None:
            yield Sample(*head, tuple(symbols))
            head = None


def tabulate(found: Iterable[Sample], ours: Mapping[int, str], runsc: str) -> Mapping[str, Counter[str]]:
    """Count samples by process, and in it by phase.

    Args:
        found: The samples.
        ours: The names of our own processes, by pid.
        runsc: The name of the binary that is called; what it starts calls itself `exe`.
    """
    by_pid: defaultdict[int, list[Sample]] = defaultdict(list)
    for sample in found:
        by_pid[sample.pid].append(sample)
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pid, those in by_pid.items():
        name = ours.get(pid) or ""
        for sample in those:
            process = name or _process(sample, those, runsc)
            table[process][_phase(sample, process)] += 1
    return table


def _process(sample: Sample, those: list[Sample], runsc: str) -> str:
    if sample.comm in _WRAPPERS:
        return WRAPPER
    if sample.comm == runsc[:15]:
        return COMMAND
    if 2 * sum(each.is_go for each in those) < len(those):
        return PROGRAM
    is_sentry = any("/sentry/" in symbol for each in those for symbol in each.symbols)
    return SENTRY if is_sentry else HELPER


def _phase(sample: Sample, process: str) -> str:
    # Outermost last, as the patterns have it.
    stack = "\n".join(sample.symbols)
    phases = _PHASES if process in {SENTRY, COMMAND, HELPER} else _HOST_PHASES
    otherwise = _ELSE if phases is _PHASES else _OWN_CODE
    return next((name for name, pattern in phases.items() if re.search(pattern, stack, re.MULTILINE)), otherwise)
