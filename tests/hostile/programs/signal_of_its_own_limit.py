# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: sets itself a limit of CPU time that is shorter than ours, to die of SIGXCPU or SIGKILL before we say so
# limits: cpu_time_ms=20000 wall_time_ms=60000
import resource

resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
while True:
    pass
