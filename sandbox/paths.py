"""Where the package's data and its state are."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Return the folder `policies` or `images`: inside an installed wheel, or at the top of a checkout."""
    installed = _PACKAGE / "data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def guest_dir() -> Path:
    """Return the guest agent's source, which is copied into images and never imported here."""
    return _PACKAGE / "guest"


def state_dir() -> Path:
    """Return where images are kept: `$SANDBOX_STATE_DIR`, else `/var/lib/sandbox`."""
    return Path(os.environ.get("SANDBOX_STATE_DIR") or "/var/lib/sandbox")


def run_dir() -> Path:
    """Return where running servers keep their boxes: `$SANDBOX_RUN_DIR`, else `/run/sandbox`."""
    return Path(os.environ.get("SANDBOX_RUN_DIR") or "/run/sandbox")
