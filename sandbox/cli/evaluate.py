"""`sandbox evaluate`: samples of a code model."""

import sys
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from sandbox.cli.main import EXIT_INTERRUPTED, EXIT_SERVICE
from sandbox.cli.options import (
    BACKENDS,
    MEMORY_HELP,
    SECONDS,
    SIZE,
    TEST_TIMEOUT_HELP,
    TIMEOUT_HELP,
    connected,
    requested_limits,
)
from sandbox.cli.progress import progress
from sandbox.client.sync import Client
from sandbox.errors import InputFileError, JobRefusedError
from sandbox.evaluate.fallback import Doubts, is_unknown, may_be_the_split, reason
from sandbox.evaluate.jobs import sample_index, sample_job
from sandbox.evaluate.problems import ProblemSet, load_problems
from sandbox.evaluate.report import Tally
from sandbox.evaluate.results import ResultFile, result_line
from sandbox.evaluate.samples import Sample, canonical_samples, read_samples, reference_sample
from sandbox.job import Job
from sandbox.limits import RequestedLimits
from sandbox.verdict import Integrity, JobResult, ServiceError, ServiceErrorCode

AUTO = "auto"


class Draws(click.ParamType[tuple[int, ...]]):
    """Numbers of draws: `1,10,100`."""

    name = "k,..."

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers, each 1 or more."""
        if isinstance(value, tuple):
            return value
        try:
            ks = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers such as 1,10,100", param, ctx)
        if min(ks) < 1:
            self.fail("each k must be 1 or more", param, ctx)
        return ks


@click.command()
@click.argument("samples_file", metavar="[SAMPLES]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--problems",
    default="humaneval",
    show_default=True,
    metavar="humaneval|FILE",
    help="The installed HumanEval problems, or a file in their format, in MBPP's, or HumanEval+ as EvalPlus has it: "
    ".jsonl or .jsonl.gz.",
)
@click.option("--canonical", is_flag=True, help="Test each problem's own solution instead of samples.")
@click.option("--k", "ks", type=Draws(), default="1,10,100", show_default=True, help="The k of pass@k.")
@click.option("--timeout", type=SECONDS, default=3.0, show_default=True, help=TIMEOUT_HELP)
@click.option("--test-timeout", type=SECONDS, help=TEST_TIMEOUT_HELP)
@click.option("--memory", type=SIZE, help=MEMORY_HELP)
@click.option("--policy", default="default", show_default=True, help="A policy of the server.")
@click.option("--language", default="python", show_default=True, help="A language of the server.")
@click.option(
    "--integrity",
    type=click.Choice([AUTO, *(level.value for level in Integrity)]),
    default=AUTO,
    show_default=True,
    help="How tests are kept apart from programs. auto: as the policy says, but in the program's process for problems "
    "whose own solution passes only there; the summary names them.",
)
@click.option(
    "--endpoint",
    multiple=True,
    metavar="HOST:PORT",
    help="A running server; give several to spread. Default: a private one.",
)
@click.option("--backend", type=BACKENDS, help="What makes the boxes of a private server. Default: runsc.")
@click.option(
    "--out", "out_file", type=click.Path(dir_okay=False, path_type=Path), help="Default: SAMPLES_results.jsonl."
)
@click.option(
    "--in-flight", type=click.IntRange(1, 10_000), default=64, show_default=True, help="Unanswered jobs per server."
)
def evaluate(
    *,
    samples_file: Path | None,
    problems: str,
    canonical: bool,
    ks: tuple[int, ...],
    timeout: float,
    test_timeout: float | None,
    memory: int | None,
    policy: str,
    language: str,
    integrity: str,
    endpoint: tuple[str, ...],
    backend: str | None,
    out_file: Path | None,
    in_flight: int,
) -> None:
    """Test samples of a code model and print pass@k, as openai/human-eval does, with each sample in a box of its own.

    SAMPLES has one JSON object per line, with task_id and completion; it may be gzipped. Results go to
    SAMPLES_results.jsonl as they come, and in the order of the samples in the end.

    Exit code: 0 when every sample has a verdict, 2 for wrong input, 3 when the service failed or results could not be
    written, 130 after Ctrl-C.
    """
    _check_samples(samples_file, canonical=canonical)
    problem_set = load_problems(problems)
    if out_file is None and samples_file is not None:
        out_file = samples_file.with_name(samples_file.name + "_results.jsonl")

    def samples() -> Iterator[Sample]:
        return canonical_samples(problem_set) if samples_file is None else read_samples(samples_file, problem_set)

    # Once through everything first: a bad last line must not cost an hour, and the progress bar needs a total.
    tally = Tally()
    total = 0
    for sample in samples():
        tally.expect(sample.task_id)
        total += 1
    if not total:
        raise click.UsageError(f"{samples_file} has no samples")
    limits = requested_limits(timeout, memory, test_timeout_s=test_timeout)
    try:
        with ExitStack() as stack:
            inputs = [path for path in (samples_file, Path(problems)) if path is not None]
            out = None if out_file is None else stack.enter_context(_results(out_file, inputs))
            client = stack.enter_context(
                connected(endpoint, backend=backend, languages=[language], policy=policy, in_flight_max=in_flight)
            )
            done = stack.enter_context(progress(total))
            run = _Run(client, problem_set, limits, policy, language, tally, out, done)
            findings = run.all(
                samples, None if integrity == AUTO else Integrity(integrity), fall_back=integrity == AUTO
            )
    except KeyboardInterrupt:
        where = "" if out_file is None else f"; their results are in {out_file}"
        click.echo(f"sandbox: interrupted after {tally.samples} of {total} samples{where}", err=True)
        sys.exit(EXIT_INTERRUPTED)
    for note in findings.notes:
        click.echo(f"note: {note}", err=True)
    _report(tally, ks, problem_set, out_file, findings.unknown)
    if tally.samples != total:
        click.echo(f"sandbox: {samples_file} had {total} samples, then {tally.samples}: it has changed", err=True)
        sys.exit(EXIT_SERVICE)


def _check_samples(samples_file: Path | None, *, canonical: bool) -> None:
    if (samples_file is None) is not canonical:
        raise click.UsageError("give either a file of samples or --canonical")
    if samples_file is not None and samples_file.exists() and not samples_file.is_file():
        # It is read twice: once to find what is wrong with it, once to test it.
        raise InputFileError(str(samples_file), 0, "is no regular file; put the samples into one")


@contextmanager
def _results(path: Path, inputs: Iterable[Path]) -> Iterator[ResultFile]:
    """Open the file of results, which must be none of the inputs and no device. In the end it is sorted, come what may.

    Raises:
        InputFileError: It is, or it cannot be written.
    """
    if path.exists():
        if not path.is_file():
            raise InputFileError(str(path), 0, "is no regular file, so results cannot be kept and sorted in it")
        if any(given.exists() and path.samefile(given) for given in inputs):
            raise InputFileError(str(path), 0, "is an input of this evaluation: its results would destroy it")
    try:
        file = ResultFile(path.resolve())
    except OSError as error:
        raise InputFileError(str(path), 0, f"cannot be written: {error.strerror or error}") from error
    with file:
        try:
            yield file
        finally:
            try:
                file.sort()
            except OSError as error:
                # It must not cost the figures, which took longer.
                why = error.strerror or error
                click.echo(f"note: the results in {path} are in the order in which they came: {why}", err=True)


@dataclass(frozen=True, slots=True)
class _Findings:
    """What is to be said of an evaluation.

    Attributes:
        notes: To be printed.
        unknown: Problems of which nobody knows whether their tests can be split from the program.
    """

    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """One evaluation: where jobs go, and where results go."""

    client: Client
    problem_set: ProblemSet
    limits: RequestedLimits
    policy: str
    language: str
    tally: Tally
    out: ResultFile | None
    done: Callable[[Tally], None]

    def all(
        self, samples: Callable[[], Iterable[Sample]], integrity: Integrity | None, *, fall_back: bool
    ) -> _Findings:
        """Judge samples. Returns what is to be said about it.

        Args:
            samples: Gives the samples, as often as it is called.
            integrity: How strongly to keep tests apart; None: as the policy says.
            fall_back: Whether to judge those anew in one process whose problems cannot be judged otherwise.

        Raises:
            JobRefusedError: The policy refuses every job.
        """
        doubts = Doubts()
        with closing(self._judge(samples(), integrity)) as judged:
            for sample, result in judged:
                self.tally.add(sample.task_id, result)
                self._keep(sample, result)
                if fall_back:
                    doubts.see(sample, result)
        return self._fall_back(samples(), doubts) if doubts.failed else _Findings()

    def _judge(
        self, samples: Iterable[Sample], integrity: Integrity | None
    ) -> Generator[tuple[Sample, JobResult], None, None]:
        run_id = uuid.uuid4().hex[:12]
        running: dict[int, Sample] = {}

        def jobs() -> Iterator[Job]:
            for sample in samples:
                running[sample.index] = sample
                yield sample_job(
                    self.problem_set.problems[sample.task_id],
                    sample,
                    run_id=run_id,
                    limits=self.limits,
                    policy=self.policy,
                    language=self.language,
                    integrity=integrity,
                )

        # By name, not by garbage collection: what is running must be cancelled before the client closes.
        with closing(self.client.run_many(jobs())) as results:
            for result in results:
                sample = running.pop(sample_index(result.job_id))
                if (
                    isinstance(result, ServiceError)
                    and result.code is ServiceErrorCode.REFUSED
                    and _is_of_all_jobs(result.field)
                ):
                    # Every other sample would be refused for it as well.
                    raise JobRefusedError(result.field, result.message)
                yield sample, result

    def _results(self, references: Iterable[Sample], integrity: Integrity | None) -> dict[str, JobResult]:
        with closing(self._judge(references, integrity)) as judged:
            return {sample.task_id: result for sample, result in judged}

    def _keep(self, sample: Sample, result: JobResult, fallback_reason: str | None = None) -> None:
        if self.out is not None:
            self.out.append(sample.index, result_line(sample, result, fallback_reason))
        self.done(self.tally)

    def _fall_back(self, samples: Iterable[Sample], doubts: Doubts) -> _Findings:
        """Judge samples anew in one process where only that does their problem justice. Returns what is to be said."""
        references = {
            task_id: reference_sample(index, self.problem_set.problems[task_id])
            for index, task_id in enumerate(doubts.failed)
        }
        split = self._results(references.values(), None)
        wrong = [references[task_id] for task_id, result in split.items() if may_be_the_split(result)]
        try:
            together = self._results(wrong, Integrity.IN_PROCESS)
        except JobRefusedError as error:
            if error.field != "job.integrity":
                raise
            note = f"the own solutions of {_listed(wrong)} do not pass; {error.reason}"
            return _Findings((note,), _unknown(split))
        why = {task_id: text for task_id, result in together.items() if (text := reason(split[task_id], result))}
        anew = {task_id: doubts.failed[task_id] for task_id in why}
        again = (sample for sample in samples if sample.index in anew.get(sample.task_id, {})) if anew else ()
        with closing(self._judge(again, Integrity.IN_PROCESS)) as results:
            for sample, result in results:
                self.tally.replace(sample.task_id, anew[sample.task_id][sample.index], result)
                self._keep(sample, result, why[sample.task_id])
        notes = [f"judged IN_PROCESS, where a program can forge its verdict: {name} ({why[name]})" for name in why]
        unknown = _unknown(split) + _unknown(together)
        if left := [sample for sample in wrong if sample.task_id not in {*why, *unknown}]:
            notes.append(f"the own solutions of {_listed(left)} pass neither split nor in one process")
        return _Findings(tuple(notes), unknown)


def _is_of_all_jobs(field: str) -> bool:
    """Tell whether a field of a job is the same in all jobs of an evaluation."""
    return field.startswith("job.limits") or field in {"job.policy", "job.language", "job.integrity", "job.diagnostics"}


def _unknown(results: Mapping[str, JobResult]) -> tuple[str, ...]:
    return tuple(task_id for task_id, result in results.items() if is_unknown(result))


def _listed(samples: Iterable[Sample]) -> str:
    return ", ".join(sample.task_id for sample in samples)


def _report(
    tally: Tally, ks: tuple[int, ...], problem_set: ProblemSet, out_file: Path | None, unknown: tuple[str, ...]
) -> None:
    Console(highlight=False).print(tally.table())
    if out_file is not None:
        click.echo(f"Results are in {out_file}", err=True)
    missing = len(problem_set.problems) - tally.problems
    if missing:
        click.echo(
            f"note: {missing} of {len(problem_set.problems)} problems have no samples; pass@k is over the others",
            err=True,
        )
    pass_at_k = tally.pass_at_k(ks)
    if pass_at_k is None or unknown:
        click.echo(f"sandbox: no pass@k: {_why_no_figure(tally, unknown)}", err=True)
        sys.exit(EXIT_SERVICE)
    left_out = [str(k) for k in ks if f"pass@{k}" not in pass_at_k]
    if left_out:
        click.echo(f"note: not every problem has enough samples for k = {', '.join(left_out)}", err=True)
    click.echo(str(pass_at_k))


def _why_no_figure(tally: Tally, unknown: tuple[str, ...]) -> str:
    """Return what nobody knows, and what to do."""
    texts = []
    if tally.service_errors:
        texts.append(
            f"{tally.service_errors} samples ended in a service error, so nobody knows whether they pass. They are in "
            "the table and in the results."
        )
    if unknown:
        texts.append(
            f"The own solutions of {', '.join(unknown)} ended in a service error, so nobody knows whether their tests "
            "can be split from the program."
        )
    if lasting := tally.problems_with(retryable=False):
        texts.append(
            f"Another run will not help {', '.join(lasting)}, whose tests do not load or whose jobs are refused: mend "
            "them or leave them out."
        )
    if unknown or tally.problems_with(retryable=True):
        texts.append("Run the evaluation again.")
    return " ".join(texts)
