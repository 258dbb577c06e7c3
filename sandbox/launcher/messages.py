"""What a server may ask of the launcher. Names and numbers; there is no way to say a path, a mount or a command.

One message is one JSON object of at most `REQUEST_BYTES_MAX` bytes. Whatever is not exactly one of these is refused.
"""

import json
import re
from dataclasses import asdict, astuple, dataclass, fields
from enum import StrEnum
from typing import Any

from sandbox.boxes.counters import Counters
from sandbox.errors import BackendError, ImageError, SandboxError
from sandbox.limits import LIMIT_NAMES, Limits
from sandbox.policy.files import NAME

REQUEST_BYTES_MAX = 4_096
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_BOX_ID = re.compile(r"[0-9a-f]{4,64}(-[0-9a-f]{4,64})?")
_LIMIT_MAX = 2**53


class MessageError(SandboxError):
    """What arrived is no request."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who are you, and what have you got?"""


@dataclass(frozen=True, slots=True)
class Reload:
    """Read your policies again."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of this box?"""

    box_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Make a box. The answer comes with the box's own channel, on which all else is said.

    Attributes:
        policy: Its name.
        policy_digest: The version of it that the server means; another one is not used in its place.
        language: Its name.
        limits: The job's; checked against the policy's ceilings.
        alone: Whether nothing is to be made ready beside it, and it is not to have waited itself.
    """

    policy: str
    policy_digest: str
    language: str
    limits: Limits
    alone: bool = False


Request = Hello | Reload | Remains | Open


class Word(StrEnum):
    """What is asked of a box on its own channel."""

    SETTLE = "settle"
    COUNTERS = "counters"
    KILL = "kill"
    END = "end"
    EPITAPH = "epitaph"


_WORDS: dict[object, Word] = {word.value: word for word in Word}


def read_request(data: bytes) -> Request:
    """Read what a server asks.

    Raises:
        MessageError: It is no request.
    """
    message = _object(data)
    ask = message.pop("ask", None)
    if ask == "hello" and not message:
        return Hello()
    if ask == "reload" and not message:
        return Reload()
    if ask == "remains" and message.keys() == {"box_id"}:
        return Remains(_text(message["box_id"], _BOX_ID))
    if ask == "open" and message.keys() == {"policy", "policy_digest", "language", "limits", "alone"}:
        return Open(
            policy=_text(message["policy"], NAME),
            policy_digest=_text(message["policy_digest"], _DIGEST),
            language=_text(message["language"], NAME),
            limits=_limits(message["limits"]),
            alone=_flag(message["alone"]),
        )
    raise MessageError("no such request")


def read_word(data: bytes) -> tuple[int, Word]:
    """Read what is asked of a box, and the number that the answer is to carry.

    Raises:
        MessageError: It is nothing that can be asked.
    """
    message = _object(data)
    number, word = message.get("number"), message.get("ask")
    if message.keys() != {"number", "ask"} or type(number) is not int or not 0 <= number <= _LIMIT_MAX:
        raise MessageError("no such request")
    if type(word) is not str or word not in _WORDS:
        raise MessageError("no such request")
    return number, _WORDS[word]


def encode_request(request: Request) -> bytes:
    """Return the message of a request."""
    return encode({"ask": type(request).__name__.lower()} | asdict(request))


def encode(message: dict[str, Any]) -> bytes:
    """Return a message."""
    return json.dumps(message, separators=(",", ":")).encode()


def encode_error(error: Exception) -> dict[str, Any]:
    """Return how an error is told."""
    return {"error": str(error), "is_image": isinstance(error, ImageError)}


def decode_answer(data: bytes) -> dict[str, Any]:
    """Read what the launcher answers. It is trusted; what it is not able to do becomes an exception.

    Raises:
        SandboxError: The launcher refused or failed.
    """
    message = _answer(data)
    if "error" in message:
        raise (ImageError if message.get("is_image") else BackendError)(str(message["error"]))
    return message


def decode_event(data: bytes) -> int | None:
    """Read how many boxes are withheld, if that is what a message tells; None for an answer.

    Raises:
        BackendError: It is neither.
    """
    message = _answer(data)
    return int(message["withheld"]) if message.keys() == {"withheld"} else None


def _answer(data: bytes) -> dict[str, Any]:
    try:
        message = json.loads(data)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise BackendError("what a launcher says is not this")
    return message


def encode_counters(counters: Counters) -> list[int | None]:
    """Return counters as they are sent."""
    return list(astuple(counters))


def decode_counters(values: list[Any]) -> Counters:
    """Return counters as they were sent."""
    return Counters(**dict(zip((field.name for field in fields(Counters)), values, strict=True)))


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > REQUEST_BYTES_MAX:
        raise MessageError(f"more than {REQUEST_BYTES_MAX} bytes")
    try:
        message = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise MessageError("no JSON") from None
    if type(message) is not dict:
        raise MessageError("no object")
    return message


def _text(value: object, pattern: re.Pattern[str]) -> str:
    if type(value) is not str or pattern.fullmatch(value) is None:
        raise MessageError("no such name")
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise MessageError("no such request")
    return value


def _limits(value: object) -> Limits:
    if type(value) is not dict or value.keys() != set(LIMIT_NAMES):
        raise MessageError("no limits")
    if not all(type(number) is int and 0 < number <= _LIMIT_MAX for number in value.values()):
        raise MessageError("no limits")
    return Limits(**value)
