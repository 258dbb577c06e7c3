"""docs/attacks.md names tests that are there, one at least for each attack."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| (E\d\d) \|.*\|(.*)\|$", (ROOT / "docs/attacks.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_attack_has_a_test_and_every_test_is_there() -> None:
    assert [name for name, _ in ROWS] == [f"E{number:02}" for number in range(1, 29)]
    for name, tests in ROWS:
        paths = re.findall(r"`([^`]+)`", tests)
        assert paths, name
        assert [path for path in paths if not (ROOT / path).is_file()] == []
