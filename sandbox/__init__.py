"""Runs programs nobody trusts, each in its own gVisor box, and says whether they pass their tests.

The names below are all that a client needs; they work on any operating system::

    from sandbox import Client, Job, SourceTests

    with Client("localhost:50051") as client:
        verdict = client.run(Job(id="a", program=b"def add(a, b): return a + b",
                                 tests=SourceTests(b"assert add(1, 2) == 3")))
        print(verdict.status, verdict.cause)

`sandbox.local()` starts a private server on this machine (Linux, root, gVisor) and gives its client.
"""

from sandbox.client.aio import AsyncClient
from sandbox.client.local import local
from sandbox.client.sync import Client
from sandbox.errors import JobRefusedError, SandboxError, ServiceFaultError
from sandbox.job import Case, CaseTests, Job, NoTests, SourceTests
from sandbox.limits import Limits, RequestedLimits
from sandbox.verdict import Cause, Integrity, ServiceError, ServiceErrorCode, Status, Verdict
from sandbox.version import VERSION as __version__  # noqa: N811 (the name that tools look for)

__all__ = [
    "AsyncClient",
    "Case",
    "CaseTests",
    "Cause",
    "Client",
    "Integrity",
    "Job",
    "JobRefusedError",
    "Limits",
    "NoTests",
    "RequestedLimits",
    "SandboxError",
    "ServiceError",
    "ServiceErrorCode",
    "ServiceFaultError",
    "SourceTests",
    "Status",
    "Verdict",
    "__version__",
    "local",
]
