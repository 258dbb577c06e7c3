"""The images that were built: a file each, a manifest per language, and one lock for whoever builds."""

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.errors import ImageError
from sandbox.images.recipe import recipe_digest
from sandbox.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A language's root file system.

    Attributes:
        language: The language's name.
        digest: `sha256:...` of the EROFS file.
        erofs_path: The file.
        language_version: What the language says of itself, e.g. `Python 3.11.2`.
        recipe_digest: Of all that went into it.
        built_at: When, in UTC, as ISO 8601.
    """

    language: str
    digest: str
    erofs_path: Path
    language_version: str
    recipe_digest: str
    built_at: str


def find_image(language: Language, *, state_dir: Path) -> Image:
    """Return a language's image.

    Raises:
        ImageError: There is none, or what it was made from has changed since.
    """
    command = f"sandbox images build {language.name}"
    path = manifest_path(state_dir, language.name)
    try:
        image = read_manifest(path)
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror}; run as the user who built it, or as root") from error
    if image is None:
        raise ImageError(f"no image for {language.name!r} in {state_dir}; build it (as root): {command}")
    if not image.erofs_path.is_file():
        raise ImageError(f"{image.erofs_path} is gone; build it again (as root): {command}")
    if image.recipe_digest != recipe_digest(language, _read_base_key(path)):
        raise ImageError(
            f"the image for {language.name!r} is stale: the guest agent or the language's definition has changed since "
            f"{image.built_at}; build it again (as root): {command}"
        )
    return image


def list_images(state_dir: Path) -> list[Image]:
    """Return the current image of every language, by name."""
    found = [read_manifest(path) for path in sorted((state_dir / "images").glob("*.json"))]
    return [image for image in found if image is not None]


def manifest_path(state_dir: Path, name: str) -> Path:
    """Return where the manifest of a language's current image is."""
    return state_dir / "images" / f"{name}.json"


def read_manifest(path: Path) -> Image | None:
    """Return the image that a manifest describes, or None without a good manifest."""
    raw = _load_manifest(path)
    if raw is None:
        return None
    try:
        return Image(
            language=raw["language"],
            digest=raw["digest"],
            # Beside the manifest, wherever the state folder has been moved to.
            erofs_path=path.parent / raw["file"],
            language_version=raw["language_version"],
            recipe_digest=raw["recipe_digest"],
            built_at=raw["built_at"],
        )
    except KeyError:
        return None


def write_manifest(image: Image, base_key: str, path: Path) -> None:
    """Make an image the current one, at once or not at all."""
    facts = {key: str(value) for key, value in asdict(image).items() if key != "erofs_path"}
    fresh = path.with_suffix(".json.new")
    fresh.write_text(
        json.dumps({**facts, "file": image.erofs_path.name, "base_key": base_key}, indent=2) + "\n", "utf-8"
    )
    fresh.replace(path)


@contextlib.contextmanager
def locked(state_dir: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Keep a second build out: both would do the same work and remove each other's files."""
    (state_dir / "images").mkdir(mode=0o755, parents=True, exist_ok=True)
    with (state_dir / "images.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another build is running: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _load_manifest(path: Path) -> dict[str, str] | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, UnicodeDecodeError):
        # A half-written manifest cannot happen (it is renamed into place); a damaged one is as good as none.
        return None
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        return None
    return raw


def _read_base_key(path: Path) -> str:
    return (_load_manifest(path) or {}).get("base_key", "")
