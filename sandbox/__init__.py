"""Runs programs nobody trusts, each in its own gVisor box, and says whether they pass their tests.

The names below are all that a client needs; they work on any operating system::

    from sandbox import Client, Job, SourceTests

    with Client("localhost:50051") as client:
        verdict = client.run(Job(id="a", program=b"def add(a, b): return a + b",
                                 tests=SourceTests(b"assert add(1, 2) == 3")))
        print(verdict.status, verdict.cause)

`sandbox.local()` starts a private server on this machine (Linux, root, gVisor) and gives its client.
"""

import importlib
from typing import TYPE_CHECKING

from sandbox.version import VERSION as __version__  # noqa: N811 (the name that tools look for)

if TYPE_CHECKING:
    from sandbox.client.aio import AsyncClient
    from sandbox.client.local import local
    from sandbox.client.sync import Client
    from sandbox.diagnostics import Diagnostics
    from sandbox.errors import JobRefusedError, SandboxError, ServiceFaultError
    from sandbox.job import CallCase, CallTests, Case, CaseTests, Comparator, Job, NoTests, SourceTests
    from sandbox.limits import Limits, RequestedLimits
    from sandbox.verdict import Cause, Integrity, ServiceError, ServiceErrorCode, Status, Verdict

# Imported when they are first asked for: `sandbox --help` and the server's own parts need no gRPC client.
_HOMES = {
    "AsyncClient": "sandbox.client.aio",
    "CallCase": "sandbox.job",
    "CallTests": "sandbox.job",
    "Case": "sandbox.job",
    "CaseTests": "sandbox.job",
    "Cause": "sandbox.verdict",
    "Client": "sandbox.client.sync",
    "Comparator": "sandbox.job",
    "Diagnostics": "sandbox.diagnostics",
    "Integrity": "sandbox.verdict",
    "Job": "sandbox.job",
    "JobRefusedError": "sandbox.errors",
    "Limits": "sandbox.limits",
    "NoTests": "sandbox.job",
    "RequestedLimits": "sandbox.limits",
    "SandboxError": "sandbox.errors",
    "ServiceError": "sandbox.verdict",
    "ServiceErrorCode": "sandbox.verdict",
    "ServiceFaultError": "sandbox.errors",
    "SourceTests": "sandbox.job",
    "Status": "sandbox.verdict",
    "Verdict": "sandbox.verdict",
    "local": "sandbox.client.local",
}

__all__ = [
    "AsyncClient",
    "CallCase",
    "CallTests",
    "Case",
    "CaseTests",
    "Cause",
    "Client",
    "Comparator",
    "Diagnostics",
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


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
