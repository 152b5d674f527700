"""``yiqihui show``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yiqihui_spider.cli.common import Failure, archive_option, json_option, print_json, reading


@click.command("show")
@click.argument("article", metavar="ID")
@archive_option
@json_option
def command(article: str, archive: Path, as_json: bool) -> None:
    """Print an article as best known now.

    ID is the archive's id (17), the number in the article's address (site:5561), or the address.
    """
    from yiqihui_spider.archive.reading import resolve, show

    with reading(archive) as db:
        article_id = resolve(db, article)
        found = show(db, article_id) if article_id is not None else None
    if found is None:
        raise Failure(f"no article {article} in {archive}")
    print_json(found) if as_json else _print(found)


def _print(row: dict[str, Any]) -> None:
    click.echo(row["title"] or "(no title known)")
    source = row["source"] or "source not named"
    click.echo(
        f"{source} | {row['published_at']} | {row['views']} views at {row['views_at']} | {row['state']}"
    )
    places = ", ".join(place["category"] for place in row["categories"]) or "category unknown"
    click.echo(f"{places} | {row['url'] or 'address unknown'}")
    click.echo(
        f"id {row['id']} | versions {row['versions']} | seen {row['first_seen_at']} to {row['last_seen_at']}"
    )
    click.echo(f"\n{row['body']}")
