"""``yiqihui show``"""

from __future__ import annotations

from typing import Any

import click

from yiqihui_spider.cli.common import article_command
from yiqihui_spider.cli.terminal import ZONE_TOLD, echo, hanging, styled
from yiqihui_spider.clock import site_time
from yiqihui_spider.wording import counted


def _print(row: dict[str, Any]) -> None:
    echo(styled(row["label"] or f"article {row['id']}", bold=True))
    source = row["source"] or "source not named"
    views = "views not told"
    if row["views"] is not None:
        views = f"{counted(row['views'], 'view')} on {site_time(row['views_at'])}"
    hanging(f"{source} | {site_time(row['published_at'])} | {views} | {row['state']}")
    places = ", ".join(place["category"] for place in row["categories"]) or "category unknown"
    hanging(f"{places} | {row['url'] or 'address unknown'}")
    seen = f"seen {site_time(row['first_seen_at'])} to {site_time(row['last_seen_at'])}"
    hanging(f"id {row['id']} | {counted(row['versions'], 'version')} | {seen} ({ZONE_TOLD})")
    echo(f"\n{row['body']}")


command = click.command(
    "show",
    help="""Print an article as best known now.

    ID is the archive's id (17), the number in the article's address (site:5561), or the address.
    """,
)(article_command("show", _print))
