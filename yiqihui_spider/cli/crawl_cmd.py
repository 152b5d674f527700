"""``yiqihui crawl``"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from yiqihui_spider.characters import printable_line
from yiqihui_spider.cli.common import (
    SAMPLE_ARCHIVE,
    Failure,
    Finite,
    archive_option,
    json_option,
    print_next,
    print_table,
    reading,
    site_option,
)
from yiqihui_spider.cli.config_option import settings
from yiqihui_spider.cli.lean_imports import bare_stacks, import_without
from yiqihui_spider.cli.running import RunOptions, run_options, running
from yiqihui_spider.cli.suggest import CategoryName
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.errors import Exit, did_you_mean
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.crawl.runner import CrawlResult

SAMPLE_PORT = 17817
"""Tried first, so that a repeated sample crawl meets the same addresses."""


ELSEWHERE = {
    "ARCHIVE": "--archive",
    "SITE": "--site",
    "COMMAND": "the command",
    "YIQIHUI_CONFIG": "--config",
}
"""Settings that are not for --set, and what says them."""


def _settings(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for pair in values:
        name, sign, value = pair.partition("=")
        if not sign or not name.isidentifier():
            raise click.BadParameter(f"{name!r} is not NAME=VALUE")
        if name in ELSEWHERE:
            raise click.BadParameter(f"{name} is what {ELSEWHERE[name]} says")
        if trouble := _trouble_with(name, value):
            raise click.BadParameter(f"{name}: {trouble}")
        chosen[name] = value
    return chosen


_KINDS = {bool: "yes (1) or no (0)", int: "a number", float: "a number"}


def _trouble_with(name: str, value: str) -> str | None:
    """Why a setting can't have a value, as far as the kind of its default tells; or None."""
    from scrapy.settings import BaseSettings, Settings

    from yiqihui_spider import settings as ours

    settings = Settings()
    settings.setmodule(ours, priority="project")
    if name not in settings:
        return f"there is no such setting{did_you_mean(name, settings)}"
    default = settings[name]
    try:
        settings.set(name, value, priority="cmdline")
        if isinstance(default, bool):
            settings.getbool(name)
        elif isinstance(default, int | float):
            return None if math.isfinite(settings.getfloat(name)) else f"{value!r} is no number of use here"
        elif isinstance(default, dict | BaseSettings):
            settings.getdict(name)
    except (ValueError, TypeError, AttributeError):
        return f"{value!r} is not {_KINDS.get(type(default), 'a JSON object')}"
    return None


def _shown(url: str) -> str:
    """An address that a user mistyped, without the password that may be in it."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://***@{after}" if at else url


def web_addresses(ctx: click.Context, param: click.Parameter, urls: tuple[str, ...]) -> tuple[str, ...]:
    from yiqihui_spider.urls import is_web_address

    for url in urls:
        if not is_web_address(url):
            raise click.BadParameter(f"{_shown(url)!r} is no http or https address", ctx, param)
    return urls


@click.command("crawl")
@click.option(
    "--category", "categories", multiple=True, type=CategoryName(), metavar="NAME",
    help="Only this category; repeatable.",
)  # fmt: skip
@click.option(
    "--start-url",
    "start_urls",
    multiple=True,
    callback=web_addresses,
    metavar="URL",
    help="A category listing, or a page that links to the listings; repeatable.",
)
@click.option(
    "--mode",
    type=click.Choice(["auto", "incremental", "full"]),
    default="auto",
    show_default=True,
    help="incremental stops at known ground; auto is that once a full walk was certified.",
)
@click.option(
    "--full-every", type=Finite(min=0), default=7.0, show_default=True, metavar="DAYS",
    help="Walk a category in full again after so many days.",
)  # fmt: skip
@click.option("--no-details", is_flag=True, help="Leave the articles' own pages.")
@click.option(
    "--delay", type=Finite(min=0), metavar="SECONDS",
    help="Between requests; robots.txt's Crawl-delay is kept if longer.  [default: 1, sample: 0]",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=_settings,
    help="A Scrapy setting, or one of ours, for this run (DOWNLOAD_TIMEOUT=20); repeatable.",
)  # fmt: skip
@click.option("--sample", is_flag=True, help="Serve the built-in sample site on loopback and crawl that.")
@click.option("-v", "--verbose", count=True, help="Show Scrapy's log; twice for more.")
@run_options
@site_option
@archive_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, /, archive: Path, as_json: bool, sample: bool, how: RunOptions, **options: Any
) -> None:
    """Walk the category listings, keep every response, archive the articles.

    Without --category, the categories are found from the section's start page. Everything that
    comes in is appended to a WARC file before its rows are written. A run that was interrupted
    or killed is continued by the next one.

    \b
    Examples:
      yiqihui crawl --sample
      yiqihui crawl --category 社群 --delay 2
      yiqihui crawl --start-url 'http://www.178hui.com/news/' --mode full
    """
    from yiqihui_spider.cli.learning import advice
    from yiqihui_spider.crawl.outcome import reasons

    with ExitStack() as stack:
        if sample:
            if ctx.get_parameter_source("archive") is ParameterSource.DEFAULT:
                archive = SAMPLE_ARCHIVE
            if ctx.get_parameter_source("start_urls") is not ParameterSource.COMMANDLINE:
                options["start_urls"] = (stack.enter_context(sample_site()),)
        hear = not options["verbose"]
        with running("crawl", archive, how, as_json, hear=hear) as job:
            result = run(archive, sample=sample, quiet=as_json, **options)
            job.ended(
                result.exit_code,
                result.outcome,
                reasons(result.summary) + advice(archive, result.exit_code),
                data=lambda: as_dict(archive, result),
                show=lambda: print_summary(archive, result),
            )


@contextmanager
def sample_site() -> Iterator[str]:
    """The sample site on loopback; gives its section's address."""
    from yiqihui_spider.sample.server import serve
    from yiqihui_spider.sample.site import SampleSite

    with ExitStack() as stack:
        try:
            server = stack.enter_context(serve(SampleSite(), SAMPLE_PORT))
        except OSError:
            server = stack.enter_context(serve(SampleSite()))
        yield server.url + "/news/"


