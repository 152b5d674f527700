"""``yiqihui history``"""

from __future__ import annotations

from typing import Any

import click

from yiqihui_spider.cli.common import article_command
from yiqihui_spider.cli.terminal import ZONE_TOLD, echo, hanging, styled
from yiqihui_spider.clock import site_time
from yiqihui_spider.wording import counted


def _print(row: dict[str, Any]) -> None:
    echo(styled(row["label"] or f"article {row['id']}", bold=True))
    hanging(f"id {row['id']} | {row['url'] or 'address unknown'}")
    seen = f"first seen {site_time(row['first_seen_at'])}, last {site_time(row['last_seen_at'])}"
    hanging(f"published {site_time(row['published_at'])}, {seen} ({ZONE_TOLD})")
    _print_texts(row)
    _print_places(row)


def _print_texts(row: dict[str, Any]) -> None:
    """What the article said, and how often it was read."""
    echo("\nversions")
    for version in row["versions"]:
        size = counted(version["body_chars"], "character")
        echo(f"  {version['version']}  {site_time(version['seen_at'])}  {size}")
        for line in version["diff"]:
            hanging(line, 5, fg={"-": "red", "+": "green"}.get(line[:1]))
    echo("\nviews")
    for point in row["views"]:
        printed = f" (printed {point['printed']})" if point["printed"] else ""
        where = "  own page" if point["kind"] == "article" else ""
        echo(f"  {site_time(point['observed_at'])}  {point['views']:,}{printed}{where}")


def _print_places(row: dict[str, Any]) -> None:
    """Where it was listed, and when it was away."""
    echo("\ncategories")
    for place in row["categories"]:
        missing = f", missing since {site_time(place['missing_since'])}" if place["missing_since"] else ""
        listed = f"listed {site_time(place['first_listed_at'])} to {site_time(place['last_listed_at'])}"
        hanging(f"{place['category']}: {listed}{missing}", 2)
    echo("\nstates")
    for state in row["states"]:
        echo(f"  {state['state']} since {site_time(state['since'])}")
    for absence in row["absences"]:
        end = site_time(absence["returned_at"]) if absence["returned_at"] else "now"
        last, missed = site_time(absence["last_seen_at"]), site_time(absence["missing_at"])
        hanging(f"away: last seen {last}, missed {missed}, until {end}", 2)


command = click.command(
    "history",
    help="""Print an article's life: versions with what changed, views over time, categories, states.

    ID is the archive's id (17), the number in the article's address (site:5561), or the address.
    """,
)(article_command("history", _print))
