"""`sandbox serve`. Imports late: `sandbox --help` must work on machines that can serve nothing."""
# ruff: noqa: PLC0415

import asyncio
import math
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.backends import box_options
from sandbox.errors import BackendError

if TYPE_CHECKING:
    from sandbox.launcher.privileges import User
    from sandbox.server import Settings


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
    "--launcher",
    "launcher_path",
    type=click.Path(dir_okay=False, readable=False, path_type=Path),
    metavar="PATH",
    help="The socket of a launcher that makes the boxes: sandbox launcher. [default: one is started, which needs root]",
)
@box_options
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
    "--metrics",
    metavar="HOST:PORT",
    help="Show counters there for Prometheus, at /metrics. [default: nothing is counted]",
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
    launcher_path: Path | None,
    backend: str,
    slots: int | None,
    queue_jobs_max: int,
    grace_s: float,
    policies: Path | None,
    policy_names: tuple[str, ...],
    names: tuple[str, ...],
    runsc: Path | None,
    with_templates: bool,
    boxes_max: int | None,
    ready_max: int,
    user: str | None,
    metrics: str | None,
    allow_remote: bool,
    allow_unenforced: bool,
    die_with_stdin: bool,
    last_removed: Path | None,
) -> None:
    """Run the service.

    Two processes: the launcher, which makes boxes and speaks to no network, and the server, which listens, and gives up
    all privileges before it does anything else. Started as root, this command is both; with --launcher it is the
    server alone, and may be started by anybody: as root it becomes --user, and others give up what they have.

    Before it listens, it removes what a server that died has left behind, makes a box for each language, looks at the
    kernel in it, and runs a small program; then it attacks every limit, in the short form of `sandbox doctor`. A server
    that answers is one whose boxes are gVisor's and whose limits bind. One whose limits do not bind does not start,
    unless it is told --allow-unenforced.

    SIGTERM or Ctrl-C: no new jobs, running ones may finish within --grace. SIGHUP: the policies are read again; new
    jobs use them once they are proven, running ones keep theirs; if one is wrong or does not bind, all stay.
    """
    from sandbox import host, logs, paths, server
    from sandbox.cli.backends import languages_of, make_launcher, policies_reader
    from sandbox.launcher import privileges, process

    privileges.close_inherited()
    # Policies are read anyway; from where the server can read them again, it does.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logs.configure()
    languages = languages_of(names)
    # The server does not stay where it was started.
    policies, last_removed = _absolute(policies), _absolute(last_removed)
    if listen.startswith("unix:") and listen != "unix:":
        listen = f"unix:{Path(listen.removeprefix('unix:')).absolute()}"
    settings = server.Settings(
        listen=listen,
        proofs=paths.run_dir() / "proofs",
        allow_remote=allow_remote,
        metrics=metrics,
        slots=slots,
        queue_jobs_max=queue_jobs_max,
        grace_s=grace_s,
        die_with_stdin=die_with_stdin,
        allow_unenforced=allow_unenforced,
        last_removed=last_removed,
    )
    server.check(settings)
    read_policies = policies_reader(policies, policy_names)
    policies_now = read_policies()
    if launcher_path is not None:
        _refuse_the_launchers_options()
        is_root = os.geteuid() == 0
        if user is not None and not is_root:
            raise click.UsageError("--user: only root can become somebody else")
        who = privileges.find_user(user) if is_root else None
        try:
            connection = process.connect(launcher_path)
        except OSError as error:
            raise BackendError(f"no launcher at {launcher_path}: {error}: start sandbox launcher first") from error
        if who is None:
            privileges.renounce()
        else:
            _make_its_own(settings, who)
            privileges.drop(who)
        asyncio.run(server.serve(settings, connection, policies_now, read_policies, languages))
        return
    if os.geteuid() != 0:
        raise BackendError("boxes need root: start the server with sudo, or a launcher, and say --launcher PATH")
    who, binary = privileges.find_user(user), server.find_runsc(runsc).absolute()
    host.come_first()
    connection, launcher_pid = process.fork(
        lambda: make_launcher(
            backend,
            languages,
            read_policies,
            runsc=binary,
            with_templates=with_templates,
            boxes_max=boxes_max,
            ready_max=ready_max,
        )
    )
    try:
        _make_its_own(settings, who)
        privileges.drop(who)
        asyncio.run(server.serve(settings, connection, policies_now, read_policies, languages))
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        connection.close()
        # It is still destroying boxes; who waits for this process must not find any afterwards.
        process.await_end(launcher_pid)


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()


def _refuse_the_launchers_options() -> None:
    context = click.get_current_context()
    names = {
        "backend": "--backend",
        "runsc": "--runsc",
        "with_templates": "--templates or --no-templates",
        "boxes_max": "--boxes-max",
        "ready_max": "--ready-max",
    }
    for name, option in names.items():
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option} is the launcher's to know: say it there")


def _make_its_own(settings: "Settings", who: "User") -> None:
    """Give the server's user the folders that it writes."""
    try:
        settings.proofs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (settings.proofs, settings.last_removed):
            if folder is not None:
                os.chown(folder, who.uid, who.gid)
    except OSError as error:
        raise BackendError(f"the server's folders cannot be made: {error}: set SANDBOX_RUN_DIR") from error
