"""``yiqihui explain``"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading, site_option
from yiqihui_spider.cli.terminal import data_stream, echo, styled
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.maintenance.captured import Page
    from yiqihui_spider.maintenance.explain import Explained, Named
    from yiqihui_spider.site import SiteProfile

COLOURS = {
    "breadcrumb": "cyan", "heading": "magenta", "body": "green", "marker": "yellow", "pager": "blue",
    "furniture": "bright_black", "residue": "red",
}  # fmt: skip


@click.command("explain")
@click.argument("what", metavar="CAPTURE|FILE")
@click.option(
    "-o", "--output", metavar="FILE.html", help="Write one HTML page instead; - is standard output."
)
@site_option
@archive_option
@json_option
def command(what: str, output: str | None, site: SiteProfile | None, archive: Path, as_json: bool) -> None:
    """Show what each stretch of a page's text was taken for, and why: residue in red.

    CAPTURE is a capture's number, as `yiqihui status` and the table captures have it; FILE
    anything that `yiqihui import` reads, with all its pages, and any other HTML or text. Pages are
    read anew with today's parser. Reads only.

    \b
    Examples:
      yiqihui explain 17
      yiqihui explain saved.html -o explained.html
    """
    if as_json and output is not None:
        raise click.UsageError("--json prints; it does not go with -o")
    from yiqihui_spider.maintenance.captured import explained
    from yiqihui_spider.session import site_of

    profile = site_of(archive, site)
    pages = (explained(page, profile) for page in pages_of(what, archive, profile))
    if output is not None:
        _write(pages, output)
    elif as_json:
        print_json([page.as_dict() for page in pages])
    else:
        for page in pages:
            _print(page)


def pages_of(what: str, archive: Path, site: SiteProfile) -> Iterator[Page]:
    """The page of a capture, by number, or the pages of a file."""
    from yiqihui_spider.maintenance.captured import capture_page, file_pages
    from yiqihui_spider.session import warc_folder

    if not (what.isascii() and what.isdigit()):
        yield from file_pages(Path(what), site, lambda line: echo(f"passed over: {line}", err=True))
        return
    with reading(archive) as db:
        page = capture_page(db, warc_folder(archive), int(what[:18]))
    yield page


def _write(pages: Iterator[Explained], output: str) -> None:
    from yiqihui_spider.exports.target import new_file
    from yiqihui_spider.maintenance.explain import as_html

    document = as_html(pages).encode("utf-8", "backslashreplace")
    if output == "-":
        with data_stream() as stream:
            stream.write(document)
        return
    with new_file(Path(output)) as file:
        file.write(document)
    echo(f"{output}: written")


def _print(page: Explained) -> None:
    from yiqihui_spider.maintenance.explain import counts

    echo(f"{page.name}: {page.url}")
    for one in page.segments:
        if one.kind != "blank":
            _print_one(one)
    for problem in page.problems:
        echo(styled(f"problem: {problem}", fg="red"))
    echo(f"{counted(len(page.segments), 'span')}: {counts(page.segments)}\n")


def _print_one(one: Named) -> None:
    from yiqihui_spider.maintenance.explain import label

    colour = COLOURS[one.kind]
    echo(styled(label(one), fg=colour, bold=True), f"  [{one.start}:{one.end}]")
    echo(styled(one.text, fg=colour))
