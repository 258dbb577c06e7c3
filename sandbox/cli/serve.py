"""`sandbox serve`. Imports late: `sandbox --help` must work on machines that can serve nothing."""
# ruff: noqa: PLC0415

import asyncio
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.boxes.box import Backend
    from sandbox.language import Language


def _finite(_: click.Context, __: click.Parameter, value: float) -> float:
    # A range does not refuse what is not a number: it compares with nothing.
    if not math.isfinite(value):
        raise click.BadParameter("must be a number of seconds")
    return value


@click.command()
@click.option(
    "--listen", default="127.0.0.1:50051", show_default=True, metavar="ADDRESS", help="HOST:PORT or unix:PATH."
)
@click.option(
    "--backend",
    type=click.Choice(["runsc", "docker"]),
    default="runsc",
    show_default=True,
    help="What makes the boxes: runsc directly (fast, needs root), or a Docker Engine with the runtime runsc.",
)
@click.option(
    "--slots", type=click.IntRange(min=1), metavar="N", help="Boxes at the same time. [default: as many as cores carry]"
)
@click.option(
    "--queue",
    "queue_jobs_max",
    type=click.IntRange(min=1),
    default=1024,
    show_default=True,
    metavar="N",
    help="Jobs that may wait; one more is refused.",
)
@click.option(
    "--grace",
    "grace_s",
    type=click.FloatRange(min=0, max=86_400),
    callback=_finite,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long running jobs may go on after SIGTERM.",
)
@click.option(
    "--policies",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Policy files. [default: those of the package]",
)
@click.option(
    "--policy",
    "policy_names",
    multiple=True,
    metavar="NAME",
    help="Serve this policy only; give several. Each is examined before the server listens. [default: all of "
    "--policies; of those of the package, the one named default]",
)
@click.option(
    "--language",
    "names",
    multiple=True,
    metavar="NAME",
    help="A language to offer beside python, in which the examination of the limits is written; give several. Its "
    "image must have been built: sandbox images build NAME.",
)
@click.option(
    "--runsc",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The gVisor binary. [default: found in /usr/local/bin or /usr/bin]",
)
@click.option(
    "--templates/--no-templates",
    "with_templates",
    default=True,
    envvar="SANDBOX_TEMPLATES",
    show_default=True,
    show_envvar=True,
    help="Restore boxes from checkpoints, which is faster, or start each one anew. Docker's are always started.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Listen where other machines reach. There is no authentication yet: something else must guard the port.",
)
@click.option(
    "--allow-unenforced",
    is_flag=True,
    help="Serve though a limit does not bind on this machine: each verdict then names the limits that do not.",
)
@click.option(
    "--die-with-stdin",
    is_flag=True,
    help="Stop at once when standard input ends: for servers that belong to one client. That limits bind "
    "they take from a proof of the same boot, if an earlier server has left one.",
)
@click.option(
    "--last-removed",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder to remove after an orderly end; with --die-with-stdin, the one of the socket and the log.",
)
def serve(
    *,
    listen: str,
    backend: str,
    slots: int | None,
    queue_jobs_max: int,
    grace_s: float,
    policies: Path | None,
    policy_names: tuple[str, ...],
    names: tuple[str, ...],
    runsc: Path | None,
    with_templates: bool,
    allow_remote: bool,
    allow_unenforced: bool,
    die_with_stdin: bool,
    last_removed: Path | None,
) -> None:
    """Run the service.

    Before it listens, it removes what a server that died has left behind, makes a box for each language, looks at the
    kernel in it, and runs a small program; then it attacks every limit, in the short form of `sandbox doctor`. A server
    that answers is one whose boxes are gVisor's and whose limits bind. One whose limits do not bind does not start,
    unless it is told --allow-unenforced.

    SIGTERM or Ctrl-C: no new jobs, running ones may finish within --grace. SIGHUP: the policies are read again; new
    jobs use them once they are proven, running ones keep theirs; if one is wrong or does not bind, all stay.
    """
    from sandbox import logs, paths, server
    from sandbox.language import DEFAULT_LANGUAGE, choose_languages
    from sandbox.policy import DEFAULT_POLICY, choose_policies

    logs.configure()
    languages = choose_languages(paths.data_dir("images"), [DEFAULT_LANGUAGE, *names])
    # Each takes its time to be examined, so who wants the others of the package names them.
    chosen = policy_names or ((DEFAULT_POLICY,) if policies is None else ())
    binary = server.find_runsc(runsc)
    settings = server.Settings(
        listen=listen,
        runsc=binary,
        run_dir=paths.run_dir(),
        allow_remote=allow_remote,
        slots=slots,
        queue_jobs_max=queue_jobs_max,
        grace_s=grace_s,
        die_with_stdin=die_with_stdin,
        allow_unenforced=allow_unenforced,
        last_removed=last_removed,
    )
    asyncio.run(
        server.serve(
            settings,
            backend=make_backend(backend, languages, binary, with_templates=with_templates),
            read_policies=lambda: choose_policies(policies or paths.data_dir("policies"), chosen),
            languages=languages,
        )
    )


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
