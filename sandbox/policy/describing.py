"""The table of all keys, for people."""

from sandbox.policy.keys import KEYS


def key_table() -> str:
    """Return the keys as a table in Markdown: what each means, in which unit, and what breaks when it is loosened."""
    lines = ["| key | unit | what it decides | when loosened |", "|---|---|---|---|"]
    lines += [f"| `{key.path}` | {key.unit} | {key.meaning} | {key.loosened} |" for key in KEYS]
    return "\n".join(lines) + "\n"
