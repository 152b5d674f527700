"""``yiqihui search``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yiqihui_spider.characters import printable_line
from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading
from yiqihui_spider.cli.suggest import CategoryName, no_such_category
from yiqihui_spider.cli.terminal import Styled, echo, lines, styled
from yiqihui_spider.clock import site_time
from yiqihui_spider.wording import brief, counted


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A time or its beginning: 2019, 2019-04, 2019-04-13, "2019-04-13 09:30"."""
    from yiqihui_spider.archive.search.query import is_moment

    if value is not None and not is_moment(value):
        raise click.BadParameter(
            f"{value!r} is no time like 2019, 2019-04-13 or '2019-04-13 09:30'", ctx, param
        )
    return value


@click.command("search")
@click.argument("query")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N")
@click.option("--sort", type=click.Choice(["newest", "relevance"]), default="newest", show_default=True)
@click.option("--since", callback=moment, metavar="TIME", help="Published at or after (site time).")
@click.option(
    "--until", callback=moment, metavar="TIME", help="Published at or before; 2019 means all of it."
)
@click.option("--category", type=CategoryName(), metavar="NAME", help="Listed in this category.")
@click.option("--source", metavar="NAME", help="The source named in the marker line.")
@click.option(
    "--traditional/--no-traditional",
    default=None,
    help="Also find 簡體/繁體 counterparts.  [default: yes if OpenCC is installed]",
)
@archive_option
@json_option
def command(query: str, traditional: bool | None, archive: Path, as_json: bool, **filters: Any) -> None:
    """Find articles that contain QUERY in their title or body.

    Exact for Chinese of any length; Latin words and numbers match whole, without regard to case
    and width. A space is AND, | is OR; nothing else is special.

    \b
    Examples:
      yiqihui search 社群
      yiqihui search '社交电商 会员|团购' --since 2019-03 --sort relevance
    """
    from yiqihui_spider.archive.search.query import count, search, variants

    if traditional:
        require_opencc()
    asked = query if traditional is False else variants(query)
    with reading(archive) as db:
        rows = search(db, asked, **filters)
        narrowing = {name: filters[name] for name in ("since", "until", "category", "source")}
        total = len(rows) if len(rows) < filters["limit"] else count(db, asked, **narrowing)
        note = no_such_category(db, filters["category"])
    if note is not None:
        echo(note, err=True)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print_hit(row)
    echo(summary(len(rows), total), err=True)


def require_opencc() -> None:
    from importlib.util import find_spec

    if find_spec("opencc") is None:
        raise click.UsageError("--traditional needs OpenCC: pip install 'yiqihui-spider[traditional]'")


LONGEST_TITLE = 200
INDENT = 8
"""Columns for an article's number; what follows hangs under what stands beside it."""


def print_hit(row: dict[str, Any]) -> None:
    head = f"{row['id']:>6}  {site_time(row['published_at'])}  "
    title = printable_line(brief(row["label"], LONGEST_TITLE) or f"article {row['id']}")
    for place, (start, end) in enumerate(lines(title, len(head))):
        echo(head if place == 0 else " " * len(head), styled(title[start:end], bold=True))
    text = printable_line(row["kwic"])
    if row["kwic"] != row["title"]:
        for start, end in lines(text, INDENT):
            echo(" " * INDENT, _marked(text, row["hits"], start, end))


def _marked(text: str, hits: list[list[int]], start: int, end: int) -> Styled:
    """A line of a text with its part of the hits in red."""
    from yiqihui_spider.archive.search.query import highlight

    before, after = click.style("|", fg="red", bold=True, reset=False).split("|")[0], "\x1b[0m"
    inside = [[max(a, start) - start, min(b, end) - start] for a, b in hits if a < end and b > start]
    return Styled(highlight(text[start:end], inside, before, after))


def summary(shown: int, total: int) -> str:
    """How many there are in all, and whether more than are shown."""
    if total == 0:
        return "nothing found"
    more = f"; these are {shown}, --limit shows more" if total > shown else ""
    return f"{counted(total, 'article')}{more}"
