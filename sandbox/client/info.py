"""What a server says about itself."""

from dataclasses import dataclass

from sandbox.v1 import sandbox_pb2 as pb


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """What a server offers. For people and for sizing; no verdict depends on it.

    Attributes:
        server_version: The server's version, which is the harness version of its receipts.
        backend: What makes its boxes.
        runsc_version: gVisor's version.
        platform: gVisor's platform.
        languages: Versions of the languages, by name.
        policies: Descriptions of the policies, by name.
        slots: Boxes that run at the same time.
        queue_jobs_max: Jobs that may wait for a slot.
        jobs_running: Boxes that ran a job when it answered.
        jobs_queued: Jobs that waited for a slot when it answered.
        cores: Of its machine, those that it may use.
        memory_bytes: Of its machine.
    """

    server_version: str
    backend: str
    runsc_version: str
    platform: str
    languages: dict[str, str]
    policies: dict[str, str]
    slots: int
    queue_jobs_max: int
    jobs_running: int
    jobs_queued: int
    cores: int = 0
    memory_bytes: int = 0


def info_from_wire(message: pb.GetServerInfoResponse) -> ServerInfo:
    """Translate a server's answer."""
    return ServerInfo(
        server_version=message.server_version,
        backend=message.backend,
        runsc_version=message.runsc_version,
        platform=message.platform,
        languages={language.name: language.version for language in message.languages},
        policies={policy.name: policy.description for policy in message.policies},
        slots=message.slots,
        queue_jobs_max=message.queue_jobs_max,
        jobs_running=message.host.jobs_running,
        jobs_queued=message.host.jobs_queued,
        cores=message.host.cores,
        memory_bytes=message.host.memory_bytes,
    )
