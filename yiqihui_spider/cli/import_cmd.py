"""``yiqihui import``"""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from yiqihui_spider.cli.common import (
    archive_option,
    json_option,
    print_next,
    print_table,
    site_option,
)
from yiqihui_spider.cli.counting import byte_progress
from yiqihui_spider.cli.running import RunOptions, run_options, running
from yiqihui_spider.cli.terminal import echo

if TYPE_CHECKING:
    from yiqihui_spider.imports.summary import Lines, Tally
    from yiqihui_spider.site import SiteProfile

SHOWN = 20


_HELP = """Read files into the archive: text dumps, saved HTML (of browsers, SingleFile, wget, HTTrack,
the Wayback Machine), MHTML, HAR, `curl -i` output, WARC, ARC, WET, WACZ, folders of them, the
tables that `yiqihui bulk` wrote, or - for standard input.

What a file is, is told from its content, not its name; gzip, zstd, bzip2 and xz are undone. A
dump may hold several pages. What is none of these is refused by name, with what would read it.
Everything is kept in the archive's own WARC files first, so that `reparse` and `verify` reach
it. Importing the same thing again changes nothing, also from another path.

A record of a WARC or ARC is filed under its date. Any other page under --captured-at, else
under the time that it says itself (a HAR's, an MHTML's, that of a web archive's copy), else
under the file's modification time; a time that has yet to come is not believed. Pages of other
hosts than the site's, and than those the archive knows, are skipped and counted.

\b
Examples:
  yiqihui import dumps/ page.html.gz
  yiqihui import --host 127.0.0.1 crawl-00000.warc.gz
  curl -s http://example.org/dump.txt | yiqihui import --captured-at 2019-06-04 -

\b
Limits: a saved page or MHTML 64 MiB, a HAR 256 MiB, a page of a dump 16 MiB, a WARC payload
64 MiB (more is cut off and marked so), two layers of compression, growth of 300 times.
Nothing is unpacked to disk.

Exit codes: 1 a file can't be read or is nothing of the site's (the others are imported);
4 a page is not understood in full; 3 damaged records were skipped, or a page was kept that
can't be read.
"""


@click.command("import", help=_HELP)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--captured-at", metavar="TIME",
    help="When files were captured (ISO 8601; without an offset: the site's time). WARC records have "
    "their own.",
)  # fmt: skip
@click.option(
    "--host", "hosts", multiple=True, metavar="NAME", help="Take pages of this host too; repeatable."
)
@click.option("--any-host", is_flag=True, help="Take pages of every host.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N",
    help="Let N processes read pages, while this one writes them: quicker where there are free processors. "
    "The rows are the same.",
)  # fmt: skip
@run_options
@site_option
@archive_option
@json_option
def command(
    paths: tuple[str, ...],
    captured_at: str | None,
    hosts: tuple[str, ...],
    any_host: bool,
    jobs: int,
    site: SiteProfile | None,
    archive: Path,
    as_json: bool,
    how: RunOptions,
) -> None:
    from yiqihui_spider.bulk.take_in import BulkResults
    from yiqihui_spider.imports.importer import Import
    from yiqihui_spider.imports.sources import expand, total_size
    from yiqihui_spider.session import site_of, warc_folder

    if not all(paths):
        raise click.BadParameter("an empty name names no file", param_hint="PATH")
    with running("import", archive, how, as_json) as run:
        moment = moment_of_capture(captured_at, site_of(archive, site).zone)
        results = BulkResults()
        total = total_size(expand(paths, warc_folder(archive), results.holds))
        with byte_progress("importing", total, quiet=as_json) as seen:
            job = Import(
                archive,
                hosts=hosts,
                any_host=any_host,
                captured_at=moment,
                site=site,
                seen=seen,
                results=results,
                jobs=jobs,
            )
            tally = job.run(paths)
        code, outcome = tally.decide()
        head = {"archive": str(archive), "outcome": outcome, "exit_code": int(code)}
        run.ended(
            code,
            outcome,
            complaints(tally),
            data=lambda: {**head, **tally.as_dict()},
            show=lambda: print_tally(archive, tally),
            notes=notes(tally),
        )


def moment_of_capture(given: str | None, zone: tzinfo) -> str | None:
    """ISO 8601 with an offset, or a usage error."""
    if given is None:
        return None

    try:
        moment = datetime.fromisoformat(given.replace("Z", "+00:00") if given[-1:] == "Z" else given)
    except ValueError:
        raise click.BadParameter(f"{given!r} is no ISO 8601 time", param_hint="'--captured-at'") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment > datetime.now(zone):
        raise click.BadParameter(f"{given} has yet to come", param_hint="'--captured-at'")
    return moment.isoformat()


def print_tally(archive: Path, tally: Tally) -> None:
    if tally.pages or tally.kept or tally.known:
        rows = [
            ("pages archived", tally.pages),
            ("articles on them", tally.articles),
            ("of these new or changed", tally.new_or_changed),
            ("known before", tally.known),
            ("kept, but no page of the section", tally.kept),
            ("no pages, not kept", tally.skipped),
        ]
        print_table(("imported", "count"), [row for row in rows if row[1]])
        echo(f"archive: {archive}")
        print_next(archive)
    for line in notes(tally):
        echo(line)


def notes(tally: Tally) -> list[str]:
    """What was met and left, and is nothing wrong."""
    lines = shown(tally.notes, "note")
    if tally.passed_over:
        met = tally.what_was_passed_over()
        lines.append(f"files in folders that are nothing of the site's: {tally.passed_over} ({met})")
    if tally.other_hosts:
        names = ", ".join(name or "no host" for name, _ in tally.other_hosts.most_common(5))
        skipped = sum(tally.other_hosts.values())
        lines.append(f"records of other hosts, skipped: {skipped} ({names}); --host NAME takes them")
    return lines


def shown(found: Lines, word: str) -> list[str]:
    """The first lines, and how many more there are."""
    lines = [f"{word}: {line}" for line in found.kept[:SHOWN]]
    return [*lines, f"… and {found.count - SHOWN} more"] if found.count > SHOWN else lines


def complaints(tally: Tally, again: str = "importing the same again") -> list[str]:
    lines = [
        line
        for word, found in (
            ("error", tally.unreadable), ("layout", tally.layout), ("damaged", tally.damaged),
            ("warning", tally.warnings),
        )
        for line in shown(found, word)
    ]  # fmt: skip
    if tally.unresolved:
        lines.append(
            f"revisit records whose originals are not here: {tally.unresolved}; import those files too"
        )
    if tally.interrupted:
        lines.append(f"interrupted; {again} goes on")
    return lines
