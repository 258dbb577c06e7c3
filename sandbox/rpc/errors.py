"""The one table from our exceptions to gRPC's status codes, and the one place that aborts a call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from sandbox.errors import JobRefusedError, OverloadedError, SandboxError, ShuttingDownError
from sandbox.logs import logger

CODES: dict[type[SandboxError], grpc.StatusCode] = {
    JobRefusedError: grpc.StatusCode.INVALID_ARGUMENT,
    OverloadedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ShuttingDownError: grpc.StatusCode.UNAVAILABLE,
}
RETRY_AFTER_METADATA = "retry-after-ms"


@asynccontextmanager
async def translated(context: "grpc.aio.ServicerContext[object, object]") -> AsyncIterator[None]:
    """Turn our exceptions into a status. Others become INTERNAL without their text, which may name paths."""
    try:
        yield
    except grpc.aio.AbortError:
        raise
    except SandboxError as error:
        code = CODES.get(type(error), grpc.StatusCode.INTERNAL)
        if isinstance(error, OverloadedError):
            context.set_trailing_metadata(((RETRY_AFTER_METADATA, str(error.retry_after_ms)),))
        await context.abort(code, str(error))
    except Exception as error:  # noqa: BLE001 (the one boundary: nothing of ours leaves it by accident)
        logger().exception("bug", kind=type(error).__name__)
        await context.abort(grpc.StatusCode.INTERNAL, "a bug in the server; its log says more")
