"""What follows a run: whether somebody must be told of it, judged by the runs before."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yiqihui_spider.cli.notifying import wanted
from yiqihui_spider.clock import now
from yiqihui_spider.errors import Exit, YiqihuiError
from yiqihui_spider.watch import memory
from yiqihui_spider.watch.alerts import in_one_line, is_alarming, lasted

if TYPE_CHECKING:
    from yiqihui_spider.cli.running import Run


CRAWL = "crawl"

NOT_JUST_NOW = 240
"""Seconds after which it is worth saying since when trouble has lasted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    since: str | None
    """When the trouble began that a run is in; None if it is in none."""
    alarming: bool
    line: str
    """What is wrong, since when, and where to look."""


def judge(run: Run) -> Verdict:
    """What a run that has just ended means. Remembers trouble that the archive can't know of."""
    present = now()
    since = _since(run, present, remember=run.how.unattended or wanted(run))
    alarming = is_alarming(run.exit_code, since, present, run.config.patience)
    told = since if lasted(since, present) > NOT_JUST_NOW else None
    log = str(run.how.log_file.resolve()) if run.how.log_file else None
    line = in_one_line(
        f"yiqihui {run.command} of {run.archive}", run.outcome, run.exit_code, run.reasons, told, log
    )
    return Verdict(since, alarming, line)


def _since(run: Run, present: str, *, remember: bool) -> str | None:
    places = memory.places(run.archive, os.environ)
    remembered = memory.load(places)
    kind = run.kind
    if run.exit_code == Exit.DONE:
        if remembered.pop(kind, None):
            memory.save(places, remembered)
        return None
    told, good = _history(run)
    known = remembered.get(kind, {})
    if good and str(known.get("at", "")) < good:
        known = {}
    moments = [one for one in (*told, known.get("since")) if isinstance(one, str)]
    since = min(moments, default=present)
    if remember and run.session is None:
        memory.save(places, {**remembered, kind: {**known, "since": since, "at": present}})
    return since


def _history(run: Run) -> tuple[list[str | None], str | None]:
    """Moments at which the present trouble may have begun, by the archive; when all was well last."""
    from yiqihui_spider.archive.queries import run_history

    with reading(run.archive) as db, suppress(sqlite3.Error):
        if db is None:
            return [], None
        since = [run_history.trouble_since(db, run.kind)]
        if run.exit_code == Exit.UNCERTIFIED and run.run_id is not None:
            since.append(run_history.uncertified_since(db, run.run_id))
        return since, run_history.last_good(db, run.kind)
    return [], None


@contextmanager
def reading(archive: Path) -> Iterator[Any]:
    """An archive, if it can be read: a run may have failed because it can't."""
    from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive

    try:
        db = open_archive(archive, create=False, read_only=True)
    except (ArchiveError, YiqihuiError, sqlite3.Error, OSError):
        yield None
        return
    try:
        yield db
    finally:
        db.close()


def standing(archive: Path) -> str | None:
    """The line that somebody must see of an archive's crawls as they stand, or None."""
    from yiqihui_spider.archive.queries import run_history
    from yiqihui_spider.archive.schema.opening import open_archive
    from yiqihui_spider.cli.config_option import settings

    present = now()
    known = memory.load(memory.places(archive, os.environ)).get(CRAWL, {})
    db = open_archive(archive, create=False, read_only=True)
    try:
        last = run_history.last_ended(db, CRAWL)
        moments = [run_history.trouble_since(db, CRAWL)]
        if last is not None:
            moments.append(run_history.uncertified_since(db, last["id"]))
    finally:
        db.close()
    outcome, code = (last["outcome"], last["exit_code"]) if last else ("no crawl has ended yet", Exit.DONE)
    if str(known.get("at", "")) > (last["finished_at"] if last else ""):
        outcome, code = "could not begin", Exit.TRY_LATER
        moments.append(known.get("since"))
    code = Exit.TRY_LATER if code is None else code  # it died, and the next has not begun
    since = min((one for one in moments if one), default=None)
    if not is_alarming(code, since, present, settings().patience):
        return None
    return in_one_line(f"yiqihui crawl of {archive}", outcome, code, [], since, None)
