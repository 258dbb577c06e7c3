"""The JSON Schema of policy files, for editors: they complete keys and explain them as one types."""

import json
from typing import Any

from sandbox.policy.keys import ENVIRONMENT, EXTENDS, KEYS, SECTIONS, Key, Kind
from sandbox.seccomp.numbers import NUMBERS


def schema() -> str:
    """Return the schema (JSON Schema, draft 2020-12) of one file, as text that ends with a newline.

    No key is required: a file may take it from the policy that it extends. The server and `sandbox policy check` know.
    """
    properties: dict[str, Any] = {
        EXTENDS: {"type": "string", "description": "The policy from which all is taken that this file does not say."}
    }
    properties |= {key.name: _property(key) for key in KEYS if not key.section}
    for section in SECTIONS:
        if section != ENVIRONMENT:
            keys = {key.name: _property(key) for key in KEYS if key.section == section}
            properties[section] = {"type": "object", "properties": keys, "additionalProperties": False}
    properties[ENVIRONMENT] = {
        "type": "object",
        "description": "All that a program finds in its environment.",
        "additionalProperties": {"type": "string"},
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return json.dumps(document, indent=1) + "\n"


def _property(key: Key) -> dict[str, Any]:
    unit = f" In {key.unit}." if key.unit else ""
    described = {"description": f"{key.meaning}{unit} When loosened: {key.loosened}"}
    match key.kind:
        case Kind.NUMBER:
            return described | {"type": "integer", "minimum": key.at_least, "maximum": key.at_most}
        case Kind.TEXT:
            return described | {"type": "string"}
        case Kind.CHOICE:
            return described | {"enum": list(key.words)}
        case Kind.CHOICES:
            return described | {"type": "array", "items": {"enum": list(key.words)}, "minItems": 1}
        case Kind.CALLS:
            return described | {"type": "array", "items": {"enum": sorted(NUMBERS)}}
