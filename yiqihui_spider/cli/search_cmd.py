"""``yiqihui search``"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from yiqihui_spider.characters import printable_line
from yiqihui_spider.cli.common import archive_option, json_option, print_json, reading
from yiqihui_spider.cli.terminal import Styled, echo, one_line, styled

MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2}([ T]\d{2}(:\d{2}(:\d{2})?)?)?)?)?")


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A time or its beginning: 2019, 2019-04, 2019-04-13, "2019-04-13 09:30"."""
    if value is not None and not is_moment(value):
        raise click.BadParameter(
            f"{value!r} is no time like 2019, 2019-04-13 or '2019-04-13 09:30'", ctx, param
        )
    return value


def is_moment(text: str) -> bool:
    """Whether it is a time, or its beginning, that the calendar and the clock know. Pure."""
    if not MOMENT.fullmatch(text):
        return False
    with suppress(ValueError):
        datetime.fromisoformat(text + "0001-01-01T00:00:00"[len(text) :])
        return True
    return False


@click.command("search")
@click.argument("query")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N")
@click.option("--sort", type=click.Choice(["newest", "relevance"]), default="newest", show_default=True)
@click.option("--since", callback=moment, metavar="TIME", help="Published at or after (site time).")
@click.option(
    "--until", callback=moment, metavar="TIME", help="Published at or before; 2019 means all of it."
)
@click.option("--category", metavar="NAME")
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
    from yiqihui_spider.archive.search.query import search, variants

    if traditional:
        require_opencc()
    asked = query if traditional is False else variants(query)
    with reading(archive) as db:
        rows = search(db, asked, **filters)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print_hit(row)
    echo(summary(len(rows), filters["limit"]), err=True)


def require_opencc() -> None:
    from importlib.util import find_spec

    if find_spec("opencc") is None:
        raise click.UsageError("--traditional needs OpenCC: pip install 'yiqihui-spider[traditional]'")


def print_hit(row: dict[str, Any]) -> None:
    from yiqihui_spider.archive.search.query import highlight

    before, after = click.style("|", fg="red", bold=True, reset=False).split("|")[0], "\x1b[0m"
    title = styled(one_line(row["title"] or "(no title known)"), bold=True)
    echo(f"{row['id']:>6}  {row['published_at'][:16].replace('T', ' ')}  ", title)
    context = highlight(printable_line(row["kwic"]), row["hits"], before, after)
    echo("        ", Styled(context))


def summary(found: int, limit: int) -> str:
    if found == 0:
        return "nothing found"
    more = "; there may be more, see --limit" if found == limit else ""
    return f"{found} {'article' if found == 1 else 'articles'}{more}"
