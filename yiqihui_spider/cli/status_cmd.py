"""``yiqihui status``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yiqihui_spider.cli.common import archive_option, json_option, print_json, print_table, reading
from yiqihui_spider.cli.terminal import echo

SHOWN = 20
"""Gaps and residues printed for people; ``--json`` has all."""


def _span(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    from yiqihui_spider.watch.config import seconds

    length = None if value is None else seconds(value)
    if value is not None and length is None:
        raise click.BadParameter(f"{value!r} is no span of time such as 36h or 8d", ctx, param)
    return length


@click.command("status")
@click.option(
    "--check", is_flag=True, help="Exit 1 if the last crawl failed, with a line on stderr for each reason."
)
@click.option(
    "--max-age", callback=_span, metavar="AGE",
    help="With --check: how old the last certificate of a category may be (36h, 8d).",
)  # fmt: skip
@archive_option
@json_option
@click.pass_context
def command(ctx: click.Context, /, archive: Path, as_json: bool, check: bool, max_age: float | None) -> None:
    """Show how complete the archive is: certificates per category, last crawl, last run, gaps, residue.

    Reads only, and never waits for a run that is at work.
    """
    from yiqihui_spider.archive.queries.status import status
    from yiqihui_spider.clock import now
    from yiqihui_spider.watch.health import reasons_against

    if max_age is not None and not check:
        raise click.UsageError("--max-age goes with --check")
    with reading(archive) as db:
        moment = now()
        state = status(db, moment)
    reasons = reasons_against(state, moment, max_age) if check else []
    if as_json:
        print_json({"archive": str(archive), **state, **({"reasons": reasons} if check else {})})
    else:
        _print(archive, state)
    for reason in reasons:
        echo(f"not healthy: {reason}", err=True)
    ctx.exit(1 if reasons else 0)


def _print(archive: Path, state: dict[str, Any]) -> None:
    counts = state["counts"]
    echo(
        f"{archive}: {counts['articles']} articles ({counts['missing']} missing, {counts['gone']} gone), "
        f"{counts['versions']} versions, {counts['view_counts']} view counts, {counts['captures']} captures"
    )
    if state["categories"]:
        _print_categories(state["categories"])
    _print_run("last crawl", state["last_crawl"])
    if state["last_run"] != state["last_crawl"]:
        _print_run("last run", state["last_run"])
    _print_list("still to do", [_gap(row) for row in state["gaps"]])
    _print_list("residue", [f"{row['url']}: {row['residue_chars']} characters" for row in state["residue"]])
    _print_list("problems", [f"{row['url']}: {'; '.join(row['problems'])}" for row in state["problems"]])


def _print_categories(categories: list[dict[str, Any]]) -> None:
    headers = (
        "category",
        "declared",
        "archived",
        "missing",
        "gone",
        "last certified",
        "last walk",
        "newest article",
    )
    print_table(headers, (_category(row) for row in categories))
    for row in categories:
        walk = row["last_walk"]
        if walk and not walk["certified"]:
            for reason in walk["reasons"] or ["not finished; the next run continues it"]:
                echo(f"{row['category']} not certified: {reason}")
        if row["feed"]["quiet"]:
            echo(f"{row['category']}: nothing new for {row['feed']['days_since']:g} days")


def _category(row: dict[str, Any]) -> tuple[Any, ...]:
    walk = row["last_walk"]
    verdict = (
        "none" if walk is None else f"{walk['mode']}, {'certified' if walk['certified'] else 'not certified'}"
    )
    newest = row["feed"]["newest_published_at"] or ""
    return (
        row["category"],
        row["declared"],
        row["archived"],
        row["missing"],
        row["gone"],
        f"{row['last_certified_at'][:16].replace('T', ' ')}Z" if row["last_certified_at"] else "never",
        verdict,
        newest[:10],
    )


def _print_run(name: str, run: dict[str, Any] | None) -> None:
    if run is None:
        echo(f"{name}: none yet")
        return
    end = f"{run['finished_at']}: {run['outcome']}" if run["finished_at"] else "still at work, or killed"
    code = "" if run["exit_code"] is None else f" (exit code {run['exit_code']})"
    echo(f"{name}: {run['command']}, {run['started_at']} to {end}{code}")


def _gap(row: dict[str, Any]) -> str:
    tries = f", {row['attempts']} tries" if row["attempts"] else ""
    given_up = ", given up for now" if row["given_up_at"] else ""
    why = row["reason"] or "not fetched yet"
    return f"{row['kind']} {row['url']}: {why} (since {row['since']}{tries}{given_up})"


def _print_list(title: str, lines: list[str]) -> None:
    if not lines:
        return
    echo(f"{title} ({len(lines)}):")
    for line in lines[:SHOWN]:
        echo(f"  {line}")
    if len(lines) > SHOWN:
        echo(f"  … and {len(lines) - SHOWN} more; --json lists all")
