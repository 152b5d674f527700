"""One ``yiqihui wayback``: index, plan, captures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from yiqihui_spider.archive.db import open_archive
from yiqihui_spider.archive.wayback import Held, Nothing
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.outcome import Exit
from yiqihui_spider.session import open_session
from yiqihui_spider.wayback.client import Client, Pace
from yiqihui_spider.wayback.fetch import Fetch, Question, Tally, read_index
from yiqihui_spider.wayback.plan import Holdings, Plan, plan

Progress = Callable[[Plan], Callable[[], None]]
"""Told of the plan; gives what is called once for each capture tried."""


@dataclass(frozen=True, slots=True)
class Manners:
    index_rate: float
    """Index requests a minute."""
    delay: float
    """Seconds between two captures asked for."""


def look(archive: Path, question: Question, manners: Manners, told: Callable[[str], None]) -> Plan:
    """What would be fetched; nothing is written."""
    client = Client(told=told)
    if not archive.exists():
        return _plan(client, question, manners, Nothing())
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return _plan(client, question, manners, Held(db))


def run(
    archive: Path,
    question: Question,
    base: str,
    manners: Manners,
    *,
    limit: int | None = None,
    told: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda plan: lambda: None,
) -> tuple[Plan, Tally]:
    """Fetch what the archive lacks. Raises IndexUnreachable, IndexRefuses, ArchiveLocked, ArchiveError."""
    client = Client(told=told)
    with open_session(archive, f"wayback {question.prefix}") as session:
        session.stats |= {"index": question.index, "replay": base}
        try:
            found = _plan(client, question, manners, Held(session.db))
        except YiqihuiError as error:
            session.exit_code = error.exit_code
            session.outcome = "index unreachable" if error.exit_code == Exit.TRY_LATER else "failed"
            session.stats["error"] = str(error)
            raise
        fetch = Fetch(session, client, Pace(manners.delay), base=base, home=home_of(question.prefix))
        tally = fetch.run(found, limit, progress(found))
        session.exit_code, session.outcome = tally.decide()
        session.stats |= counts(found) | tally.as_dict()
    return found, tally


def counts(found: Plan) -> dict[str, int]:
    return {
        "captures": found.rows,
        "no_pages": found.others,
        "known": found.known,
        "identical": found.identical,
        "wanted": len(found.tasks),
    }


def home_of(prefix: str) -> str:
    return prefix if "://" in prefix else f"http://{prefix}"


def _plan(client: Client, question: Question, manners: Manners, held: Holdings) -> Plan:
    answers = read_index(client, Pace(60 / manners.index_rate), question)
    return plan((row for rows in answers for row in rows), held)
