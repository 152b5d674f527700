"""``yiqihui wayback``"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from yiqihui_spider.cli.common import Finite, archive_option, json_option, print_json, print_next, site_option
from yiqihui_spider.cli.config_option import settings
from yiqihui_spider.cli.counting import count_progress
from yiqihui_spider.cli.running import RunOptions, run_options, running
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.session.events import event
from yiqihui_spider.wayback.query import INTERNET_ARCHIVE, open_address, replay_base
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.site import SiteProfile
    from yiqihui_spider.wayback.plan import Plan
    from yiqihui_spider.wayback.tally import Tally

SHOWN = 20

NO_CAPTURES = "the index knows no captures there"


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A date as people write it, to an index's digits; a beginning of one is a span of time."""
    if value is None:
        return None
    digits = re.sub(r"[-:T ]", "", value)
    if not re.fullmatch(r"\d{4}(\d\d){0,5}", digits, re.ASCII):
        raise click.BadParameter(f"{value!r} is no date; write 2019, 2019-04 or 2019-04-13")
    return digits


def _web(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _is_web_address(value):
        raise click.BadParameter(f"{open_address(value)!r} is no http:// or https:// address")
    return value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(re.fullmatch(r"https?://\S+", value) and parts.hostname and parts.port != 0)
    except ValueError:  # no port, no IPv6 address
        return False


def _prefix(ctx: click.Context, param: click.Parameter, value: str) -> str:
    _web(ctx, param, value if "://" in value else f"http://{value}")
    return value.removesuffix("*")


_HELP = """Fetch past captures of the site's pages from a Wayback-style archive.

Asks a CDX index (the Internet Archive's, or with --cdx another one, such as pywb's) for all
captures under URL-PREFIX and fetches the original bytes of those the archive lacks, oldest
first. They are filed under the time at which they were captured, so views and texts from
years ago take their place in the series; `captures` says where they came from (origin
'wayback', time_source 'cdx').

A capture with the same payload as the one before it is passed over. One that went back to an
earlier payload is noted without fetching it again. What could not be fetched, and what an
interruption left, is fetched by the next run.

What comes is believed only if its bytes have the digest that the index names. Where the index
names none, the replay's own headers must say that this is a capture. All else (half a page,
another page, an error page, a page with rewritten links) is refused with its reason and asked
for again: by the next run, then after 1, 3, 9 … up to 90 days; --retry does not wait. A capture
known as not to be had is no failure of later runs; `SELECT * FROM wayback_misses` lists them.

\b
Examples:
  yiqihui wayback http://www.178hui.com/news/ --from 2018 --to 2020 --dry-run
  yiqihui wayback http://www.178hui.com/news/
  yiqihui wayback http://www.178hui.com/news/ --cdx http://localhost:8080/news/cdx

Requests come one at a time; 429 and Retry-After are obeyed, up to five minutes. An answer may
take five minutes in all. A payload may have 64 MiB; more is cut off and marked so.

Exit codes: 1 the index's answer is no list of captures; 3 some captures could not be fetched
that may yet be had; 4 a page is not understood in full; 75 the index can't be reached, or
another run or program holds the archive.
"""


@click.command("wayback", help=_HELP)
@click.argument("prefix", metavar="URL-PREFIX", callback=_prefix)
@click.option(
    "--cdx", "index", callback=_web, default=INTERNET_ARCHIVE, show_default=True, metavar="URL",
    help="The index to ask.",
)  # fmt: skip
@click.option(
    "--replay", callback=_web, metavar="URL",
    help="Where captures are replayed, up to the timestamp.  [default: told from --cdx]",
)  # fmt: skip
@click.option(
    "--from", "since", callback=_moment, metavar="DATE",
    help="Captures from then on: 2019, 2019-04, 2019-04-13.",
)  # fmt: skip
@click.option(
    "--to", "until", callback=_moment, metavar="DATE", help="Captures up to then, that year or day included."
)
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Fetch at most N captures now.")
@click.option("--retry", is_flag=True, help="Try again now what could not be had before.")
@click.option("--dry-run", is_flag=True, help="Show what would be fetched, and fetch nothing.")
@click.option(
    "--rate", type=Finite(min=0, min_open=True), default=24.0, show_default=True, metavar="N",
    help="Index requests a minute, at most.",
)  # fmt: skip
@click.option(
    "--delay", type=Finite(min=0), default=1.0, show_default=True, metavar="SECONDS",
    help="Between two captures.",
)  # fmt: skip
@run_options
@site_option
@archive_option
@json_option
def command(
    prefix: str,
    index: str,
    replay: str | None,
    since: str | None,
    until: str | None,
    limit: int | None,
    retry: bool,
    dry_run: bool,
    rate: float,
    delay: float,
    site: SiteProfile | None,
    archive: Path,
    as_json: bool,
    how: RunOptions,
) -> None:
    from yiqihui_spider.wayback.query import CdxQuery
    from yiqihui_spider.wayback.run import RateLimits, run
    from yiqihui_spider.wayback.run import dry_run as planned

    base = _base(index, replay)
    query = CdxQuery(index, prefix, since, until)
    limits = RateLimits(rate, delay, settings()["contact"])
    on_wait = _quiet if as_json else _tell
    if dry_run:
        found = planned(archive, query, base, limits, retry=retry, on_wait=on_wait, site=site)
        show_plan(found, limit, as_json)
        return
    with running("wayback", archive, how, as_json) as job:
        with _progress(as_json) as progress:
            found, tally = run(
                archive,
                query,
                base,
                limits,
                limit=limit,
                retry=retry,
                on_wait=on_wait,
                progress=progress,
                site=site,
            )
        code, outcome = tally.decide()
        job.ended(
            code,
            outcome,
            complaints(tally),
            data=lambda: as_dict(archive, found, tally),
            show=lambda: print_summary(archive, found, tally, outcome),
            notes=notes(found, tally),
        )


def _base(index: str, replay: str | None) -> str:
    """Where captures are replayed."""
    base = (replay or replay_base(index) or "").rstrip("/")
    if not base:
        raise click.UsageError(
            f"--cdx {open_address(index)} does not tell where captures are replayed; add --replay URL"
        )
    return base


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        echo(text, err=True)
    else:
        event("waiting", reason=text)


def _quiet(text: str) -> None:
    pass


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Plan], Callable[[], None]]]:
    """A bar that begins when the index has been read."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda found: stack.enter_context(
            count_progress("captures", len(found.tasks), "captures", quiet=quiet)
        )


def show_plan(found: Plan, limit: int | None, as_json: bool) -> None:
    from yiqihui_spider.wayback.run import counts

    tasks = found.tasks if limit is None else found.tasks[:limit]
    if as_json:
        rows = [
            {"captured_at": task.row.captured_at, "url": task.row.url, "fetch": task.same_as is None}
            for task in tasks
        ]
        print_json({**counts(found), "tasks": rows})
        return
    for task in tasks:
        note = "" if task.same_as is None else "   (as on an earlier day: noted, not fetched)"
        echo(f"{task.row.captured_at}  {task.row.url}{note}")
    _print_found(found)


def _print_found(found: Plan) -> None:
    if not found.rows:
        echo(NO_CAPTURES)
        return
    echo(
        f"{counted(found.rows, 'capture')} in the index: {found.others} no pages, "
        f"{found.known} already here, {found.identical} same as the one before, {len(found.tasks)} to get"
    )
    if found.doubted:
        echo(f"of those here, not what the index names and asked for again: {found.doubted}")
    for line in _left_out(found):
        echo(line)
    if found.waiting:
        echo(
            f"{len(found.waiting)} could not be had before and are left until later (--retry tries them now)"
        )
        _print_some([f"not to be had: {line}" for line in found.waiting])


def _left_out(found: Plan) -> list[str]:
    return [
        f"left out: {count} with {reason}, such as {found.examples[reason]}"
        for reason, count in found.left_out.items()
    ]


def notes(found: Plan, tally: Tally) -> list[str]:
    """What was met and left, and is nothing wrong."""
    lines = _left_out(found) if found.rows else [NO_CAPTURES]
    if tally.left:
        lines.append(f"{counted(tally.left, 'capture is', 'captures are')} left for the next run")
    return lines


def _print_some(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        echo(line)
    if len(lines) > SHOWN:
        echo(f"… and {len(lines) - SHOWN} more; --json lists all")


def as_dict(archive: Path, found: Plan, tally: Tally) -> dict[str, Any]:
    from yiqihui_spider.wayback.run import counts

    code, outcome = tally.decide()
    head = {"archive": str(archive), "outcome": outcome, "exit_code": int(code)}
    return {**head, **counts(found), **tally.as_dict()}


def print_summary(archive: Path, found: Plan, tally: Tally, outcome: str) -> None:
    _print_found(found)
    echo(
        f"{counted(tally.pages, 'page')} archived ({tally.noted} noted without fetching), "
        f"{counted(tally.articles, 'article')} on them ({tally.new_or_changed} new or with another text), "
        f"{counted(tally.kept, 'other capture')}; outcome: {outcome}"
    )
    if tally.unproven:
        echo(f"{tally.unproven} of them taken on the replay's word: no digest could be compared")
    if tally.elsewhere:
        echo(f"{counted(tally.elsewhere, 'capture')} led to one that is here, or to another site")
    if tally.no_pages:
        echo(f"{counted(tally.no_pages, 'answer')} turned out to be no page: not kept")
    _print_some([f"still not to be had: {line}" for line in tally.again])
    if tally.left:
        echo(f"{counted(tally.left, 'capture is', 'captures are')} left; the next run goes on with them")
    print_next(archive)


def complaints(tally: Tally) -> list[str]:
    """Why the exit code is not 0, a line each, the most telling first."""
    lines = [f"layout: {line}" for line in tally.layout]
    lines += [f"not fetched: {line}" for line in tally.failures]
    lines += [f"incomplete: {line}" for line in tally.incomplete]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"… and {len(lines) - SHOWN} more; --json lists all"]
    return [*lines, "gave up: the archive does not answer any more"] if tally.gave_up else lines
