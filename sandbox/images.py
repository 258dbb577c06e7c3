"""The root file systems of boxes: one EROFS file per language, and the Docker image beside it.

A base is made from OS packages by `images/base/build` and kept. An image is the base plus the guest agent. What went
into an image is its recipe; a recipe that has changed makes the image stale, and a stale image is refused rather than
used: its guest would speak another protocol than this host.
"""

import contextlib
import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.errors import ImageError
from sandbox.language import Language
from sandbox.paths import data_dir, guest_dir

GUEST_IN_IMAGE = "opt/sandbox/guest"
VERSION_LABEL = "sandbox.language_version"
# Raised when this file starts to lay out images differently.
_LAYOUT = 2
# Plain data blocks, which gVisor maps straight into the guest. No extended attributes: a file's capabilities are one.
# One owner and one time, so that equal trees are equal files. All of it is valid for erofs-utils from 1.5 on.
_NO_UUID = "00000000-0000-0000-0000-000000000000"
_MKFS = ("mkfs.erofs", "--quiet", "-Enoinline_data", "-x-1", "--all-root", "-T0", f"-U{_NO_UUID}")
_OURS_IN_ETC = {"hostname": "sandbox\n", "hosts": "127.0.0.1 localhost sandbox\n", "resolv.conf": ""}


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
    base = _Base.given(base_tar) if base_tar is not None else _Base.from_packages(language)
    recipe = _recipe_digest(language, base.key)
    try:
        with _locked(state_dir, report):
            current = _read_manifest(_manifest_path(state_dir, language.name))
            if current is not None and current.recipe_digest == recipe and not force and current.erofs_path.is_file():
                return current
            _require_tools(language)
            tar = base.tar or _base_from_packages(language, base, state_dir=state_dir, report=report, force=force)
            return _build(language, tar, base, recipe, state_dir=state_dir, report=report)
    except OSError as error:
        raise ImageError(_explain(error, state_dir)) from error


def find_image(language: Language, *, state_dir: Path) -> Image:
    """Return a language's image.

    Raises:
        ImageError: There is none, or what it was made from has changed since.
    """
    command = f"sandbox images build {language.name}"
    path = _manifest_path(state_dir, language.name)
    try:
        image = _read_manifest(path)
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror}; run as the user who built it, or as root") from error
    if image is None:
        raise ImageError(f"no image for {language.name!r} in {state_dir}; build it (as root): {command}")
    if not image.erofs_path.is_file():
        raise ImageError(f"{image.erofs_path} is gone; build it again (as root): {command}")
    if image.recipe_digest != _recipe_digest(language, _read_base_key(path)):
        raise ImageError(
            f"the image for {language.name!r} is stale: the guest agent or the language's definition has changed since "
            f"{image.built_at}; build it again (as root): {command}"
        )
    return image


def list_images(state_dir: Path) -> list[Image]:
    """Return the current image of every language, by name."""
    found = [_read_manifest(path) for path in sorted((state_dir / "images").glob("*.json"))]
    return [image for image in found if image is not None]


def build_docker(language: Language, *, repo_root: Path, base: str | None, report: Callable[[str], None]) -> str:
    """Build a language's Docker image and return its tag, which names the recipe. `:latest` points to it as well.

    Args:
        language: What to build.
        repo_root: The build context, which holds `images/` and `sandbox/guest/`.
        base: The image to start from. Without one, a base is made from OS packages, once.
        report: Is told what goes on, a line at a time.

    Raises:
        ImageError: A step failed. Says which, why, and what to do.
    """
    repository = f"sandbox-{language.name}"
    if not (repo_root / "sandbox" / "guest").is_dir():
        raise ImageError(f"{repo_root} has no sandbox/guest: the Docker image needs a checkout of the repository")
    dockerfile = language.folder / "Dockerfile"
    key = f"docker:{base}" if base is not None else _Base.from_packages(language).key
    recipe = _recipe_digest(language, f"{key}\n{_digest_of_file(dockerfile)}", guest=repo_root / "sandbox" / "guest")
    tag = f"{repository}:{recipe[:12]}"
    if not _docker_has(tag):
        if base is None:
            base = f"sandbox-base-{language.name}:{key[:12]}"
            if not _docker_has(base):
                report(f"building {base} from OS packages (half a minute)")
                script = str(data_dir("images") / "base" / "build")
                packages = [f"--package={name}" for name in language.packages]
                _run(["bash", script, "--import", base, *_split_options(packages)], "building the base", _BASE_ADVICE)
        report(f"building {tag} on {base}")
        build = [
            "docker",
            "build",
            "-q",
            "-f",
            str(dockerfile),
            "--build-arg",
            f"BASE={base}",
            "-t",
            tag,
            str(repo_root),
        ]
        advice = "Is a Docker Engine with the runtime runsc running? scripts/dev-docker starts one."
        _run(build, "docker build", advice)
        ask = [
            "docker",
            "run",
            "--rm",
            "--runtime=runsc",
            "--network=none",
            "--entrypoint=",
            tag,
            *language.version_command,
        ]
        version = _run(ask, f"asking {language.name} for its version", advice).strip()
        # Once more, from the cache, with the answer on it: the server reads it without starting anything.
        _run([*build[:-1], "--label", f"{VERSION_LABEL}={version}", build[-1]], "docker build", advice)
    _run(["docker", "tag", tag, f"{repository}:latest"], "docker tag", "Is a Docker Engine running? scripts/dev-docker")
    return tag


