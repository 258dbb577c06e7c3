"""`sandbox policy`: what operators tune, as text that is reviewed. Imports late what needs Linux and root."""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox.cli.options import BACKENDS
from sandbox.cli.text import escaped
from sandbox.job import Job, NoTests, SourceTests
from sandbox.paths import data_dir
from sandbox.policy.comparing import Direction, call_differences, differences
from sandbox.policy.files import by_name
from sandbox.policy.keys import BY_PATH
from sandbox.policy.loading import DEFAULT_POLICY, build, draft_policy, no_default
from sandbox.policy.reading import Draft
from sandbox.policy.schema import schema as policy_schema
from sandbox.seccomp.numbers import NUMBERS
from sandbox.verdict import ServiceError

EXIT_WRONG = 1
_EXIT_FAULT = 3
_COLOURS = {Direction.LOOSER: "red", Direction.TIGHTER: "green", Direction.OTHER: "yellow"}


class _Group(click.Group):
    """A group whose commands for corpora are loaded when they are called: they need what a policy's text does not."""

    corpus_commands = ("learn", "canary")

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        return [*super().list_commands(ctx), *self.corpus_commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one subcommand."""
        if cmd_name in self.corpus_commands:
            command: click.Command = getattr(importlib.import_module("sandbox.cli.policy_corpus"), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Group)
def policy() -> None:
    """Look at policies, check them, compare them, and try them out.

    A policy says what a job may ask for and what each box is given. POLICY is a name, of a file among those of the
    package or in --policies, or the path of a file that ends with .toml.
    """


def with_folder(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says where policies are, by name."""
    return click.option(
        "--policies",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Where policies are, by name. [default: those of the package]",
    )(command)


@policy.command(name="list")
@with_folder
def list_(folder: Path | None) -> None:
    """List policies by name, with their digests, and what they are for."""
    wrong = False
    table = Table(box=None, pad_edge=False)
    for title in ("policy", "digest", "for"):
        table.add_column(title, overflow="fold" if title == "for" else "ellipsis", no_wrap=title != "for")
    for path in by_name(folder or data_dir("policies")).values():
        draft = draft_policy(path)
        if problem := next((each for each in draft.problems if not each.is_advice), None):
            wrong = True
            table.add_row(Text(path.stem), Text("broken", style="red"), Text(str(problem)))
        else:
            found = build(draft)
            table.add_row(Text(found.name), Text(found.digest[: len("sha256:") + 12]), Text(escaped(found.description)))
    _console().print(table)
    sys.exit(EXIT_WRONG if wrong else 0)


@policy.command()
@click.argument("name", metavar="POLICY")
@click.option("--explain", is_flag=True, help="What each key means, and what breaks when it is loosened.")
@with_folder
def show(name: str, folder: Path | None, *, explain: bool) -> None:
    """Print what a policy comes to, and which line of which file each value is from."""
    draft = find_policy(name, folder)
    draft.refuse_if_wrong()
    found = build(draft)
    click.echo(f"# {found.name}, {found.digest}")
    click.echo(f"# programs may make {len(found.system_calls.allowed())} of {len(NUMBERS)} system calls")
    width = max(len(path) for path in draft.settings)
    for path in _in_order(draft):
        setting = draft.settings[path]
        click.echo(f"{path:<{width}} = {_shown(setting.value)}  # {setting.file}:{setting.line}")
        if explain and (key := BY_PATH.get(path)):
            unit = f" In {key.unit}." if key.unit else ""
            click.echo(f"    {key.meaning}{unit}\n    When loosened: {key.loosened}")


@policy.command()
@click.argument("names", nargs=-1, metavar="[POLICY...]")
@with_folder
def check(names: tuple[str, ...], folder: Path | None) -> None:
    """Say what is wrong with policies, with the line it is in; without a name, with all that there are.

    Exit code: 0 when they can be served, 1 when not. Advice does not count.
    """
    place = folder or data_dir("policies")
    drafts = [find_policy(name, folder) for name in names] or [draft_policy(path) for path in by_name(place).values()]
    wrong = 0
    for draft in drafts:
        for problem in draft.problems:
            click.echo(f"{problem}{' (advice)' if problem.is_advice else ''}")
            wrong += not problem.is_advice
        if not draft.is_wrong:
            click.echo(f"{draft.file}: good, {build(draft).digest}")
    if not names and DEFAULT_POLICY not in by_name(place):
        click.echo(no_default(place))
        wrong += 1
    sys.exit(EXIT_WRONG if wrong else 0)


@policy.command()
@click.argument("before", metavar="POLICY")
@click.argument("after", metavar="POLICY")
@with_folder
def diff(before: str, after: str, folder: Path | None) -> None:
    """Say in what the second policy differs from the first, and whether it is looser or tighter there.

    Exit code: 0 when they come to the same, 1 when not.
    """
    drafts = [find_policy(name, folder) for name in (before, after)]
    for draft in drafts:
        draft.refuse_if_wrong()
    found = differences(*drafts)
    calls = call_differences(*(build(draft).system_calls for draft in drafts))
    for each in calls:
        line = f"{each.direction.value}: {each.text}: {', '.join(each.names)}"
        _console().print(Text(line, style=_COLOURS[each.direction]))
    table = Table(box=None, pad_edge=False)
    for title in ("key", before, after, ""):
        table.add_column(title, overflow="fold")
    for setting in found:
        direction = Text(setting.direction.value, style=_COLOURS[setting.direction])
        table.add_row(Text(setting.path), Text(_shown(setting.before)), Text(_shown(setting.after)), direction)
    if found:
        _console().print(table)
    elif not calls:
        click.echo("no difference")
    sys.exit(EXIT_WRONG if found or calls else 0)


@policy.command(name="try")
@click.argument("name", metavar="POLICY")
@click.argument("program", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--tests",
    "tests_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Test code. Without it the program passes when it ends with exit code 0.",
)
@click.option("--backend", type=BACKENDS, default="runsc", show_default=True, help="What makes the box.")
@click.option("--language", default="python", show_default=True, help="The program's language.")
@with_folder
def try_(
    name: str, program: Path, folder: Path | None, *, tests_file: Path | None, backend: str, language: str
) -> None:
    """Run one program under a policy, in a box of a server of its own, and say what became of it.

    The policy's limits are attacked first, in the short form of `sandbox doctor`: a policy that does not bind on this
    machine is refused.

    Exit code: 0 when the program passes, 1 when not, 3 when the policy cannot be served.
    """
    from sandbox.cli.run import read_file, show_one  # noqa: PLC0415 (the other subcommands need nothing of it)
    from sandbox.client.local import local  # noqa: PLC0415

    draft = find_policy(name, folder)
    draft.refuse_if_wrong()
    job = Job(
        program=read_file(program),
        tests=NoTests() if tests_file is None else SourceTests(read_file(tests_file)),
        policy=draft.file.stem,
        language=language,
    )
    with local(
        backend=backend, slots=1, languages=[language], policies=[draft.file.stem], policies_dir=draft.file.parent
    ) as client:
        (result,) = client.run_many([job])
    show_one(result)
    sys.exit(_EXIT_FAULT if isinstance(result, ServiceError) else 0 if result.passed else EXIT_WRONG)


@policy.command()
def schema() -> None:
    """Print the JSON Schema of policy files, by which editors complete and explain keys."""
    click.echo(policy_schema(), nl=False)


def find_policy(name: str, folder: Path | None) -> Draft:
    """Read the policy of this name, or the file of this path.

    Raises:
        click.BadParameter: There is none.
    """
    if name.endswith(".toml"):
        return draft_policy(Path(name))
    known = by_name(folder or data_dir("policies"))
    if name not in known:
        raise click.BadParameter(
            f"{name!r} is none of {', '.join(known) or 'none'}; the path of a file has to end with .toml",
            param_hint="POLICY",
        )
    return draft_policy(known[name])


def _in_order(draft: Draft) -> list[str]:
    return [*(path for path in BY_PATH if path in draft.settings), *sorted(set(draft.settings) - set(BY_PATH))]


def _shown(value: object) -> str:
    """Return a value as TOML has it."""
    match value:
        case None:
            return "-"
        case int():
            return f"{value:_}"
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case _:
            # A TOML text in double quotes is a JSON one.
            return json.dumps(value, ensure_ascii=False)


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)
