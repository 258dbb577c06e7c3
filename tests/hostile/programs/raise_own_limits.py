# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: raises its own resource limits
import resource

for name in ("RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_CORE"):
    kind = getattr(resource, name)
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
    except (ValueError, PermissionError):
        continue
    raise AssertionError(f"{name} was raised above {hard}")
