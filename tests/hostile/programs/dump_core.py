# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: crashes child after child, each wanting a core file, and names the place of core files
import os
import resource
import signal

try:
    with open("/proc/sys/kernel/core_pattern", "w") as file:
        file.write("/tmp/core.%p")
except OSError:
    pass
else:
    raise AssertionError("the pattern of core files could be written")
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
os.chdir("/tmp")
for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGILL, signal.SIGBUS, signal.SIGFPE) * 5:
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), number)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == number
    assert not os.WCOREDUMP(status)
assert os.listdir("/tmp") == [], os.listdir("/tmp")
