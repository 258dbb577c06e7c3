"""`sandbox launcher`. Imports are late: `--help` must work on machines that can serve nothing."""
# ruff: noqa: PLC0415

import asyncio
from pathlib import Path

import click

from sandbox.cli.backends import box_options


@click.command()
@click.option(
    "--socket",
    "path",
    type=click.Path(dir_okay=False, readable=False, path_type=Path),
    required=True,
    metavar="PATH",
    help="The unix socket to listen on. Its folder should be one that only root may write.",
)
@box_options
def launcher(
    *,
    path: Path,
    backend: str,
    policies: Path | None,
    policy_names: tuple[str, ...],
    names: tuple[str, ...],
    runsc: Path | None,
    with_templates: bool,
    boxes_max: int | None,
    ready_max: int,
    user: str | None,
) -> None:
    """Make boxes for a server that has no privileges: sandbox serve --launcher PATH.

    Needs root, and no network. Whoever connects must be --user, or root; he can name a policy, a language and limits
    below that policy's ceilings, and gets the pipes of a box. Server and launcher read the same policies, and the
    server's SIGHUP makes both of them read anew.

    SIGTERM or Ctrl-C: all boxes are destroyed.
    """
    from sandbox import host, logs, server
    from sandbox.cli.backends import languages_of, make_launcher, policies_reader
    from sandbox.launcher import privileges, process

    privileges.close_inherited()
    logs.configure()
    who = privileges.find_user(user)
    made = make_launcher(
        backend,
        languages_of(names),
        policies_reader(policies, policy_names),
        runsc=server.find_runsc(runsc),
        with_templates=with_templates,
        boxes_max=boxes_max,
        ready_max=ready_max,
    )
    host.come_first()
    process.watch_children_without_threads()
    asyncio.run(process.listen(made, path, uid=who.uid))
