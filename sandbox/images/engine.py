"""The Docker image of a language, made by the Docker Engine from `images/<language>/Dockerfile`."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from sandbox.errors import ImageError
from sandbox.images.recipe import Base, digest_of_file, make_base, recipe_digest
from sandbox.images.tools import run
from sandbox.language import Language

VERSION_LABEL = "sandbox.language_version"
_ADVICE = "Is a Docker Engine with the runtime runsc running? scripts/dev-docker starts one."


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
    key = f"docker:{base}" if base is not None else Base.from_packages(language).key
    recipe = recipe_digest(language, f"{key}\n{digest_of_file(dockerfile)}", guest=repo_root / "sandbox" / "guest")
    tag = f"{repository}:{recipe[:12]}"
    old: list[str] = []
    if not _docker_has(tag):
        if base is None:
            base = _base_from_packages(language, key, report=report)
        report(f"building {tag} on {base}")
        _build(language, tag, dockerfile=dockerfile, base=base, context=repo_root)
        old = _old_tags(repository, tag)
    run(["docker", "tag", tag, f"{repository}:latest"], "docker tag", "Is a Docker Engine running? scripts/dev-docker")
    if old:
        # Without force, and no error: an image that a container still uses stays until the next time.
        with contextlib.suppress(ImageError):
            run(["docker", "rmi", *old], "docker rmi", _ADVICE)
    return tag


def _base_from_packages(language: Language, key: str, *, report: Callable[[str], None]) -> str:
    base = f"sandbox-base-{language.name}:{key[:12]}"
    if not _docker_has(base):
        report(f"building {base} from OS packages (half a minute)")
        make_base(language, "--import", base)
    return base


def _build(language: Language, tag: str, *, dockerfile: Path, base: str, context: Path) -> None:
    build = ["docker", "build", "-q", "-f", str(dockerfile), "--build-arg", f"BASE={base}", "-t", tag]
    run([*build, str(context)], "docker build", _ADVICE)
    start = ["docker", "run", "--rm", "--runtime=runsc", "--network=none", "--entrypoint="]
    version = run([*start, tag, *language.version_command], f"asking {language.name} for its version", _ADVICE).strip()
    # Once more, from the cache, with the answer on it: the server reads it without starting anything.
    run([*build, "--label", f"{VERSION_LABEL}={version}", str(context)], "docker build", _ADVICE)


def _old_tags(repository: str, tag: str) -> list[str]:
    """Return the tags of older recipes, while `:latest` still points to the image before `tag`.

    That image stays: a server that is running may still start boxes from it. When it is none of ours, as after
    `docker compose build`, there is no telling which of ours is in use, and all of them stay until the next time.
    """
    try:
        said = run(["docker", "image", "ls", "--format", "{{.Tag}} {{.ID}}", repository], "docker image ls", _ADVICE)
    except ImageError:
        return []
    # Tags of other forms were made by others.
    ids = dict(re.findall(r"^(latest|[0-9a-f]{12}) ([0-9a-f]{12})$", said, re.MULTILINE))
    previous = ids.pop("latest", None)
    ids.pop(tag.removeprefix(f"{repository}:"), None)
    if previous not in ids.values():
        return []
    return [f"{repository}:{name}" for name, image in ids.items() if image != previous]


def _docker_has(reference: str) -> bool:
    if shutil.which("docker") is None:
        raise ImageError("docker is missing: scripts/dev-docker installs and starts a Docker Engine")
    command = ["docker", "image", "inspect", reference]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, our own arguments
    return done.returncode == 0
