"""The EROFS file of a language: a base, made harmless, with the guest agent in it."""

import contextlib
import datetime as dt
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.errors import ImageError
from sandbox.images.recipe import Base, digest_of_file, guest_files, make_base, recipe_digest
from sandbox.images.store import Image, locked, manifest_path, read_manifest, write_manifest
from sandbox.images.tools import explain, run
from sandbox.language import Language
from sandbox.paths import guest_dir

_GUEST_IN_IMAGE = "opt/sandbox/guest"
# Plain data blocks, which gVisor maps straight into the guest. No extended attributes: a file's capabilities are one.
# One owner and one time, so that equal trees are equal files. All of it is valid for erofs-utils from 1.5 on.
_NO_UUID = "00000000-0000-0000-0000-000000000000"
_MKFS = ("mkfs.erofs", "--quiet", "-Enoinline_data", "-x-1", "--all-root", "-T0", f"-U{_NO_UUID}")
_OURS_IN_ETC = {"hostname": "sandbox\n", "hosts": "127.0.0.1 localhost sandbox\n", "resolv.conf": ""}
# Run in the image. Tests hold files that are broken on purpose.
_COMPILE = """
import compileall, py_compile, re, sysconfig
compileall.compile_dir(
    FOLDER, quiet=2, force=True, rx=re.compile("/(test|tests|idlelib|lib2to3)/"),
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
"""
_STDLIB = 'sysconfig.get_path("stdlib")'


def build_erofs(
    language: Language,
    *,
    state_dir: Path,
    report: Callable[[str], None],
    base_tar: Path | None = None,
    force: bool = False,
) -> Image:
    """Build a language's image, or return the one that is there when nothing changed.

    Args:
        language: What to build.
        state_dir: Where images and bases are kept.
        report: Is told what goes on, a line at a time.
        base_tar: A root file system to start from, in place of one made from OS packages.
        force: Build again what is up to date, base included.

    Raises:
        ImageError: A step failed. Says which, why, and what to do.
    """
    base = Base.given(base_tar) if base_tar is not None else Base.from_packages(language)
    recipe = recipe_digest(language, base.key)
    try:
        with locked(state_dir, report):
            current = read_manifest(manifest_path(state_dir, language.name))
            if current is not None and current.recipe_digest == recipe and not force and current.erofs_path.is_file():
                return current
            _require_tools(language)
            tar = base.tar or _base_from_packages(language, base, state_dir=state_dir, report=report, force=force)
            return _build(language, tar, base, recipe, state_dir=state_dir, report=report)
    except OSError as error:
        raise ImageError(explain(error, state_dir)) from error


def _require_tools(language: Language) -> None:
    if os.geteuid() != 0:
        raise ImageError(
            f"building an image needs root (its files keep their owners): sudo sandbox images build {language.name}"
        )
    if shutil.which("mkfs.erofs") is None:
        raise ImageError("mkfs.erofs is missing: make install, or apt-get install erofs-utils")


def _base_from_packages(
    language: Language, base: Base, *, state_dir: Path, report: Callable[[str], None], force: bool
) -> Path:
    folder = state_dir / "base"
    folder.mkdir(parents=True, exist_ok=True)
    tar = folder / f"{base.key[:24]}.tar"
    if tar.is_file() and not force:
        return tar
    report(f"{language.name}: building a base from OS packages: {', '.join(language.packages)} (half a minute)")
    make_base(language, "--output", str(tar))
    return tar


def _build(
    language: Language, tar: Path, base: Base, recipe: str, *, state_dir: Path, report: Callable[[str], None]
) -> Image:
    report(f"{language.name}: making the image")
    folder = state_dir / "images"
    scratch = Path(tempfile.mkdtemp(prefix=".build-", dir=state_dir))
    try:
        root = scratch / "root"
        root.mkdir(mode=0o755)
        # The image has no device nodes: one that leads to the host's devices is a way out of a box.
        unpack = ["tar", "--extract", f"--file={tar}", f"--directory={root}", "--numeric-owner", "--exclude=./dev/*"]
        run([*unpack, "--exclude=dev/*"], "unpacking the base", f"Is {tar} a tar file of a root file system?")
        _tidy(root)
        if base.tar is not None:
            _compile(root, _STDLIB)
        _copy_guest(guest_dir(), root / _GUEST_IN_IMAGE)
        _compile(root, repr(f"/{_GUEST_IN_IMAGE}"))
        version = _ask_version(language, root)
        fresh = scratch / "image.erofs"
        run([*_MKFS, str(fresh), str(root)], "mkfs.erofs", "Is erofs-utils 1.5 or newer installed?")
        digest = digest_of_file(fresh)
        image = Image(
            language=language.name,
            digest=f"sha256:{digest}",
            erofs_path=folder / f"{language.name}-{digest[:12]}.erofs",
            language_version=version,
            recipe_digest=recipe,
            built_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )
        before = read_manifest(manifest_path(state_dir, language.name))
        fresh.chmod(0o444)
        fresh.replace(image.erofs_path)
        write_manifest(image, base.key, manifest_path(state_dir, language.name))
        _remove_old(folder, language.name, keep={image.erofs_path, *([before.erofs_path] if before else [])})
        return image
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _tidy(root: Path) -> None:
    """Make the places that boxes mount things on; strip what could raise privileges or reach a device."""
    for name in ("proc", "sys", "dev", "dev/shm", "tmp", "etc", _GUEST_IN_IMAGE):
        _inside(root, name).mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in ("tmp", "dev/shm"):
        (root / name).chmod(0o1777)
    for name, text in _OURS_IN_ETC.items():
        path = root / "etc" / name
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
    (root / "etc" / "machine-id").unlink(missing_ok=True)
    for folder, names, files in os.walk(root):
        for name in (*names, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                path.chmod(stat.S_IMODE(mode) & 0o1777)
            elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
                path.unlink()


def _inside(root: Path, name: str) -> Path:
    """Return a path in the tree, refusing trees in which a link would lead out of it."""
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise ImageError(f"/{name} of the base is a link that leads elsewhere; use another base")
    return path


def _copy_guest(source: Path, target: Path) -> None:
    """Copy the guest agent: readable by all, writable by nobody else, without byte code of another Python."""
    shutil.rmtree(target)
    target.mkdir(mode=0o755)
    for path in guest_files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)


def _compile(root: Path, folder: str) -> None:
    """Make byte code in the image, of the guest agent and of the library of a base that we did not make.

    The image gives every file the same time, which makes ordinary byte code stale, and boxes cannot write new one.
    Bases of ours have byte code that does not look at times. Without it all works, only slower: failing is no error.
    """
    code = _COMPILE.replace("FOLDER", folder)
    with contextlib.suppress(ImageError):
        run(["chroot", str(root), "/usr/bin/env", "python3", "-I", "-c", code], "compiling", "")


def _ask_version(language: Language, root: Path) -> str:
    advice = f"Does the base have what {language.name} needs? Packages: {', '.join(language.packages)}"
    said = run(["chroot", str(root), *language.version_command], f"{language.version_command[-2]} in the image", advice)
    return said.strip().splitlines()[0] if said.strip() else ""


def _remove_old(folder: Path, name: str, *, keep: set[Path]) -> None:
    """Remove older images. The previous one stays: a server that is running may still start boxes from it."""
    for path in folder.glob(f"{name}-*.erofs"):
        if path not in keep and re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{12}}\.erofs", path.name):
            path.unlink(missing_ok=True)
