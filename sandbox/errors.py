"""What can go wrong that is not the program's fault.

A program's failure is a value (`sandbox.verdict.Verdict`); everything here is ours or the caller's. The two
never share a channel.
"""


class SandboxError(Exception):
    """The root of every error this package raises on purpose. The text says what to do."""


class JobRefusedError(SandboxError):
    """The job is malformed or asks for more than its policy allows. Nothing was run."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class PolicyError(SandboxError):
    """A policy file is missing, incomplete or contradicts itself. The server does not start with it."""


class ImageError(SandboxError):
    """A language's image is missing or could not be built."""


class BackendError(SandboxError):
    """The machinery under us broke, or is not what it must be. The program is not to blame."""


class NotGvisorError(BackendError):
    """A box was made, but its kernel is not gVisor's. Nothing may run in it."""


class AdmissionError(SandboxError):
    """The service cannot take the job now. Trying again later may work."""


class OverloadedError(AdmissionError):
    """As many jobs wait as may wait."""

    def __init__(self, waiting: int, retry_after_ms: int) -> None:
        super().__init__(f"{waiting} jobs wait already; try again in {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class ShuttingDownError(AdmissionError):
    """The server is going away; another one may take the job."""


class ServiceFaultError(SandboxError):
    """Raised by a client's `run` when the service, not the program, failed. Carries the service error."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.retryable = retryable


class UnreachableError(SandboxError):
    """No server answers at the endpoint."""


class ResultFileError(SandboxError):
    """Results cannot be kept. The text names the file."""


class InputFileError(SandboxError):
    """A file of problems or samples is malformed. The text names the file and the line; line 0 is the file itself."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason
