"""What every command has in common that makes a run: its log, its one line on standard output, what it
says on standard error, and its exit code."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from yiqihui_spider.cli.aftermath import Verdict, judge
from yiqihui_spider.cli.common import Failure, plain_errors, print_json
from yiqihui_spider.cli.config_option import settings
from yiqihui_spider.cli.notifying import tell, tell_of_the_dead
from yiqihui_spider.cli.run_log import run_log, words_of
from yiqihui_spider.cli.terminal import echo, one_line
from yiqihui_spider.errors import Exit, in_words
from yiqihui_spider.watch.config import Config, default_config
from yiqihui_spider.watch.notify import kind_of
from yiqihui_spider.wording import __version__, counted

if TYPE_CHECKING:
    from yiqihui_spider.session import Session
    from yiqihui_spider.watch.log import RunLogHandler

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is to be told of."""

    log_file: Path | None
    log_format: str
    unattended: bool
    show: bool


LOG_OPTIONS = (
    click.option(
        "--log-file", type=click.Path(), metavar="PATH",
        help="Append the run's events, a line each; rotates at 10 MiB.",
    ),
    click.option(
        "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True,
        help="json: an object a line.",
    ),
)  # fmt: skip


def run_options(command: F) -> F:
    """The options of every command that makes a run; they come as one parameter, ``how``."""

    def gather(*, log_file: str | None, log_format: str, unattended: bool, show: bool, **others: Any) -> Any:
        how = RunOptions(Path(log_file) if log_file else None, log_format, unattended, show)
        return command(how=how, **others)

    options = (
        *LOG_OPTIONS,
        click.option(
            "--unattended", is_flag=True,
            help="For cron and systemd: on standard error nothing but what a person must know.",
        ),
        click.option(
            "--show", is_flag=True,
            help="Print what came of it as on a terminal, into a pipe or file too.",
        ),
    )  # fmt: skip
    gather.__doc__, gather.__name__ = command.__doc__, command.__name__
    gather.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    wrapped: Any = gather
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


@dataclass
class Run:
    """A command that makes a run, from its start to its exit code. The command says what came of it
    (:meth:`ended`); what the archive knows of it is in ``session``."""

    command: str
    archive: Path
    how: RunOptions
    as_json: bool
    config: Config = field(default_factory=default_config)
    session: Session | None = None
    exit_code: int = Exit.FAILED
    outcome: str = "failed"
    reasons: list[str] = field(default_factory=list)
    """Why the exit code is not 0, the most telling first."""
    data: Callable[[], dict[str, Any]] = dict
    show: Callable[[], None] = lambda: None
    notes: Sequence[str] = ()
    """What is nothing wrong, and must be said all the same."""
    failure: Failure | None = None
    """What ended it before anything could be said of it."""
    began: float = field(default_factory=time.monotonic)
    stderr: Any = field(default_factory=lambda: sys.stderr)

    def ended(
        self,
        exit_code: int,
        outcome: str,
        reasons: list[str],
        data: Callable[[], dict[str, Any]],
        show: Callable[[], None],
        notes: Sequence[str] = (),
    ) -> None:
        self.exit_code, self.outcome, self.reasons = int(exit_code), outcome, reasons
        self.data, self.show, self.notes = data, show, notes

    def warn(self, line: str) -> None:
        """Say something on standard error at once, whatever the run may come to."""
        print(one_line(line), file=self.stderr, flush=True)

    @property
    def kind(self) -> str:
        return kind_of(self.command)

    @property
    def run_id(self) -> int | None:
        return self.session.run_id if self.session else None

    @property
    def numbers(self) -> dict[str, Any]:
        """What the run did, in numbers."""
        stats = self.session.stats if self.session else {}
        names = {
            "requests": "requests",
            "pages": "pages",
            "new": "articles_new",
            "changed": "articles_changed",
        }
        found: dict[str, Any] = {ours: int(stats.get(name) or 0) for ours, name in names.items()}
        return found | {"seconds": round(time.monotonic() - self.began, 1)}

    def line(self) -> str:
        """The whole of a run on one line, for a log."""
        from yiqihui_spider.clock import now

        numbers = self.numbers
        told = [
            f"{now()} {self.command}: {self.outcome}",
            f"exit code {self.exit_code}",
            counted(numbers["requests"], "request"),
            counted(numbers["pages"], "page"),
            f"{numbers['new']:,} new",
            f"{numbers['changed']:,} changed",
            f"{numbers['seconds']} s",
        ]
        return one_line(", ".join(told))