# --- recipes ---------------------------------------------------------------------------------------------------------

_BASE_ADVICE = (
    "Needs root, a network that has this distribution's packages, and mmdebstrap (make install brings it). "
    "Or bring a root file system of your own: --base FILE."
)


@dataclass(frozen=True, slots=True)
class _Base:
    """What an image starts from: its key in the recipe, and the tar file when the caller brought one."""

    key: str
    tar: Path | None

    @classmethod
    def given(cls, tar: Path) -> "_Base":
        if not tar.is_file():
            raise ImageError(f"--base {tar}: there is no such file; it must be a tar file of a root file system")
        return cls(_digest_of_file(tar), tar)

    @classmethod
    def from_packages(cls, language: Language) -> "_Base":
        script = data_dir("images") / "base" / "build"
        return cls(_digest(_suite(), *language.packages, _digest_of_file(script)), None)


def _suite() -> str:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    match = re.search(r"^VERSION_CODENAME=\"?([^\"\n]*)", text, re.MULTILINE)
    return match[1] if match else ""


def _recipe_digest(language: Language, base_key: str, guest: Path | None = None) -> str:
    """Return the digest of all that goes into an image."""
    source = guest or guest_dir()
    parts = [str(_LAYOUT), base_key, _digest_of_file(language.folder / "language.toml")]
    for path in _guest_files(source):
        parts += [path.relative_to(source).as_posix(), _digest_of_file(path)]
    return _digest(*parts)


def _guest_files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _digest(*parts: str) -> str:
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror}; is this installation complete?") from error


# --- manifests -------------------------------------------------------------------------------------------------------


def _manifest_path(state_dir: Path, name: str) -> Path:
    return state_dir / "images" / f"{name}.json"


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


def _read_manifest(path: Path) -> Image | None:
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


def _read_base_key(path: Path) -> str:
    return (_load_manifest(path) or {}).get("base_key", "")


def _write_manifest(image: Image, base_key: str, path: Path) -> None:
    facts = {key: str(value) for key, value in asdict(image).items() if key != "erofs_path"}
    fresh = path.with_suffix(".json.new")
    fresh.write_text(
        json.dumps({**facts, "file": image.erofs_path.name, "base_key": base_key}, indent=2) + "\n", "utf-8"
    )
    fresh.replace(path)


