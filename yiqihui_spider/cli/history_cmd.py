"""``yiqihui history``"""

from __future__ import annotations

from typing import Any

import click

from yiqihui_spider.cli.common import article_command
from yiqihui_spider.cli.terminal import echo, styled


def _print(row: dict[str, Any]) -> None:
    echo(f"{row['title'] or '(no title known)'}  (id {row['id']}, {row['url'] or 'address unknown'})")
    echo(f"published {row['published_at']}, first seen {row['first_seen_at']}, last {row['last_seen_at']}")
    echo("\nversions")
    for version in row["versions"]:
        echo(f"  {version['version']}  {version['seen_at']}  {version['body_chars']} characters")
        for line in version["diff"]:
            echo(styled(f"     {line}", fg={"-": "red", "+": "green"}.get(line[:1])))
    echo("\nviews")
    for point in row["views"]:
        printed = f" (printed {point['printed']})" if point["printed"] else ""
        where = "  own page" if point["kind"] == "article" else ""
        echo(f"  {point['observed_at']}  {point['views']}{printed}{where}")
    echo("\ncategories")
    for place in row["categories"]:
        missing = f", missing since {place['missing_since']}" if place["missing_since"] else ""
        echo(
            f"  {place['category']}: listed {place['first_listed_at']} to {place['last_listed_at']}{missing}"
        )
    echo("\nstates")
    for state in row["states"]:
        echo(f"  {state['state']} since {state['since']}")
    for absence in row["absences"]:
        end = absence["returned_at"] or "now"
        echo(f"  away: last seen {absence['last_seen_at']}, missed {absence['missing_at']}, until {end}")


command = click.command(
    "history",
    help="""Print an article's life: versions with what changed, views over time, categories, states.

    ID is the archive's id (17), the number in the article's address (site:5561), or the address.
    """,
)(article_command("history", _print))
