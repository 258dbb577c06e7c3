"""The programs of the probes, as text: they run in boxes, never here.

Two kinds. Those that attack what the host can see (CPU time, wall time, memory, output) end by being stopped; whoever
reads the counters from outside judges them. Those that look at what only the guest can see print one line for each
check: its name, `ok` or `bad` or `lost`, and what was seen, with tabs between. They are our own, so their word counts.

None of them hurts a machine whose limits do not bind: every loop has an end of its own.
"""

from collections.abc import Iterable, Mapping

LANGUAGE = "python"

SPIN = """
# Uses CPU time in WANT["spinners"] processes at once.
import os, time

end = time.monotonic() + WANT["seconds_max"]
try:
    for _ in range(WANT["spinners"] - 1):
        if os.fork() == 0:
            break
except OSError:
    pass  # no more processes are allowed: fewer will do
while time.monotonic() < end:
    for _ in range(1_000_000):
        pass  # without a system call: so processes get in nobody's way but each other's
"""

SLEEP = """
# Uses no CPU time and does not end.
import time

time.sleep(WANT["seconds_max"])
"""

FUNCTIONS = """
# For tests that have limits of their own.
import time

def spin():
    end = time.monotonic() + WANT["seconds_max"]
    while time.monotonic() < end:
        pass

def sleep():
    time.sleep(WANT["seconds_max"])
"""

STUBBORN = """
# Ignores every signal that can be ignored, multiplies, and stops itself, children first.
import os, signal

for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass  # SIGKILL and SIGSTOP
try:
    for _ in range(WANT["children"]):
        if os.fork() == 0:
            break
except OSError:
    pass  # no more processes are allowed: fewer will do
os.kill(os.getpid(), signal.SIGSTOP)
"""

TOUCH = """
# Touches every page of WANT["memory_bytes"] bytes; in a child if WANT["child"]. Says how many MiB it has got so far.
import mmap, os

MIB = 1024 * 1024
if WANT["child"] and os.fork() != 0:
    os.wait()
else:
    memory = mmap.mmap(-1, WANT["memory_bytes"])
    for offset in range(0, len(memory), mmap.PAGESIZE):
        memory[offset] = 1
        if offset % MIB == 0:
            print(offset // MIB, flush=True)
"""

FLOOD = """
# Writes WANT["output_bytes"] bytes to descriptor WANT["stream"].
import os

block, left = b"x" * 65536, WANT["output_bytes"]
while left > 0:
    left -= os.write(WANT["stream"], block)
"""

_TOOLS = """
import errno, os, socket, sys, time

words = []

def check(name, look):
    try:
        good, seen = look()
        word = "ok" if good else "bad"
    except Exception as error:
        word, seen = "lost", repr(error)
    words.append(word)
    print(name, word, seen, sep="\\t", flush=True)

def refusal(action, *arguments):
    # The name of the error that an action is refused with; "done" if it is not refused.
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    return "done"

def status_of_this_process():
    lines = open("/proc/self/status").read().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
"""

_PROCESSES_MAX = """
def processes_max():
    limit, children, end = WANT["processes_max"], [], "no end"
    hold, release = os.pipe()
    try:
        while len(children) < 2 * limit + 8:
            pid = os.fork()
            if pid == 0:
                os.close(release)
                os.read(hold, 1)  # returns when the parent has let go
                os._exit(0)
            children.append(pid)
    except OSError as error:
        end = errno.errorcode[error.errno]
    os.close(release)
    for pid in children:
        os.waitpid(pid, 0)
    at_once = len(children) + 1  # with this one
    return at_once == limit and end == "EAGAIN", f"{at_once} at once, then {end}"

check("processes_max", processes_max)
"""

_OPEN_FILES_MAX = """
def open_files_max():
    limit, mine, end = WANT["open_files_max"], [], "no end"
    inherited = len(os.listdir("/proc/self/fd")) - 1  # one is the listing's
    try:
        while len(mine) < 2 * limit + 8:
            mine.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        end = errno.errorcode[error.errno]
    for descriptor in mine:
        os.close(descriptor)
    at_once = inherited + len(mine)
    return at_once == limit and end == "EMFILE", f"{at_once} at once, then {end}"

check("open_files_max", open_files_max)
"""

_DISK_BYTES = """
def fill(folder, limit):
    if limit > WANT["fill_bytes_max"]:
        # It counts against memory, and there is not so much of it.
        shape = os.statvfs(folder)
        size = shape.f_blocks * shape.f_frsize
        return size <= limit, f"{size} bytes, as the kernel inside says; not filled"
    path, block, written, end = folder + "/fill", bytes(65536), 0, "no end"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        while written < 2 * limit + len(block):
            written += os.write(descriptor, block)
    except OSError as error:
        end = errno.errorcode[error.errno]
    os.close(descriptor)
    os.unlink(path)
    # Whole pages; and a tenth may be spent on keeping books.
    fits = limit * 9 // 10 <= written <= -(-limit // 4096) * 4096
    return fits and end == "ENOSPC", f"{written} bytes, then {end}"

check("disk_bytes", lambda: fill("/tmp", WANT["disk_bytes"]))
check("shm_bytes", lambda: fill("/dev/shm", WANT["shm_bytes"]))
"""

