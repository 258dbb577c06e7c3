"""What goes into an image: the base that it starts from, the guest agent, and the digest over all of it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ImageError
from sandbox.images.tools import run
from sandbox.language import Language
from sandbox.paths import data_dir, guest_dir

# Raised when images start to be laid out differently.
_LAYOUT = 2
_BASE_ADVICE = (
    "Needs root, a network that has this distribution's packages, and mmdebstrap (make install brings it). "
    "Or bring a root file system of your own: --base FILE."
)


@dataclass(frozen=True, slots=True)
class Base:
    """What an image starts from: its key in the recipe, and the tar file when the caller brought one."""

    key: str
    tar: Path | None

    @classmethod
    def given(cls, tar: Path) -> "Base":
        """Start from a tar file of the caller's."""
        if not tar.is_file():
            raise ImageError(f"--base {tar}: there is no such file; it must be a tar file of a root file system")
        return cls(digest_of_file(tar), tar)

    @classmethod
    def from_packages(cls, language: Language) -> "Base":
        """Start from the language's OS packages, of this machine's distribution."""
        return cls(_digest(_suite(), *language.packages, digest_of_file(_base_script())), None)


def make_base(language: Language, *where: str) -> None:
    """Make a base from the language's OS packages; `where` is the script's `--output FILE` or `--import NAME`."""
    packages = [part for name in language.packages for part in ("--package", name)]
    run(["bash", str(_base_script()), *where, *packages], "building the base", _BASE_ADVICE)


def recipe_digest(language: Language, base_key: str, guest: Path | None = None) -> str:
    """Return the digest of all that goes into an image."""
    source = guest or guest_dir()
    parts = [str(_LAYOUT), base_key, digest_of_file(language.folder / "language.toml")]
    for path in guest_files(source):
        parts += [path.relative_to(source).as_posix(), digest_of_file(path)]
    return _digest(*parts)


def guest_files(source: Path) -> list[Path]:
    """Return the files of the guest agent, without byte code of the host."""
    return sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex.

    Raises:
        ImageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror}; is this installation complete?") from error


def _digest(*parts: str) -> str:
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def _suite() -> str:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    match = re.search(r"^VERSION_CODENAME=\"?([^\"\n]*)", text, re.MULTILINE)
    return match[1] if match else ""


def _base_script() -> Path:
    return data_dir("images") / "base" / "build"
