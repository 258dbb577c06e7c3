"""Backends and launchers from what the command line says. Imports are late: `--help` works on every machine."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sandbox.errors import ImageError, PolicyError, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.boxes.box import Backend
    from sandbox.language import Language
    from sandbox.launcher.service import Launcher
    from sandbox.policy import Policy

_BOXES_MAX_LEAST = 256
_BOXES_MAX_PER_CORE = 8

_OPTIONS = (
    click.option(
        "--backend",
        type=click.Choice(["runsc", "docker"]),
        default="runsc",
        show_default=True,
        help="What makes the boxes: runsc directly (fast, needs root), or a Docker Engine with the runtime runsc.",
    ),
    click.option(
        "--policies",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Policy files. [default: those of the package]",
    ),
    click.option(
        "--policy",
        "policy_names",
        multiple=True,
        metavar="NAME",
        help="Serve this policy only; give several. Each is examined before the server listens. [default: all of "
        "--policies; of those of the package, the one named default]",
    ),
    click.option(
        "--language",
        "names",
        multiple=True,
        metavar="NAME",
        help="A language to offer beside python, in which the examination of the limits is written; give several. Its "
        "image must have been built: sandbox images build NAME.",
    ),
    click.option(
        "--runsc",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The gVisor binary. [default: found in /usr/local/bin or /usr/bin]",
    ),
    click.option(
        "--templates/--no-templates",
        "with_templates",
        default=True,
        envvar="SANDBOX_TEMPLATES",
        show_default=True,
        show_envvar=True,
        help="Restore boxes from checkpoints, which is faster, or start each one anew. Docker's are always started.",
    ),
    click.option(
        "--ready-max",
        type=click.IntRange(min=0, max=1_000),
        default=0,
        envvar="SANDBOX_READY_MAX",
        show_default=True,
        show_envvar=True,
        metavar="N",
        help="Boxes that are made before anybody asks for them, while a core is free, and wait: a job that finds one "
        "waits milliseconds. Each takes some 50 MiB.",
    ),
    click.option(
        "--boxes-max",
        type=click.IntRange(min=1),
        metavar="N",
        help="Boxes that the launcher makes at once, whatever its servers ask for. [default: 8 for each core, 256 at "
        "least]",
    ),
    click.option(
        "--user",
        metavar="NAME",
        help="The account of the server, which has no privileges; or UID:GID. [default: the account sandbox, else ids "
        "that no account has]",
    ),
)


def box_options(command: "Callable[..., Any]") -> "Callable[..., Any]":
    """Give a command the options that say which boxes there are and who makes them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def policies_reader(folder: Path | None, names: tuple[str, ...]) -> "Callable[[], Mapping[str, Policy]]":
    """Return what reads the policies that the command line names."""
    from sandbox import paths
    from sandbox.policy import DEFAULT_POLICY, choose_policies

    # Each takes its time to be examined, so who wants the others of the package names them.
    chosen = names or ((DEFAULT_POLICY,) if folder is None else ())

    def read() -> "Mapping[str, Policy]":
        try:
            return choose_policies(folder or paths.data_dir("policies"), chosen)
        except (SandboxError, OSError):
            raise
        except Exception as error:
            # What is wrong with a file in a way that nobody thought of must not end who serves with the last good ones.
            raise PolicyError(f"policies cannot be read: {error!r}") from error

    return read


def languages_of(names: tuple[str, ...]) -> "Mapping[str, Language]":
    """Return the languages that the command line names, and the one that is always there.

    Raises:
        ImageError: There is no such language.
    """
    from sandbox import paths
    from sandbox.language import DEFAULT_LANGUAGE, choose_languages

    return choose_languages(paths.data_dir("images"), [DEFAULT_LANGUAGE, *names])


def make_launcher(
    backend: str,
    languages: "Mapping[str, Language]",
    read_policies: "Callable[[], Mapping[str, Policy]]",
    *,
    runsc: Path,
    with_templates: bool,
    boxes_max: int | None,
    ready_max: int,
) -> "Launcher":
    """Return a launcher, not started.

    Args:
        backend: Its name.
        languages: By name.
        read_policies: Reads all policies.
        runsc: The gVisor binary.
        with_templates: Restore boxes from checkpoints, where the backend can.
        boxes_max: Boxes of all servers at once; None: more than a server of this machine needs.
        ready_max: Boxes that are made before anybody asks for them.

    Raises:
        ImageError: An image is missing, or the package that speaks to a Docker Engine.
    """
    from sandbox import host
    from sandbox.launcher.service import Launcher

    boxes = make_backend(backend, languages, runsc, with_templates=with_templates)
    if boxes_max is None:
        # Two for a job, and those that wait for another job, on machines whose quota is less than a core.
        boxes_max = max(_BOXES_MAX_LEAST, _BOXES_MAX_PER_CORE * host.look().cores)
    return Launcher(boxes, read_policies, languages, boxes_max=boxes_max, ready_max=ready_max)


def make_backend(
    name: str, languages: "Mapping[str, Language]", runsc: Path, *, with_templates: bool = True
) -> "Backend":
    """Return a backend, not started.

    Args:
        name: `runsc` or `docker`.
        languages: What boxes are wanted for.
        runsc: The gVisor binary.
        with_templates: Restore boxes from checkpoints, where the backend can.

    Raises:
        ImageError: An image is missing, or the package that speaks to a Docker Engine.
    """
    from sandbox import paths
    from sandbox.images import find_image

    # A folder for each kind: a server can remove only what boxes of its own kind have left.
    run_dir = paths.run_dir() / name
    if name == "runsc":
        from sandbox.boxes.runsc import RunscBackend

        images = {language.name: find_image(language, state_dir=paths.state_dir()) for language in languages.values()}
        return RunscBackend(runsc=runsc, images=images, run_dir=run_dir, with_templates=with_templates)
    try:
        from sandbox.boxes.docker import DockerBackend
    except ModuleNotFoundError:
        raise ImageError("the backend docker needs the package docker: pip install 'sandbox-judge[docker]'") from None
    return DockerBackend(languages=languages, runsc=runsc, run_dir=run_dir)