@contextmanager
def running(
    command: str, archive: Path, how: RunOptions, as_json: bool, *, hear: bool = True
) -> Iterator[Run]:
    """Everything around a run. Ends the command with the run's exit code.

    In the body the command does its work and calls ``ended``; an error that a user can cause ends the
    run as failed, with its own words and exit code. ``hear``: whether what is printed on standard error
    meanwhile goes into the log.
    """
    run = Run(command, archive, how, as_json, settings())
    with observed(run, hear) as seen:
        try:
            with plain_errors():
                yield run
        except Failure as error:
            fail(run, error)
        except click.UsageError:
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("a fault of ours")
            if not (how.unattended and how.log_file):
                raise
            fail(run, Failure(f"a fault of ours, {in_words(error)}: the traceback is in the log"))
    _print(run, seen.verdict)
    for line in seen.to_be_heard():
        echo(line, err=True)
    click.get_current_context().exit(run.exit_code)


@dataclass
class Observed:
    """What a run means, and what is wrong with the telling of it."""

    run: Run
    log: RunLogHandler | None
    verdict: Verdict = field(default_factory=lambda: Verdict(None, False, ""))
    undelivered: list[str] = field(default_factory=list)
    is_run: bool = True
    """To be set to False where it turns out that there was none."""

    def to_be_heard(self) -> Iterator[str]:
        if self.log is not None and self.log.failure is not None:
            yield f"the log {self.run.how.log_file} is not complete: {words_of(self.log.failure)}"
        yield from self.undelivered


@contextmanager
def observed(run: Run, hear: bool) -> Iterator[Observed]:
    """While a run is at work its log is kept; when it is over (the body never raises on its account) it
    is judged by those before it, and whoever wants to know is told."""
    with run_log(run, hear) as log, _told_of(run) as seen:
        observation = Observed(run, log, undelivered=seen)
        yield observation
        if not observation.is_run:
            return
        observation.verdict = judge(run)
        _log_end(run, observation.verdict)
        observation.undelivered += tell(run, observation.verdict)


def fail(run: Run, failure: Failure) -> None:
    run.failure = failure
    run.exit_code, run.reasons = failure.exit_code, [failure.format_message()]
    run.outcome = run.session.outcome if run.session else "failed"
    if run.outcome == "failed" and run.exit_code == Exit.TRY_LATER:
        run.outcome = "archive in use"


def _print(run: Run, verdict: Verdict) -> None:
    """What came of it on standard output, as wanted there; and on standard error why it is no better."""
    told = run.failure is None
    if run.as_json or run.how.show or sys.stdout.isatty():
        if told:
            print_json(run.data()) if run.as_json else run.show()
    else:
        echo(run.line())
        for line in () if run.how.unattended else run.notes:
            echo(line, err=True)
    if run.how.unattended:
        if verdict.alarming:
            echo(one_line(verdict.line), err=True)
    elif run.failure is not None:
        run.failure.show()
    else:
        for line in run.reasons:
            echo(line, err=True)


def _log_end(run: Run, verdict: Verdict) -> None:
    from yiqihui_spider.session import event

    level = {Exit.DONE: logging.INFO, Exit.UNCERTIFIED: logging.WARNING, Exit.TRY_LATER: logging.WARNING}
    severity = level.get(run.exit_code, logging.ERROR)  # type: ignore[call-overload]
    for note in run.notes:
        event("note", text=note)
    for reason in run.reasons:
        event("trouble", severity, reason=reason)
    told = {"command": run.command, "outcome": run.outcome, "exit_code": run.exit_code, **run.numbers}
    event("run_ended", severity, **told, **({"since": verdict.since} if verdict.since else {}))


@contextmanager
def _told_of(run: Run) -> Iterator[list[str]]:
    """While the run is at work: its session, once it has one, and what nobody could be told of it."""
    from yiqihui_spider.session import event, on_begin

    undelivered: list[str] = []

    def begun(session: Session) -> None:
        run.session = session
        event("run_began", command=run.command, archive=str(run.archive), software=__version__)
        for one in session.died:
            event("run_died", logging.ERROR, died=one.id, command=one.command, began=one.started_at)
            line = (
                f"yiqihui {one.command} of {run.archive}: the run of {one.started_at} died, that is, it "
                "was killed or the machine stopped; this run goes on from there"
            )
            if run.how.unattended:
                run.warn(line)
            undelivered.extend(tell_of_the_dead(run, one, line))

    on_begin.append(begun)
    try:
        yield undelivered
    finally:
        on_begin.remove(begun)
