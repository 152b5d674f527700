"""``yiqihui verify``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from yiqihui_spider.cli.common import (
    archive_option,
    json_option,
    print_json,
    print_table,
    reading,
    site_option,
)
from yiqihui_spider.cli.counting import count_progress
from yiqihui_spider.cli.terminal import echo
from yiqihui_spider.errors import Exit
from yiqihui_spider.wording import counted

if TYPE_CHECKING:
    from yiqihui_spider.maintenance.verify import Check
    from yiqihui_spider.site import SiteProfile

SHOWN = 20


@click.command("verify")
@click.option(
    "--repair", "repairing", is_flag=True, help="Take in records that a crash kept out of the table."
)
@site_option
@archive_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, site: SiteProfile | None, archive: Path, repairing: bool, as_json: bool
) -> None:
    """Check that the archive is whole and that every article has its evidence.

    SQLite's own checks; the search index against the articles; every capture's record in the
    WARC files, with its digest; the spans of every page against the page read again; every
    article's text against the capture it came from; and what a killed run may have left behind.

    Reads only, unless --repair is given. Takes about as long as reading all WARC files.

    Exit code 0: all is well. 1: it is not, and what is wrong is on stderr.
    """
    repairs = _repair(archive, site) if repairing else []
    found = _verify(archive, site, as_json)
    code = Exit.FAILED if any(check.problem_count for check in found) else Exit.DONE
    if as_json:
        print_json(
            {
                "archive": str(archive),
                "sound": code == Exit.DONE,
                "repairs": repairs,
                "checks": [check.as_dict() for check in found],
            }
        )
    else:
        _print(found, repairs)
    ctx.exit(code)


def _repair(archive: Path, site: SiteProfile | None) -> list[str]:
    from yiqihui_spider.archive.schema.opening import open_archive
    from yiqihui_spider.maintenance.verify import repair
    from yiqihui_spider.session import open_session

    open_archive(archive, create=False, read_only=True).close()
    with open_session(archive, "verify --repair", site) as session:
        done = repair(session)
        session.stats["repairs"] = done
        session.exit_code, session.outcome = Exit.DONE, "repaired" if done else "nothing to repair"
    return done


def _verify(archive: Path, site: SiteProfile | None, quiet: bool) -> list[Check]:
    from yiqihui_spider.archive.queries.checks import count
    from yiqihui_spider.maintenance.verify import verify
    from yiqihui_spider.session import site_of

    profile = site_of(archive, site)
    with (
        reading(archive) as db,
        count_progress("verifying", count(db, "captures"), "captures", quiet=quiet) as seen,
    ):
        return verify(db, archive, profile, seen)


def _print(found: list[Check], repairs: list[str]) -> None:
    rows = [
        (
            check.name,
            check.checked,
            "ok" if not check.problem_count else counted(check.problem_count, "problem"),
        )
        for check in found
    ]
    print_table(("check", "checked", "result"), rows)
    for line in repairs:
        echo(line)
    for check in found:
        for note in check.notes:
            echo(f"{check.name}: {note}")
        for problem in check.problems[:SHOWN]:
            echo(f"{check.name}: {problem}", err=True)
        if check.problem_count > SHOWN:
            echo(f"{check.name}: … and {check.problem_count - SHOWN} more (--json lists them)", err=True)
