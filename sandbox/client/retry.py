"""How patient a client is."""

from dataclasses import dataclass

from sandbox.verdict import ServiceErrorCode

# The server refused before it ran anything, so asking again costs it next to nothing.
NOT_RUN = frozenset({ServiceErrorCode.OVERLOADED, ServiceErrorCode.SHUTTING_DOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to try again, and when to give up. Jobs are pure, so running one twice is safe.

    Attributes:
        losses_max: Times that one job may be lost (with its connection or its box) before that is its result.
        refusals_max: Times that one job may be refused for overload before that is its result.
        reconnects_max: Failures in a row of a server that has answered before, until it counts as gone.
        connects_max: Failures in a row of a server that has never answered, until it counts as not there.
        delay_first_ms: The first pause; each next one is twice as long.
        delay_max_ms: The longest pause.
    """

    losses_max: int = 4
    refusals_max: int = 16
    reconnects_max: int = 8
    connects_max: int = 4
    delay_first_ms: int = 100
    delay_max_ms: int = 5_000

    def delay_s(self, failures: int) -> float:
        """Return the pause, in seconds, after the given number of failures in a row (1 or more)."""
        # The shift is capped too: a client that waits for days must not make numbers of a thousand digits.
        return min(self.delay_max_ms, self.delay_first_ms << min(failures - 1, 20)) / 1000
