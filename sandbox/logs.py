"""Structured logs on standard error: one JSON object per line, or readable lines on a terminal.

Program text, test text and output never go into a log: they are the attacker's pen.
"""

import logging
import sys

import structlog


def configure(least: int = logging.INFO) -> None:
    """Set logging up, once, from `main`.

    Args:
        least: The least level that is logged.
    """
    readable = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def logger() -> "structlog.typing.FilteringBoundLogger":
    """Return a logger."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return bound
