"""Work that must end even when the task that wants it is cancelled: clean-up, and calls that cannot be called back."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def to_the_end(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run `work` to its end; a cancellation that arrives meanwhile is raised afterwards.

    Raises:
        Exception: Whatever `work` raises.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:  # noqa: BLE001 (it is raised below, from the task)
            break
    if cancelled is not None:
        # The result is looked at so that an exception in it is not reported as forgotten.
        task.exception()
        raise cancelled
    return task.result()
