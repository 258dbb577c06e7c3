"""`sandbox policy learn` and `canary`: what a corpus says about a policy. Imports late what needs Linux."""
# ruff: noqa: PLC0415

import asyncio
import difflib
import logging
import os
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.corpus import Corpus, corpus_options, counting, read_corpus
from sandbox.cli.options import BACKENDS
from sandbox.cli.policy import EXIT_WRONG, find_policy, with_folder
from sandbox.evaluate.jobs import sample_index
from sandbox.language import choose_languages
from sandbox.paths import data_dir, run_dir, state_dir
from sandbox.policy.loading import build
from sandbox.seccomp.profile import text_of
from sandbox.tuning.comparing import changed, changes, word
from sandbox.tuning.learning import least, names_of
from sandbox.verdict import ServiceError

if TYPE_CHECKING:
    from sandbox.policy import Policy

_PRCTL = {"x86_64": 157, "aarch64": 167}


@click.command()
@click.argument("name", metavar="POLICY")
@corpus_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the profile here.")
@with_folder
def learn(
    name: str,
    *,
    problems: str,
    samples_file: Path | None,
    limit: int | None,
    language: str,
    out: Path | None,
    folder: Path | None,
) -> None:
    """Run a corpus, note the system calls that its programs and tests make, and propose the least profile.

    What is proposed is the policy's profile without what nobody called, as a diff to be reviewed, or as a file: put it
    into seccomp/ beside a policy of your own that names it, and ask `sandbox policy canary` what it would change. Only
    for programs that you have looked at: a call that one program makes is allowed to all.

    Needs root, and the backend runsc.
    """
    if out is not None and not (out.parent.is_dir() and os.access(out.parent, os.W_OK)):
        raise click.BadParameter(f"no file can be written in {out.parent}", param_hint="--out")
    policy = _found(name, folder)
    corpus = read_corpus(problems, samples_file, limit)
    calls, failed = asyncio.run(_traced(corpus, policy, language))
    used = names_of(calls, os.uname().machine)
    proposal = least(policy.system_calls, used)
    made_by = f"{len(corpus.samples)} samples of {problems} under the policy {policy.name}"
    comment = f"What was called by {made_by}. What is not here is EPERM."
    text = text_of(proposal, comment)
    before, after = policy.system_calls.allowed(), proposal.allowed()
    if out is None:
        old = text_of(policy.system_calls, comment).splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(old, text.splitlines(keepends=True), policy.name, "proposed"))
    else:
        try:
            _write_whole(out, text)
        except OSError as error:
            # It took a while to find out.
            click.echo(text, nl=False)
            raise click.ClickException(f"cannot write {out}: {error}; the profile was printed instead") from error
    click.echo(
        f"{len(corpus.samples)} samples ({failed} of them failed) made {len(used)} different calls; "
        f"of the {len(before)} that {policy.name} allows, {len(after)} are needed",
        err=True,
    )


def _found(name: str, folder: Path | None) -> "Policy":
    draft = find_policy(name, folder)
    draft.refuse_if_wrong()
    return build(draft)


