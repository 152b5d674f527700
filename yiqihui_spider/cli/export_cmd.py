"""``yiqihui export``"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading
from yiqihui_spider.cli.counting import byte_progress, count_progress
from yiqihui_spider.cli.search_cmd import moment, require_opencc
from yiqihui_spider.cli.suggest import CategoryName, no_such_category
from yiqihui_spider.cli.terminal import data_stream, echo

if TYPE_CHECKING:
    from yiqihui_spider.archive.queries.export_rows import Filter
    from yiqihui_spider.exports.writing import Export

FORMATS = ("jsonl", "csv", "parquet", "feed", "wacz")
TO_STDOUT = ("jsonl", "csv", "feed")
STDOUT = Path("-")
FEED_LIMIT = 50

ONLY_FOR = {
    **dict.fromkeys(("query", "since", "until", "category", "source", "limit"), FORMATS[:-1]),
    "traditional": FORMATS[:-1],
    "bom": ("csv",),
    "guard": ("csv",),
    "kind": ("feed",),
    "feed_url": ("feed",),
}
"""Options that make sense for some formats only."""


@click.command("export")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), required=True, metavar="PATH",
    help="Where to; it appears when it is complete, and takes the place of an earlier one. "
    "- is standard output (jsonl, csv, feed).",
)  # fmt: skip
@click.option("--query", metavar="QUERY", help="Only articles that contain this, as in `yiqihui search`.")
@click.option(
    "--traditional/--no-traditional", default=None,
    help="With --query: also 簡體/繁體 counterparts.  [default: yes if OpenCC is installed]",
)  # fmt: skip
@click.option("--since", callback=moment, metavar="TIME", help="Published at or after (site time).")
@click.option(
    "--until", callback=moment, metavar="TIME", help="Published at or before; 2019 means all of it."
)
@click.option("--category", type=CategoryName(), metavar="NAME", help="Listed in this category.")
@click.option("--source", metavar="NAME", help="The source named in the marker line.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N",
    help=f"The newest N articles.  [default: all; feed: {FEED_LIMIT}]",
)  # fmt: skip
@click.option("--bom", is_flag=True, default=None, help="csv: for Excel, a byte order mark and the guard.")
@click.option(
    "--guard/--no-guard", default=None,
    help="csv: put ' before text that a spreadsheet would run as a formula.  [default: with --bom]",
)  # fmt: skip
@click.option("--feed", "kind", type=click.Choice(["atom", "json"]), help="feed: this one only.")
@click.option("--feed-url", metavar="URL", help="feed: where it will be published.")
@archive_option
@json_option
def command(form: str, target: Path, archive: Path, as_json: bool, **options: Any) -> None:
    """Write the archive in another form: articles newest first, times in the site's zone.

    \b
    jsonl    an article a line, names of schema.org's NewsArticle (headline, articleBody, …)
    csv      a folder: articles.csv, view_counts.csv, versions.csv and datapackage.json, which
             describes every column; if PATH ends in .csv: that file, with the articles alone,
           and PATH.datapackage.json beside it
    parquet  the same with types, as .parquet; needs: pip install 'yiqihui-spider[parquet]'
    feed     a folder with feed.atom (Atom 1.0) and feed.json (JSON Feed 1.1); one of them if
             PATH ends in .atom, .xml or .json, or with --feed
    wacz     the raw responses, all WARC files with an index and a list of pages in one file, for
             ReplayWeb.page and pywb; needs: pip install 'yiqihui-spider[wacz]'

    Every row carries the article's id. Where the text is only the beginning of the article,
    `excerpt` is true. The guard changes the texts it protects (those that begin with = + - @, a
    tab or a carriage return), so it is off unless the file is meant for a spreadsheet.

    A folder that exists is replaced if it holds nothing but an earlier export; feeds are put
    into it beside what else is there. Reading needs no lock: a run may go on meanwhile.

    \b
    Examples:
      yiqihui export --format csv --bom -o articles.csv
      yiqihui export --format parquet --category 社群 --since 2019-03 -o tables
      yiqihui export --format jsonl --query '会员 团购' -o - | head
      yiqihui export --format feed --limit 20 -o /var/www/news
      yiqihui export --format wacz -o yiqihui.wacz
    """
    check(form, target, options)
    if form == "wacz":
        came_to = wacz(archive, target, as_json)
    else:
        came_to = rows(form, target, archive, as_json or target == STDOUT, options)
    if target == STDOUT:
        return
    if as_json:
        print_json(came_to)
        return
    numbers = ", ".join(
        f"{value} {name.replace('_', ' ')}" for name, value in came_to.items() if name != "path"
    )
    echo(f"{came_to['path']}: {numbers}")


def check(form: str, target: Path, options: dict[str, Any]) -> None:
    """Refuse what makes no sense together."""
    for name, formats in ONLY_FOR.items():
        if options[name] is not None and form not in formats:
            shown = {"kind": "feed"}.get(name, name).replace("_", "-")
            raise click.UsageError(f"--{shown} is for {', '.join(formats)}, not for {form}")
    if target == STDOUT and form not in TO_STDOUT:
        raise click.UsageError(f"{form} can't go to standard output; name a file or folder")
    if options["traditional"]:
        require_opencc()


def wacz(archive: Path, target: Path, quiet: bool) -> dict[str, Any]:
    from yiqihui_spider.exports.wacz import export_wacz, work
    from yiqihui_spider.session import site_of, warc_folder

    folder = warc_folder(archive)
    with reading(archive) as db, byte_progress("packing", work(folder), quiet=quiet) as told:
        return export_wacz(db, folder, target, site_of(archive), told)


def rows(form: str, target: Path, archive: Path, quiet: bool, options: dict[str, Any]) -> dict[str, Any]:
    from yiqihui_spider.archive.queries.export_rows import chosen
    from yiqihui_spider.exports.writing import Export
    from yiqihui_spider.session import site_of

    wanted = wanted_of(form, options)
    guard = options["bom"] if options["guard"] is None else options["guard"]
    with reading(archive) as db, chosen(db, with_variants(wanted, options["traditional"])) as count:
        notes(db, wanted, count)
        with count_progress("exporting", count, "articles", quiet=quiet) as progress:
            made = (bool(options["bom"]), bool(guard), options["feed_url"], progress)
            export = Export(db, site_of(archive), wanted, *made)
            return write(export, form, target, options["kind"])


def wanted_of(form: str, options: dict[str, Any]) -> Filter:
    from yiqihui_spider.archive.queries.export_rows import Filter

    limit = FEED_LIMIT if form == "feed" and options["limit"] is None else options["limit"]
    names = ("query", "since", "until", "category", "source")
    return Filter(limit=limit, **{name: options[name] for name in names})


def with_variants(wanted: Filter, traditional: bool | None) -> Filter:
    from yiqihui_spider.archive.search.query import variants

    if wanted.query is None or traditional is False:
        return wanted
    return replace(wanted, query=variants(wanted.query))


def notes(db: Any, wanted: Filter, count: int) -> None:
    """Say on stderr why an export will be empty."""
    from yiqihui_spider.archive.queries.export_rows import known_names

    if count:
        return
    note = no_such_category(db, wanted.category)
    if note is None and wanted.source is not None and wanted.source not in known_names(db, "source"):
        note = f"note: no article in the archive has the source {wanted.source}"
    echo(note or "note: no article in the archive is asked for; the export is empty", err=True)


def write(export: Export, form: str, target: Path, kind: Any) -> dict[str, Any]:
    from yiqihui_spider.exports import writing

    if target == STDOUT:
        with data_stream() as file:
            return {"articles": writing.write_stream(export, form, kind, file)}
    if form == "jsonl":
        return writing.export_jsonl(export, target)
    if form == "feed":
        return writing.export_feed(export, kind, target)
    came_to = writing.export_tables(export, "csv" if form == "csv" else "parquet", target)
    if longest := came_to.pop("longest_body", None):
        echo(f"note: the longest text has {longest} characters; a cell of Excel holds 32767", err=True)
    return came_to
