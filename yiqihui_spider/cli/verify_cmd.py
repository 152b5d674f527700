"""``yiqihui verify``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from yiqihui_spider.cli.common import (
    Failure,
    archive_option,
    json_option,
    plain_errors,
    print_json,
    print_table,
    reading,
    site_option,
)
from yiqihui_spider.cli.config_option import settings
from yiqihui_spider.cli.counting import count_progress
from yiqihui_spider.cli.running import LOG_OPTIONS, Run, RunOptions, fail, observed
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
@LOG_OPTIONS[0]
@LOG_OPTIONS[1]
@site_option
@archive_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    site: SiteProfile | None,
    archive: Path,
    repairing: bool,
    as_json: bool,
    log_file: str | None,
    log_format: str,
) -> None:
    """Check that the archive is whole and that every article has its evidence.

    SQLite's own checks; the search index against the articles; every capture's record in the
    WARC files, with its digest; the spans of every page against the page read again; every
    article's text against the capture it came from; and what a killed run may have left behind.

    Reads only, unless --repair is given. Takes about as long as reading all WARC files.

    Exit code 0: all is well. 1: it is not, and what is wrong is on stderr.
    """
    how = RunOptions(Path(log_file) if log_file else None, log_format, unattended=False, show=True)
    run = Run("verify --repair" if repairing else "verify", archive, how, as_json, settings())
    with observed(run, hear=not as_json) as seen:
        try:
            with plain_errors():
                _check(run, site, repairing)
        except Failure as error:
            fail(run, error)
    if run.failure is not None:
        raise run.failure
    print_json(run.data()) if as_json else run.show()
    for line in seen.to_be_heard():
        echo(line, err=True)
    ctx.exit(run.exit_code)


def _check(run: Run, site: SiteProfile | None, repairing: bool) -> None:
    repairs = _repair(run.archive, site) if repairing else []
    found = _verify(run.archive, site, run.as_json)
    problems = [f"{check.name}: {problem}" for check in found for problem in check.problems[:SHOWN]]
    wrong = any(check.problem_count for check in found)
    code, outcome = (Exit.FAILED, "not sound") if wrong else (Exit.DONE, "sound")
    report = {
        "archive": str(run.archive),
        "sound": not wrong,
        "repairs": repairs,
        "checks": [check.as_dict() for check in found],
    }
    run.ended(
        code, outcome, problems, data=lambda: report, show=lambda: _print(found, repairs), notes=repairs
    )


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
