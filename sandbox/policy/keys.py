"""Every key that a policy has: what it means, in which unit, what it may be, and what breaks when it is loosened.

One table, from which files are checked, explained and described to editors.
"""

from dataclasses import dataclass
from enum import Enum

from sandbox.diagnostics import Diagnostics
from sandbox.verdict import Integrity

# What every reader of JSON takes for the same whole number.
_VALUE_MAX = 2**53
# What the kernel and the wire keep in 32 bits.
_COUNT_MAX = 2**31 - 1
# Two streams, and 100,000 results, in a message of 16 MiB.
_OUTPUT_BYTES_MAX = 6 * 1024 * 1024
# Of a message of 16 MiB, less a little for all that is neither program nor tests.
_JOB_BYTES_MAX = 15 * 1024 * 1024
_WHOLE_PERCENT = 100
_JOBS_PER_BOX_MAX = 1_000


class Kind(Enum):
    """What a key's value is."""

    NUMBER = "a positive whole number"
    TEXT = "a text"
    CHOICE = "a word"
    CHOICES = "a list of words"
    CALLS = "a list of system calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a policy.

    Attributes:
        section: Its table; empty for those above all tables.
        name: Its name in the table.
        meaning: What it decides.
        loosened: What breaks when it is loosened.
        kind: What its value is.
        unit: Of a number: what it counts.
        at_least: Of a number.
        at_most: Of a number.
        words: The words that a choice has.
    """

    section: str
    name: str
    meaning: str
    loosened: str
    kind: Kind = Kind.NUMBER
    unit: str = ""
    at_least: int = 1
    at_most: int = _VALUE_MAX
    words: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """`section.name`, as messages have it."""
        return f"{self.section}.{self.name}" if self.section else self.name


def _limits(section: str, what: str) -> tuple[Key, ...]:
    return (
        Key(
            section=section,
            name="cpu_time_ms",
            unit="ms",
            meaning=f"CPU time of the whole job, from the first byte of its program on: {what}.",
            loosened="An endless loop holds a slot for as long.",
        ),
        Key(
            section=section,
            name="wall_time_ms",
            unit="ms",
            meaning=f"Wall time, without the time in which others had the CPU; the backstop against sleepers: {what}.",
            loosened="A program that sleeps holds a slot for as long, and its memory with it.",
        ),
        Key(
            section=section,
            name="memory_bytes",
            unit="bytes",
            meaning=f"Memory of the job's processes and of its files under /tmp and /dev/shm: {what}.",
            loosened="Slots times this must fit into the machine, or the machine swaps and every label suffers.",
        ),
        Key(
            section=section,
            name="processes_max",
            unit="processes",
            at_most=_COUNT_MAX,
            meaning=f"Processes and threads that the program may have at once; the next one is EAGAIN: {what}.",
            loosened="Fork bombs take longer to reach their end, and box.host_tasks_max may end the box before that.",
        ),
        Key(
            section=section,
            name="open_files_max",
            unit="files",
            at_most=_COUNT_MAX,
            meaning=f"Open files of each process; the next one is EMFILE: {what}.",
            loosened="Each open file is memory of gVisor's kernel, which counts as the job's.",
        ),
        Key(
            section=section,
            name="disk_bytes",
            unit="bytes",
            meaning=f"Size of /tmp; more is ENOSPC: {what}.",
            loosened="It is memory: above memory_bytes it does not bind, and a full /tmp is MEMORY_LIMIT.",
        ),
        Key(
            section=section,
            name="output_bytes",
            unit="bytes",
            at_most=_OUTPUT_BYTES_MAX if section == "ceilings" else _VALUE_MAX,
            meaning=f"Bytes kept of standard output, and the same again of standard error: {what}.",
            loosened="Verdicts become as large, in the server's memory and on the wire.",
        ),
    )


KEYS: tuple[Key, ...] = (
    Key(
        section="",
        name="description",
        kind=Kind.TEXT,
        meaning="One line for people: what the policy is for.",
        loosened="Nothing.",
    ),
    Key(
        section="",
        name="diagnostics_max",
        kind=Kind.CHOICE,
        words=tuple(level.value for level in Diagnostics),
        meaning="How much a verdict tells who does not ask for less: the cause, counts of checks as well, or texts.",
        loosened="FULL tells expected values and arguments of the tests: a learner comes to know them.",
    ),
    *_limits("defaults", "what a job gets that does not ask"),
    *_limits("ceilings", "what no job may exceed; asking for more is refused, never clamped"),
    Key(
        section="job",
        name="program_bytes_max",
        unit="bytes",
        at_most=_JOB_BYTES_MAX,
        meaning="Size of a program; a larger one is refused.",
        loosened="The server keeps every waiting program in memory.",
    ),
    Key(
        section="job",
        name="tests_bytes_max",
        unit="bytes",
        at_most=_JOB_BYTES_MAX,
        meaning="Size of a job's tests, all cases together; larger ones are refused.",
        loosened="The server keeps the tests of every waiting job in memory.",
    ),
    Key(
        section="job",
        name="cases_max",
        unit="cases",
        at_most=_COUNT_MAX,
        meaning="Cases of one job; more are refused.",
        loosened="A job's verdict has a result for each.",
    ),
    Key(
        section="integrity",
        name="default",
        kind=Kind.CHOICE,
        words=tuple(level.value for level in Integrity),
        meaning="How strongly tests are kept apart from the program when a job does not ask.",
        loosened="SEPARATE_PROCESS has one gVisor kernel around both; whoever breaks that kernel speaks for the tests.",
    ),
    Key(
        section="integrity",
        name="allowed",
        kind=Kind.CHOICES,
        words=tuple(level.value for level in Integrity),
        meaning="What a job may ask for.",
        loosened="With IN_PROCESS, a program can forge its verdict; the verdict says so.",
    ),
    Key(
        section="seccomp",
        name="profile",
        kind=Kind.TEXT,
        meaning="Which system calls programs may make: a file in seccomp/, without its ending.",
        loosened="Each call is code of gVisor's kernel that a program can attack.",
    ),
    Key(
        section="seccomp",
        name="allow",
        kind=Kind.CALLS,
        meaning="System calls that programs may make beside those of the profile.",
        loosened="As for the profile.",
    ),
    Key(
        section="seccomp",
        name="deny",
        kind=Kind.CALLS,
        meaning="System calls that programs may not make, whatever the profile says: EPERM.",
        loosened="As for the profile.",
    ),
    Key(
        section="box",
        name="cpu_quota_percent",
        unit="percent of a core",
        at_most=_COUNT_MAX,
        meaning="CPU quota of a box: 100 is one core.",
        loosened="Slots times this must not exceed the cores, or labels depend on the load.",
    ),
    Key(
        section="box",
        name="wall_time_hard_percent",
        unit="percent of wall_time_ms",
        at_least=_WHOLE_PERCENT,
        meaning="Where the exclusion of time in which others had the CPU ends.",
        loosened="A job on a starved machine holds its slot for as long.",
    ),
    Key(
        section="box",
        name="overhead_memory_bytes",
        unit="bytes",
        meaning="What a box may take before it has its job: gVisor's kernel, the agent, the image's pages. A box that "
        "takes more is refused.",
        loosened="Nothing is given away: how much it was is measured, and added to the job's memory.",
    ),
    Key(
        section="box",
        name="host_tasks_max",
        unit="tasks",
        # gVisor itself needs some thirty.
        at_least=64,
        at_most=_COUNT_MAX,
        meaning="Tasks of the host that a box may have, gVisor's own included; the backstop behind processes_max.",
        loosened="A box that goes wild takes as many of the machine's process ids.",
    ),
    Key(
        section="box",
        name="shm_bytes",
        unit="bytes",
        meaning="Size of /dev/shm, which multiprocessing needs for its locks.",
        loosened="Nothing: it counts against memory.",
    ),
    Key(
        section="box",
        name="output_hard_bytes",
        unit="bytes",
        meaning="Output of one stream that is drained and dropped before the box is killed, cause OUTPUT_LIMIT.",
        loosened="The server copies as many bytes for nothing.",
    ),
    Key(
        section="box",
        name="uid",
        unit="user id",
        at_most=_COUNT_MAX,
        meaning="User of every process in a box. Root, 0, is refused: nothing in a box needs it.",
        loosened="A user id that the host has too would be that user's, should a box's wall ever fall.",
    ),
    Key(
        section="box",
        name="gid",
        unit="group id",
        at_most=_COUNT_MAX,
        meaning="Group of every process in a box.",
        loosened="As for uid.",
    ),
    Key(
        section="box",
        name="start_timeout_ms",
        unit="ms",
        meaning="A box that is not ready by then is lost. The job does not pay for it.",
        loosened="A machine that cannot start boxes says so later.",
    ),
    Key(
        section="box",
        name="jobs_per_box",
        unit="jobs",
        at_most=_JOBS_PER_BOX_MAX,
        meaning="Jobs of one stream that a box serves at most, one after the other, each with processes, namespaces "
        "and files of its own. Jobs with SEPARATE_SANDBOX have boxes of their own whatever this says.",
        loosened="What a program leaves in gVisor's kernel, the next one finds; who breaks out of its processes, but "
        "not out of the box, has the verdicts of the jobs that follow in it.",
    ),
)

ENVIRONMENT = "environment"
"""The table of a box's variables, whose names are free."""

SECTIONS = (*dict.fromkeys(key.section for key in KEYS if key.section), ENVIRONMENT)
"""The tables of a policy."""

EXTENDS = "extends"
"""The key that names the policy from which all is taken that a file does not say itself."""

BY_PATH = {key.path: key for key in KEYS}