_NETWORK = """
def network():
    targets = [
        (socket.AF_INET, ("192.0.2.1", 80)),  # reserved for documentation
        (socket.AF_INET, ("169.254.169.254", 80)),  # where clouds keep secrets
        (socket.AF_INET6, ("2001:db8::1", 80)),  # reserved for documentation
    ]
    try:
        interfaces = sorted(name for _, name in socket.if_nameindex())
    except OSError:
        interfaces = None  # the policy denies sockets
    reached, begun = [], time.monotonic()
    for family, address in targets:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                with socket.socket(family, kind) as plug:
                    plug.settimeout(1)
                    plug.connect(address)
                    plug.send(b"x")
                    reached.append(address[0])
            except TimeoutError:
                reached.append(address[0] + " (no answer, but no refusal)")
            except OSError:
                pass
    try:
        reached.append("DNS: " + socket.getaddrinfo("example.com", 80)[0][4][0])
    except OSError:
        pass
    seconds = time.monotonic() - begun
    names = "not shown" if interfaces is None else ", ".join(interfaces) or "none"
    seen = f"interfaces: {names}; reached: {', '.join(reached) or 'nothing'}; refused within {seconds:.1f} s"
    return set(interfaces or ()) <= {"lo"} and not reached and seconds < WANT["refusal_seconds_max"], seen

check("network", network)
"""

_READ_ONLY_ROOT = """
def create(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    os.unlink(path)

def overwrite(path):
    os.close(os.open(path, os.O_WRONLY))

def read_only_root():
    own = {"/tmp", "/dev/shm"}  # the two places to write
    written, tried = [], 0
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in own | {"/proc", "/sys"}]
        tried += 1
        if refusal(create, os.path.join(folder, "sandbox-probe")) not in {"EROFS", "EACCES", "EPERM"}:
            written.append(folder)
    for path in (sys.executable, "/etc/passwd", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger"):
        tried += 1
        if refusal(overwrite, path) not in {"EROFS", "EACCES", "EPERM", "ENOENT"}:
            written.append(path)
    if refusal(os.chmod, "/usr", 0o777) == "done":
        written.append("/usr (its mode)")
    return not written, f"{len(written)} of {tried} places can be written: {', '.join(written[:3]) or 'none'}"

check("read_only_root", read_only_root)
"""

_IDENTITY = """
def identity():
    status, kernel = status_of_this_process(), os.uname().release
    capabilities = [name for name in status if name.startswith("Cap") and int(status[name][0], 16) != 0]
    good = (
        status["Uid"] == [str(WANT["uid"])] * 4
        and status["Gid"] == [str(WANT["gid"])] * 4
        and set(status["Groups"]) <= {str(WANT["gid"])}
        and not capabilities
        and status["NoNewPrivs"] == ["1"]
        and refusal(os.setuid, 0) != "done"
        and "gvisor" in kernel
        and kernel != WANT["host_kernel"]
    )
    return good, (
        f"uid {status['Uid'][0]}, gid {status['Gid'][0]}, capabilities: {', '.join(capabilities) or 'none'}, "
        f"no_new_privs {status['NoNewPrivs'][0]}, kernel {kernel}"
    )

check("identity", identity)
"""

_VIEW = """
def view():
    cores, memory = WANT["cores"], WANT["visible_memory_bytes"]
    counted, usable = os.cpu_count(), len(os.sched_getaffinity(0))
    total = next(line for line in open("/proc/meminfo") if line.startswith("MemTotal:"))
    total_bytes = int(total.split()[1]) * 1024
    threads = {name: os.environ.get(name, "not set") for name in WANT["threads"]}
    good = (
        counted <= max(2, cores)  # gVisor never shows fewer than 2
        and usable == cores
        and abs(total_bytes - memory) * 100 <= memory
        and threads == WANT["threads"]
    )
    wishes = ", ".join(f"{name}={value}" for name, value in threads.items())
    return good, f"{counted} cores, {usable} of them to use, {total_bytes} bytes of memory, {wishes}"

check("view", view)
"""

# The last one of a program: if the filter is not on, what follows would be somewhere else.
_SYSTEM_CALLS = """
def system_calls():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(function, *arguments):
        if getattr(libc, function)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), function)

    refused = {
        "mount": refusal(call, "mount", b"none", b"/tmp", b"tmpfs", 0, None),
        "umount": refusal(call, "umount", b"/tmp"),
        "setns": refusal(call, "setns", 0, 0),
        "unshare": refusal(call, "unshare", 0x10000000),  # CLONE_NEWUSER
    }
    # By number: the C library knows few of them by name. Of those denied, and of none that is asked for in earnest.
    for name, number in WANT["denied_calls"].items():
        refused[name] = refusal(call, "syscall", number, 0, 0, 0, 0, 0, 0)
    # Absent where the kernel does not show it.
    mode = status_of_this_process().get("Seccomp", ["not shown"])[0]
    odd = {name: word for name, word in refused.items() if word != "EPERM"}
    seen = ", ".join(f"{name}: {word}" for name, word in odd.items()) or f"{len(refused)} calls tried: EPERM"
    return mode in {"2", "not shown"} and not odd, f"seccomp mode {mode}; {seen}"

check("system_calls", system_calls)
"""

_END = """
sys.exit(0 if set(words) == {"ok"} else 1)
"""

CHECKS: Mapping[str, str] = {
    "open_files_max": _OPEN_FILES_MAX,
    "disk_bytes": _DISK_BYTES,
    "view": _VIEW,
    "identity": _IDENTITY,
    "network": _NETWORK,
    "read_only_root": _READ_ONLY_ROOT,
    "processes_max": _PROCESSES_MAX,
    "system_calls": _SYSTEM_CALLS,
}
"""What only the guest can see. The one named `disk_bytes` checks `shm_bytes`, too."""


def program(text: str, want: Mapping[str, object]) -> bytes:
    """Return a program as a job has it, with the numbers that it works with."""
    return f"WANT = {dict(want)!r}\n{text}".encode()


def checks(names: Iterable[str], want: Mapping[str, object]) -> bytes:
    """Return the program that makes the named checks, one after the other."""
    return program("".join([_TOOLS, *(CHECKS[name] for name in names), _END]), want)