def run(archive: Path, *, sample: bool, quiet: bool, **options: Any) -> CrawlResult:
    from yiqihui_spider.cli.progress import crawl_progress

    with bare_stacks():
        import_without("itemadapter", "pydantic")
        from yiqihui_spider.crawl.runner import crawl

    plan = {
        "category": list(options["categories"]),
        "start_url": list(options["start_urls"]),
        "mode": options["mode"],
        "details": "0" if options["no_details"] else "1",
        "full_every": options["full_every"],
    }
    with crawl_progress(quiet=quiet or options["verbose"] > 0) as progress:
        try:
            return crawl(archive, plan, _scrapy_settings(sample, options), progress)
        except (ValueError, TypeError, ImportError, AttributeError) as error:
            if not options["settings"]:
                raise
            # What Scrapy raises over a setting it can't use, before the first request.
            raise Failure(f"no crawl with these settings: {error}", Exit.USAGE) from error


def _scrapy_settings(sample: bool, options: Mapping[str, Any]) -> dict[str, Any]:
    """What is set for this run alone; the user's own settings win."""
    delay = options["delay"] if options["delay"] is not None else (0.0 if sample else None)
    given = {"SITE": options["site"], "DOWNLOAD_DELAY": delay}
    return {
        "COMMAND": "crawl --sample" if sample else "crawl",
        "YIQIHUI_CONFIG": str(settings().path or ""),
        "LOG_LEVEL": ("CRITICAL", "INFO", "DEBUG")[min(options["verbose"], 2)],
        **{name: value for name, value in given.items() if value is not None},
        **options["settings"],
    }


def as_dict(archive: Path, result: CrawlResult) -> dict[str, Any]:
    summary = result.summary
    archived = archived_per_category(archive)
    return {
        "archive": str(archive),
        "outcome": result.outcome,
        "exit_code": int(result.exit_code),
        "requests": result.requests,
        "pages": summary.pages,
        "walks": [
            {
                "category": walk.category,
                "mode": walk.mode,
                "declared": walk.declared,
                "archived": archived.get(walk.category, 0),
                "seen": walk.distinct,
                "certified": walk.certified,
                "reasons": list(walk.reasons),
            }
            for walk in summary.walks
        ],
        "failures": summary.failures,
        "gone": summary.gone,
        "layout": summary.layout,
        "errors": summary.errors,
        "gaps": summary.gaps,
    }


def archived_per_category(archive: Path) -> dict[str, int]:
    """How many articles of each category the archive has as listed now."""
    from yiqihui_spider.archive.queries.status import status
    from yiqihui_spider.clock import now

    with reading(archive) as db:
        return {row["category"]: row["archived"] for row in status(db, now())["categories"]}


def print_summary(archive: Path, result: CrawlResult) -> None:
    told = as_dict(archive, result)
    if told["walks"]:
        columns = ("category", "mode", "declared", "archived", "seen", "certified")
        rows = [[walk[column] for column in columns[:-1]] for walk in told["walks"]]
        for row, walk in zip(rows, told["walks"], strict=True):
            row[0] = printable_line(str(row[0]))
            row.append("yes" if walk["certified"] else "no, see below")
        print_table(("category", "walk", *columns[2:]), rows)
    pages = f"{counted(told['requests'], 'request')}, {counted(told['pages'], 'page')} archived"
    echo(f"{pages}; outcome: {told['outcome']}")
    echo(f"archive        {archive}")
    echo(f"raw responses  {archive.parent / 'warc'}")
    print_next(archive)
