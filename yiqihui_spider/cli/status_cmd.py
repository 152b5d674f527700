"""``yiqihui status``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yiqihui_spider.cli.common import (
    archive_option,
    json_option,
    plain_errors,
    print_json,
    print_table,
    reading,
)
from yiqihui_spider.cli.terminal import ZONE_TOLD, echo, hanging
from yiqihui_spider.clock import site_time
from yiqihui_spider.wording import brief, counted

SHOWN = 20
"""Gaps and residues printed for people; ``--json`` has all."""


def _span(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    from yiqihui_spider.watch.setting_keys import seconds

    length = None if value is None else seconds(value)
    if value is not None and length is None:
        raise click.BadParameter(f"{value!r} is no span of time such as 36h or 8d", ctx, param)
    return length


@click.command("status")
@click.option(
    "--check",
    is_flag=True,
    help="Exit 1 if the last crawl failed, a run died or a monitor says fail: a line on stderr for each.",
)
@click.option(
    "--max-age", callback=_span, metavar="AGE",
    help="With --check or nagios: how old the last crawl and a category's last certificate may be (36h, 8d).",
)  # fmt: skip
@click.option(
    "--format", "kind", type=click.Choice(["text", "json", "prometheus", "nagios"]),
    help="For people, programs, node_exporter's textfile collector, or Nagios (exits as its plugins do).  "
    "[default: text]",
)  # fmt: skip
@archive_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    archive: Path,
    as_json: bool,
    check: bool,
    max_age: float | None,
    kind: str | None,
) -> None:
    """Show how complete the archive is: certificates, last crawl, last run, monitors, gaps, residue.

    Reads only, and never waits for a run that is at work. The monitors compare the last crawl with the
    archive's own past (docs/monitors.md).
    """
    kind = _form(kind, as_json)
    if max_age is not None and not check and kind not in ("nagios", "prometheus"):
        raise click.UsageError("--max-age goes with --check, or with --format nagios or prometheus")
    if kind == "nagios":
        ctx.exit(_nagios(archive, max_age))
    state, reasons = _state(archive, max_age)
    if kind == "prometheus":
        _print_prometheus(state, reasons)
    elif kind == "json":
        print_json({"archive": str(archive), **state, **({"reasons": reasons} if check else {})})
    else:
        _print(archive, state)
    against = reasons if check else []
    for reason in against:
        echo(f"not healthy: {reason}", err=True)
    ctx.exit(1 if against else 0)


def _form(kind: str | None, as_json: bool) -> str:
    if as_json and kind not in (None, "json"):
        raise click.UsageError("--json and another --format exclude each other")
    return "json" if as_json else kind or "text"


def _state(archive: Path, max_age: float | None) -> tuple[dict[str, Any], list[str]]:
    """How the archive stands, and what speaks against it."""
    from yiqihui_spider.archive.queries.status import crawl_stats, status
    from yiqihui_spider.clock import now
    from yiqihui_spider.maintenance.verify import is_held
    from yiqihui_spider.watch.health import reasons_against

    with reading(archive) as db:
        moment = now()
        at_work = is_held(archive)
        state = status(db, moment) | crawl_stats(db) | {"at_work": at_work, "now": moment}
    return state, reasons_against(state, moment, max_age)


def _print_prometheus(state: dict[str, Any], reasons: list[str]) -> None:
    from yiqihui_spider.watch.exposition import prometheus
    from yiqihui_spider.wording import __version__

    echo(prometheus(state, __version__, reasons).removesuffix("\n"))


def _nagios(archive: Path, max_age: float | None) -> int:
    from yiqihui_spider.watch.exposition import nagios, unknown

    try:
        with plain_errors():
            state, reasons = _state(archive, max_age)
        line, code = nagios(state, state["now"], max_age, reasons)
    except click.ClickException as error:
        line, code = unknown(error.message)
    echo(line)
    return code


def _print(archive: Path, state: dict[str, Any]) -> None:
    counts = state["counts"]
    away = f"({counts['missing']} missing, {counts['gone']} gone)"
    names = {"versions": "version", "view_counts": "view count", "captures": "capture"}
    others = ", ".join(counted(counts[key], name) for key, name in names.items())
    hanging(f"{archive}: {counted(counts['articles'], 'article')} {away}, {others}")
    if state["categories"]:
        _print_categories(state["categories"])
    _print_run("last crawl", state["last_crawl"], state["at_work"])
    if state["last_run"] != state["last_crawl"]:
        _print_run("last run", state["last_run"], state["at_work"])
    _print_monitors(state["monitors"])
    _print_list("still to do", [_gap(row) for row in state["gaps"]])
    residue = [f"{row['url']}: {counted(row['residue_chars'], 'character')}" for row in state["residue"]]
    _print_list("residue", residue)
    _print_list("problems", [f"{row['url']}: {'; '.join(row['problems'])}" for row in state["problems"]])
    if state["last_run"]:
        echo(ZONE_TOLD)


LONGEST_NAME = 60
"""Characters of a category's name in a table; `--json` has it whole."""


def _print_categories(categories: list[dict[str, Any]]) -> None:
    headers = ("category", "declared", "archived", "away", "last certified", "newest")
    print_table(headers, (_category(row) for row in categories), fixed=headers[1:])
    for row in categories:
        name, walk = brief(row["category"], LONGEST_NAME), row["last_walk"]
        if walk and not walk["certified"]:
            for reason in walk["reasons"] or ["not finished; the next run continues it"]:
                hanging(f"{name} not certified: {reason}")
        if row["feed"]["quiet"]:
            echo(
                f"{brief(row['category'], LONGEST_NAME)}: nothing new for {row['feed']['days_since']:g} days"
            )


def _category(row: dict[str, Any]) -> tuple[Any, ...]:
    newest = row["feed"]["newest_published_at"]
    return (
        brief(row["category"], LONGEST_NAME),
        row["declared"],
        row["archived"],
        row["missing"] + row["gone"],
        site_time(row["last_certified_at"]) if row["last_certified_at"] else "never",
        site_time(newest)[:10] if newest else "",
    )


def _print_monitors(results: list[dict[str, Any]]) -> None:
    if not results:
        return
    wrong = [one for one in results if one["level"] != "ok"]
    for one in wrong:
        hanging(f"monitor {one['monitor']}: {one['level']}: {one['message']}")
    if not wrong:
        echo(f"monitors: {len(results)} ok")


def _print_run(name: str, run: dict[str, Any] | None, at_work: bool) -> None:
    if run is None:
        echo(f"{name}: none yet")
        return
    code = "" if run["exit_code"] is None else f" (exit code {run['exit_code']})"
    unfinished = "still at work" if at_work else "died"
    end = (
        f" to {site_time(run['finished_at'])}: {run['outcome']}" if run["finished_at"] else f", {unfinished}"
    )
    hanging(f"{name}: {run['command']}, {site_time(run['started_at'])}{end}{code}")


def _gap(row: dict[str, Any]) -> str:
    tries = f", {counted(row['attempts'], 'try', 'tries')}" if row["attempts"] else ""
    given_up = ", given up for now" if row["given_up_at"] else ""
    why = row["reason"] or "not fetched yet"
    return f"{row['kind']} {row['url']}: {why} (since {site_time(row['since'])}{tries}{given_up})"


def _print_list(title: str, lines: list[str]) -> None:
    if not lines:
        return
    echo(f"{title} ({len(lines)}):")
    for line in lines[:SHOWN]:
        hanging(line, indent=2)
    if len(lines) > SHOWN:
        echo(f"  … and {len(lines) - SHOWN} more; --json lists all")
