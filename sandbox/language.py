"""A language: an image, and how to start the guest agent in it. One folder in `images/` each."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ImageError

DEFAULT_LANGUAGE = "python"
"""What images are built of and what servers offer when nobody names a language."""

_LISTS = ("packages", "command", "version_command", "warm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What `images/<name>/language.toml` says.

    Attributes:
        name: The name that jobs use.
        description: One line for people.
        packages: OS packages that the image needs, for a base that is made from OS packages.
        command: The guest agent's command line inside the box.
        version_command: Prints the language's version inside the image.
        warm: Python modules that boxes restored from a checkpoint have loaded already: what programs import most often.
        smoke: A program that must pass on a healthy server.
        folder: The folder of the definition, with its Dockerfile.
    """

    name: str
    description: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    version_command: tuple[str, ...]
    warm: tuple[str, ...]
    smoke: bytes
    folder: Path


def load_language(folder: Path) -> Language:
    """Read a language's folder.

    Raises:
        ImageError: The definition is missing or incomplete.
    """
    path = folder / "language.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        smoke = (folder / raw.pop("smoke")).read_bytes()
        lists = {key: tuple(map(str, raw.pop(key))) for key in _LISTS}
        description = str(raw.pop("description"))
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise ImageError(f"{path}: {error!r}: a language needs description, smoke, {', '.join(_LISTS)}") from error
    if raw:
        raise ImageError(f"{path}: unknown key {min(raw)!r}")
    return Language(name=folder.name, description=description, smoke=smoke, folder=folder, **lists)


def load_languages(folder: Path) -> dict[str, Language]:
    """Read every language in `folder`, by name.

    Raises:
        ImageError: A definition is broken, or there is none.
    """
    found = {path.parent.name: load_language(path.parent) for path in sorted(folder.glob("*/language.toml"))}
    if not found:
        raise ImageError(f"no languages in {folder}: expected <name>/language.toml")
    return found


def choose_languages(folder: Path, names: Iterable[str]) -> dict[str, Language]:
    """Read the named languages in `folder`, by name; the default one if none is named.

    Raises:
        ImageError: A definition is broken, or one is not there.
    """
    known = load_languages(folder)
    chosen = list(names) or [DEFAULT_LANGUAGE]
    for name in chosen:
        if name not in known:
            raise ImageError(f"no language {name!r} in {folder}: there are {', '.join(known)}")
    return {name: known[name] for name in chosen}