# --- building --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(state_dir: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Keep a second build out: both would do the same work and remove each other's files."""
    (state_dir / "images").mkdir(mode=0o755, parents=True, exist_ok=True)
    with (state_dir / "images.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another build is running: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_tools(language: Language) -> None:
    if os.geteuid() != 0:
        raise ImageError(
            f"building an image needs root (its files keep their owners): sudo sandbox images build {language.name}"
        )
    if shutil.which("mkfs.erofs") is None:
        raise ImageError("mkfs.erofs is missing: make install, or apt-get install erofs-utils")


def _base_from_packages(
    language: Language, base: _Base, *, state_dir: Path, report: Callable[[str], None], force: bool
) -> Path:
    folder = state_dir / "base"
    folder.mkdir(parents=True, exist_ok=True)
    tar = folder / f"{base.key[:24]}.tar"
    if tar.is_file() and not force:
        return tar
    report(f"{language.name}: building a base from OS packages: {', '.join(language.packages)} (half a minute)")
    script = data_dir("images") / "base" / "build"
    packages = _split_options([f"--package={name}" for name in language.packages])
    _run(["bash", str(script), "--output", str(tar), *packages], "building the base", _BASE_ADVICE)
    return tar


def _split_options(options: Sequence[str]) -> list[str]:
    return [part for option in options for part in option.split("=", 1)]


def _build(
    language: Language, tar: Path, base: _Base, recipe: str, *, state_dir: Path, report: Callable[[str], None]
) -> Image:
    report(f"{language.name}: making the image")
    folder = state_dir / "images"
    scratch = Path(tempfile.mkdtemp(prefix=".build-", dir=state_dir))
    try:
        root = scratch / "root"
        root.mkdir(mode=0o755)
        # The image has no device nodes: one that leads to the host's devices is a way out of a box.
        unpack = ["tar", "--extract", f"--file={tar}", f"--directory={root}", "--numeric-owner", "--exclude=./dev/*"]
        _run([*unpack, "--exclude=dev/*"], "unpacking the base", f"Is {tar} a tar file of a root file system?")
        _tidy(root)
        if base.tar is not None:
            _compile(root, _STDLIB)
        _copy_guest(guest_dir(), root / GUEST_IN_IMAGE)
        _compile(root, repr(f"/{GUEST_IN_IMAGE}"))
        version = _ask_version(language, root)
        fresh = scratch / "image.erofs"
        _run([*_MKFS, str(fresh), str(root)], "mkfs.erofs", "Is erofs-utils 1.5 or newer installed?")
        digest = _digest_of_file(fresh)
        image = Image(
            language=language.name,
            digest=f"sha256:{digest}",
            erofs_path=folder / f"{language.name}-{digest[:12]}.erofs",
            language_version=version,
            recipe_digest=recipe,
            built_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )
        before = _read_manifest(_manifest_path(state_dir, language.name))
        fresh.chmod(0o444)
        fresh.replace(image.erofs_path)
        _write_manifest(image, base.key, _manifest_path(state_dir, language.name))
        _remove_old(folder, language.name, keep={image.erofs_path, *([before.erofs_path] if before else [])})
        return image
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _tidy(root: Path) -> None:
    """Make the places that boxes mount things on; strip what could raise privileges or reach a device."""
    for name in ("proc", "sys", "dev", "dev/shm", "tmp", "etc", GUEST_IN_IMAGE):
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
    for path in _guest_files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)


# Run in the image. Tests hold files that are broken on purpose.
_COMPILE = """
import compileall, py_compile, re, sysconfig
compileall.compile_dir(
    FOLDER, quiet=2, force=True, rx=re.compile("/(test|tests|idlelib|lib2to3)/"),
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
"""
_STDLIB = 'sysconfig.get_path("stdlib")'
_CLEAN_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}


def _compile(root: Path, folder: str) -> None:
    """Make byte code in the image, of the guest agent and of the library of a base that we did not make.

    The image gives every file the same time, which makes ordinary byte code stale, and boxes cannot write new one.
    Bases of ours have byte code that does not look at times. Without it all works, only slower: failing is no error.
    """
    code = _COMPILE.replace("FOLDER", folder)
    with contextlib.suppress(ImageError):
        _run(["chroot", str(root), "/usr/bin/env", "python3", "-I", "-c", code], "compiling", "")


def _ask_version(language: Language, root: Path) -> str:
    advice = f"Does the base have what {language.name} needs? Packages: {', '.join(language.packages)}"
    said = _run(
        ["chroot", str(root), *language.version_command], f"{language.version_command[-2]} in the image", advice
    )
    return said.strip().splitlines()[0] if said.strip() else ""


def _remove_old(folder: Path, name: str, *, keep: set[Path]) -> None:
    """Remove older images. The previous one stays: a server that is running may still start boxes from it."""
    for path in folder.glob(f"{name}-*.erofs"):
        if path not in keep and re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{12}}\.erofs", path.name):
            path.unlink(missing_ok=True)


def _docker_has(reference: str) -> bool:
    if shutil.which("docker") is None:
        raise ImageError("docker is missing: scripts/dev-docker installs and starts a Docker Engine")
    command = ["docker", "image", "inspect", reference]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, our own arguments
    return done.returncode == 0


def _run(command: Sequence[str], what: str, advice: str) -> str:
    """Run a tool, return its stdout, and raise its last lines when it fails."""
    env = {**os.environ, **_CLEAN_ENV} if command[0] != "docker" else None
    # To files, not pipes: some tools write megabytes.
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, our own arguments
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, check=False
            )
        except OSError as error:
            raise ImageError(f"{what} failed: {command[0]}: {error.strerror}. {advice}") from error
        size = out.tell()
        out.seek(max(0, size - 8192))
        text = out.read().decode(errors="replace")
    if done.returncode == 0:
        return text
    if "No space left on device" in text:
        advice = "The disk is full: an image needs about 600 MB while it is built."
    last = "\n".join(f"  {line}" for line in text.strip().splitlines()[-12:])
    raise ImageError(f"{what} failed (exit code {done.returncode}):\n{last}\n{advice}")


def _explain(error: OSError, state_dir: Path) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk of {state_dir} is full: an image needs about 600 MB while it is built"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"cannot write to {state_dir} ({error.strerror}): build images as root, or set SANDBOX_STATE_DIR"
    return f"building the image failed: {error}"
