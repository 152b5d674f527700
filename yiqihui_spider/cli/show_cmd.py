"""``yiqihui show``"""

from __future__ import annotations

from typing import Any

import click

from yiqihui_spider.cli.common import article_command
from yiqihui_spider.cli.terminal import echo


def _print(row: dict[str, Any]) -> None:
    echo(row["title"] or "(no title known)")
    source = row["source"] or "source not named"
    views = "views not told" if row["views"] is None else f"{row['views']} views at {row['views_at']}"
    echo(f"{source} | {row['published_at']} | {views} | {row['state']}")
    places = ", ".join(place["category"] for place in row["categories"]) or "category unknown"
    echo(f"{places} | {row['url'] or 'address unknown'}")
    echo(
        f"id {row['id']} | versions {row['versions']} | seen {row['first_seen_at']} to {row['last_seen_at']}"
    )
    echo(f"\n{row['body']}")


command = click.command(
    "show",
    help="""Print an article as best known now.

    ID is the archive's id (17), the number in the article's address (site:5561), or the address.
    """,
)(article_command("show", _print))