def _write_whole(path: Path, text: str) -> None:
    """Write a file that is never there in part."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", delete=False
    ) as file:
        part = Path(file.name)
        try:
            file.write(text)
            file.flush()
            part.chmod(0o644)
            part.replace(path)
        except OSError:
            part.unlink()
            raise


async def _traced(corpus: Corpus, policy: "Policy", language: str) -> tuple[frozenset[int], int]:
    """Run a corpus where its system calls are seen. Returns their numbers, and how many samples did not pass."""
    from sandbox import host, logs
    from sandbox.boxes.runsc import RunscBackend
    from sandbox.boxes.tracing import CallTrace
    from sandbox.dispatcher import Dispatcher
    from sandbox.errors import BackendError
    from sandbox.images import find_image
    from sandbox.runner import Runner
    from sandbox.scheduler import Scheduler
    from sandbox.server import find_runsc, slots_for

    logs.configure(logging.WARNING)
    languages = choose_languages(data_dir("images"), [language])
    images = {each.name: find_image(each, state_dir=state_dir()) for each in languages.values()}
    with tempfile.TemporaryDirectory(prefix="sandbox-trace-", dir="/tmp") as folder:
        trace = CallTrace(Path(folder), filter_call=_PRCTL[os.uname().machine])
        trace.start()
        backend = RunscBackend(runsc=find_runsc(None), images=images, run_dir=run_dir() / "runsc", trace=trace)
        await backend.start()
        try:
            slots = slots_for(host.look(), policy)
            dispatcher = Dispatcher(
                backend=backend,
                runner=Runner(backend, host_kernel=host.kernel_release()),
                scheduler=Scheduler(slots=slots, queue_jobs_max=len(corpus.samples)),
                policies={policy.name: policy},
                languages=languages,
            )
            room = asyncio.Semaphore(2 * slots)
            failed = 0
            faults: list[str] = []
            with counting("tracing", len(corpus.samples)) as advance:

                async def one(job: "object") -> None:
                    nonlocal failed
                    async with room:
                        result = await dispatcher.answer(job)  # type: ignore[arg-type]
                    if isinstance(result, ServiceError) and not faults:
                        faults.append(result.message)
                    failed += word(result) != "ALL_TESTS_PASSED"
                    advance()

                async with asyncio.TaskGroup() as group:
                    for job in corpus.jobs(run_id=uuid.uuid4().hex[:12], policy=policy.name, language=language):
                        group.create_task(one(job))
        finally:
            await backend.close()
            trace.close()
        if trace.lost:
            raise BackendError(f"{trace.lost} notes of calls were lost, so that nothing can be said: run fewer samples")
        if not trace.calls:
            why = f"the first sample came to: {faults[0]}" if faults else "this runsc has no trace points"
            raise BackendError(f"no call was seen: {why}")
        return trace.calls, failed


@click.command()
@click.argument("before", metavar="POLICY")
@click.argument("after", metavar="POLICY")
@corpus_options
@click.option("--backend", type=BACKENDS, default="runsc", show_default=True, help="What makes the boxes.")
@with_folder
def canary(
    before: str,
    after: str,
    *,
    problems: str,
    samples_file: Path | None,
    limit: int | None,
    language: str,
    backend: str,
    folder: Path | None,
) -> None:
    """Run the same corpus under two policies, and list the samples that come to something else under the second.

    Each sample that does is run once more under both: one that comes to something else each time is told apart from one
    that the policy changes.

    Exit code: 0 when nothing changes, 1 when something does.
    """
    for name in (before, after):
        _found(name, folder)
    corpus = read_corpus(problems, samples_file, limit)
    first = _words(corpus, before, folder, language, backend)
    second = _words(corpus, after, folder, language, backend)
    found = changed(first, second)
    again = [{}, {}] if not found else [
        _words(corpus.only(set(found)), name, folder, language, backend) for name in (before, after)
    ]  # fmt: skip
    listed = changes(corpus.names, first, second, again)
    for change in listed:
        note = "" if change.is_steady else " (something else when it was asked again: not the policy's doing alone)"
        click.echo(f"{change.name}: {change.before} -> {change.after}{note}")
    steady = sum(change.is_steady for change in listed)
    click.echo(f"{len(corpus.samples)} samples: {steady} change, {len(listed) - steady} are unsteady")
    sys.exit(EXIT_WRONG if listed else 0)


def _words(corpus: Corpus, name: str, folder: Path | None, language: str, backend: str) -> dict[int, str]:
    """Run a corpus under one policy, on a server of its own. Returns the cause of each, by index."""
    from sandbox.client.local import local

    draft = find_policy(name, folder)
    draft.refuse_if_wrong()
    policy = draft.file.stem
    with (
        local(backend=backend, languages=[language], policies=[policy], policies_dir=draft.file.parent) as client,
        counting(policy, len(corpus.samples)) as advance,
    ):
        words = {}
        jobs = corpus.jobs(run_id=uuid.uuid4().hex[:12], policy=policy, language=language)
        for result in client.run_many(jobs):
            words[sample_index(result.job_id)] = word(result)
            advance()
        return words
