"""`sandbox health`: for container health checks."""

import sys

import click

from sandbox.cli.options import SECONDS
from sandbox.client.health import serving_status


@click.command()
@click.argument("endpoint", metavar="[ENDPOINT]", default="localhost:50051")
@click.option("--timeout", "timeout_s", type=SECONDS, default=3.0, show_default=True, help="Seconds to wait.")
def health(*, endpoint: str, timeout_s: float) -> None:
    """Ask the server at ENDPOINT, HOST:PORT or unix:PATH, whether it serves. Default: localhost:50051.

    Exit code: 0 when it does, 1 when it says that it does not, 3 when nobody answers.
    """
    status = serving_status(endpoint, timeout_ms=max(1, round(timeout_s * 1000)))
    click.echo(status)
    sys.exit(0 if status == "SERVING" else 1)
