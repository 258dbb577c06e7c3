"""`sandbox images`: the root file systems that boxes start from."""

from pathlib import Path

import click

from sandbox.cli.options import BACKENDS
from sandbox.language import choose_languages
from sandbox.paths import data_dir, state_dir


@click.group()
def images() -> None:
    """Build and list the images of languages."""


@images.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE...]")
@click.option("--backend", type=BACKENDS, default="runsc", show_default=True, help="What the images are for.")
@click.option(
    "--base",
    metavar="IMAGE",
    help="runsc: a tar file of a root file system; docker: an image reference. Default: built without any registry.",
)
@click.option("--force", is_flag=True, help="Build even what is there already (runsc).")
def build(languages: tuple[str, ...], backend: str, base: str | None, force: bool) -> None:
    """Build the images of the named languages; without a name, of python."""
    from sandbox.images import build_docker, build_erofs  # noqa: PLC0415 - Linux and root only, and slow to import

    for language in choose_languages(data_dir("images"), languages).values():
        if backend == "docker":
            tag = build_docker(language, repo_root=data_dir("images").parent, base=base, report=_say)
            click.echo(f"{language.name}: {tag}")
        else:
            base_tar = None if base is None else Path(base)
            image = build_erofs(language, state_dir=state_dir(), report=_say, base_tar=base_tar, force=force)
            click.echo(f"{language.name}: {image.digest}")


@images.command(name="list")
def list_() -> None:
    """List the images that were built, with their digests."""
    from sandbox.images import list_images  # noqa: PLC0415 - Linux and root only, and slow to import

    found = list_images(state_dir())
    if not found:
        click.echo("no images yet: sandbox images build", err=True)
    for image in found:
        click.echo(f"{image.language}\t{image.language_version}\t{image.digest}\t{image.erofs_path}")


def _say(line: str) -> None:
    click.echo(line, err=True)
