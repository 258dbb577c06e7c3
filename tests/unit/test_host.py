"""What the kernel lets root do here, as its files say."""

from pathlib import Path

import pytest

from sandbox.host import cpu_pressure_us, may_shift_ids

ALL = "         0          0 4294967295\n"


@pytest.mark.parametrize(
    ("namespaces_max", "uids", "gids", "may"),
    [
        ("92000", ALL, ALL, True),
        ("0", ALL, ALL, False),
        # A container that has few ids of its own, one of whose users is us.
        ("92000", "0 100000 65536\n", ALL, False),
        ("92000", ALL, "0 100000 65536\n", False),
        ("92000", "0 0 1\n1000 1000 4000000\n", ALL, True),
        ("92000", "0 0 1\n1000 1000 65536\n", ALL, False),
        ("92000", "", "", False),
        ("many", ALL, ALL, False),
    ],
)
def test_ids_are_shifted_where_there_are_any(
    namespaces_max: str, uids: str, gids: str, may: bool, tmp_path: Path
) -> None:
    (tmp_path / "sys/user").mkdir(parents=True)
    (tmp_path / "self").mkdir()
    (tmp_path / "sys/user/max_user_namespaces").write_text(namespaces_max)
    (tmp_path / "self/uid_map").write_text(uids)
    (tmp_path / "self/gid_map").write_text(gids)
    assert may_shift_ids(2_000_000, 65_536, tmp_path) is may


def test_no_file_no_shift(tmp_path: Path) -> None:
    assert not may_shift_ids(2_000_000, 65_536, tmp_path)


@pytest.mark.parametrize(
    ("text", "pressure_us"),
    [
        (
            "some avg10=0.00 avg60=1.50 avg300=0.00 total=88430234\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
            88430234,
        ),
        ("", None),
        ("some\n", None),
    ],
)
def test_how_long_anybody_waited_for_a_cpu(text: str, pressure_us: int | None, tmp_path: Path) -> None:
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure/cpu").write_text(text)
    assert cpu_pressure_us(tmp_path) == pressure_us


def test_where_the_kernel_does_not_tell_nobody_knows(tmp_path: Path) -> None:
    assert cpu_pressure_us(tmp_path) is None
