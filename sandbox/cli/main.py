"""The command group. Subcommands are loaded when they are called, so that `--help` is fast and says what works."""

import importlib
import io
import os
import sys
from typing import Any

import click

from sandbox.errors import InputFileError, JobRefusedError, SandboxError
from sandbox.version import VERSION

# name: (module, attribute, one line of help)
COMMANDS = {
    "run": ("sandbox.cli.run", "run", "Run programs and say what became of them."),
    "evaluate": ("sandbox.cli.evaluate", "evaluate", "Test samples of a code model and print pass@k."),
    "serve": ("sandbox.cli.serve", "serve", "Run the service."),
    "launcher": ("sandbox.cli.launcher", "launcher", "Make boxes for a server that has no privileges."),
    "doctor": ("sandbox.cli.doctor", "doctor", "Attack every limit on this machine, and say which ones bind."),
    "bench": ("sandbox.cli.bench", "bench", "Measure how fast this machine judges."),
    "policy": ("sandbox.cli.policy", "policy", "Look at policies, check them, compare them, try them out."),
    "health": ("sandbox.cli.health", "health", "Ask a server whether it serves."),
    "images": ("sandbox.cli.images", "images", "Build and list the images of languages."),
}

EXIT_BAD_INPUT = 2
EXIT_SERVICE = 3
EXIT_INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is asked for, and turns our errors into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand.

        Raises:
            click.exceptions.Exit: With 2 for bad input, 3 when the service failed, 130 after Ctrl-C.
        """
        try:
            return super().invoke(ctx)
        except SandboxError as error:
            click.echo(f"sandbox: {error}", err=True)
            bad_input = isinstance(error, JobRefusedError | InputFileError)
            raise click.exceptions.Exit(EXIT_BAD_INPUT if bad_input else EXIT_SERVICE) from None
        except KeyboardInterrupt:
            click.echo("sandbox: interrupted", err=True)
            raise click.exceptions.Exit(EXIT_INTERRUPTED) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="sandbox")
def cli() -> None:
    """Run programs nobody trusts, each in its own gVisor box, and say whether they pass their tests."""


def main() -> None:
    """Run the command line."""
    # Read when gRPC is first imported: its notes about connections that end are not for people.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A program may print what the terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="sandbox")
