#!/usr/bin/env python3
"""Install OS packages that are missing (Debian and Ubuntu), and run single steps as root.

    scripts/os_packages.py python3-venv mmdebstrap

Does nothing, in milliseconds, when all of them are there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class StepError(Exception):
    """A step failed. The text says what to do."""


def as_root(command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` as root.

    Raises:
        StepError: We are not root, and there is no sudo.
    """
    if os.geteuid() == 0:
        return list(command)
    sudo = shutil.which("sudo")
    if sudo is None:
        raise StepError(f"needs root for: {' '.join(command)}\nRun this as root, or install sudo.")
    return [sudo, *command]


def quietly(command: Sequence[str], *, what: str, advice: str, env: dict[str, str] | None = None) -> str:
    """Run `command`, return its stdout, and show its output only when it fails.

    Raises:
        StepError: It failed. Carries its last lines and the advice.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", env=env, check=False
        )
    except OSError as error:
        raise StepError(f"{what} failed: {error}\n{advice}") from error
    if done.returncode:
        last = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).strip().splitlines()[-15:])
        raise StepError(f"{what} failed (exit code {done.returncode}):\n{last}\n{advice}")
    return done.stdout


def installed(package: str) -> bool:
    """Say whether dpkg has the package installed."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True, check=False
    )
    return done.stdout == "installed"


def available(package: str) -> bool:
    """Say whether apt could install the package. Fetches the package lists when there are none."""
    _need_apt()
    _refresh_lists_once()
    done = subprocess.run(["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False)
    return done.returncode == 0 and bool(done.stdout.strip())


def ensure(packages: Sequence[str]) -> None:
    """Install those of `packages` that are missing.

    Raises:
        StepError: This is not a Debian or Ubuntu, or apt failed.
    """
    _need_apt()
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    _refresh_lists_once()
    print(f"installing OS packages: {' '.join(missing)}", file=sys.stderr, flush=True)
    install = as_root(
        [
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-qq",
            "-y",
            "--no-install-recommends",
            "install",
            *missing,
        ]
    )
    advice = f"Install them by hand, then run this again: apt-get install {' '.join(missing)}"
    try:
        quietly(install, what="apt-get install", advice=advice)
    except StepError:
        # Lists that are days old name package versions which mirrors no longer carry.
        _update()
        quietly(install, what="apt-get install", advice=advice)


def _need_apt() -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-query") is None:
        raise StepError("this machine has no apt: these scripts know Debian 12 or newer and Ubuntu 24.04 or newer")


def _refresh_lists_once() -> None:
    if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        _update()


def _update() -> None:
    quietly(
        as_root(["apt-get", "-qq", "update"]),
        what="apt-get update",
        advice="Check the network and the files in /etc/apt, then run this again.",
    )


if __name__ == "__main__":
    if sys.argv[1:2] in ([], ["-h"], ["--help"]):
        print(__doc__)
        sys.exit(0 if sys.argv[1:] else 2)
    try:
        ensure(sys.argv[1:])
    except StepError as error:
        sys.exit(f"os_packages: {error}")
