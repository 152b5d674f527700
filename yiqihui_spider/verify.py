"""Whether an archive is what it says: the database, the WARC files, and each against the other.

Reads only. With ``repair`` (a session) what a crash left behind is put in order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlite_utils import Database

from yiqihui_spider.archive import checks
from yiqihui_spider.archive.checks import Record
from yiqihui_spider.archive.held import last_offsets
from yiqihui_spider.archive.imported import known_record
from yiqihui_spider.imports.importer import adopt_record
from yiqihui_spider.items import Page
from yiqihui_spider.read import PARSER_VERSION, read_page
from yiqihui_spider.reparse import shown
from yiqihui_spider.session import Session, warc_folder
from yiqihui_spider.warc.reader import StoredResponse, WarcError, verify_record
from yiqihui_spider.warc.repair import records_after, whole_until

_MOST = 1000
Seen = Callable[[], None]


@dataclass(slots=True)
class Check:
    """One thing that was checked."""

    name: str
    checked: int = 0
    problem_count: int = 0
    problems: list[str] = field(default_factory=list)
    """The first thousand."""
    notes: list[str] = field(default_factory=list)
    """What could not or need not be checked."""

    def found(self, problem: str) -> None:
        self.problem_count += 1
        if len(self.problems) < _MOST:
            self.problems.append(problem)

    def all(self, problems: Iterable[str]) -> Check:
        for problem in problems:
            self.found(problem)
        return self

    def as_dict(self) -> dict[str, Any]:
        return {
            "check": self.name,
            "checked": self.checked,
            "problem_count": self.problem_count,
            "problems": self.problems,
            "notes": self.notes,
        }


def verify(db: Database, archive: Path, seen: Seen = lambda: None) -> list[Check]:
    """All checks, in the order of the table. ``seen`` is called after each capture."""
    size = checks.counts(db)
    found = [
        Check("SQLite integrity", 1).all(checks.integrity(db)),
        Check("foreign keys", sum(size.values())).all(checks.foreign_keys(db)),
        Check("views and triggers", 1).all(checks.declarations(db)),
        _search_index(archive, size["articles"]),
        Check("texts match their hashes", size["articles"] + size["article_versions"]).all(
            checks.wrong_hashes(db)
        ),
        Check("articles trace to a capture", size["articles"]).all(checks.untraced(db)),
    ]
    found += _captures(db, warc_folder(archive), seen)
    found.append(_leftovers(db, archive))
    return found


def _search_index(archive: Path, articles: int) -> Check:
    check = Check("search index", articles)
    try:
        return check.all(checks.search_index(archive))
    except sqlite3.OperationalError as error:
        check.checked = 0
        check.notes.append(f"not checked: {error}")
        return check


# --- captures against their records --------------------------------------------------------


def _captures(db: Database, folder: Path, seen: Seen) -> list[Check]:
    there = Check("WARC records and digests")
    tiles = Check("spans tile their page text")
    older = 0
    for record in checks.records(db):
        there.checked += 1
        trouble = verify_record(folder, record.warc_file, record.warc_offset, record.payload_digest)
        if trouble is not None:
            there.found(f"capture {record.id}: {trouble}")
        elif record.filed and record.parser_version != PARSER_VERSION:
            older += 1
        elif record.filed:
            tiles.checked += 1
            tiles.all(f"capture {record.id}: {problem}" for problem in _page(db, folder, record))
        seen()
    if older:
        tiles.notes.append(
            f"{older} captures were read by another parser; `yiqihui reparse` brings them up to date"
        )
    return [there, tiles]


def _page(db: Database, folder: Path, record: Record) -> Iterator[str]:
    try:
        page = shown(db, folder, record.warc_file, record.warc_offset)
    except WarcError as error:
        yield str(error)
        return
    text, split, reading = read_page(page.body, page.content_type, record.url)
    yield from tiling(split, text.text)
    placed = checks.placed_texts(db, record.id)
    yield from (problem for one in placed if (problem := checks.misplaced(one, text.text)) is not None)
    sightings = sum(one.what.startswith("entry ") for one in placed)
    if sightings != len(reading.articles):
        yield f"{len(reading.articles)} articles stand on the page, {sightings} on record"


def tiling(page: Page, text: str) -> Iterator[str]:
    """Where the pieces of a page leave a gap or overlap."""
    cursor = 0
    for piece in page.pieces:
        if piece.span.start != cursor or piece.span.end < piece.span.start:
            yield f"the pieces of the page text do not meet at {cursor}"
            return
        cursor = piece.span.end
    if cursor != len(text):
        yield f"the pieces of the page text end at {cursor} of {len(text)}"


# --- what a crash left behind ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Orphan:
    warc_file: str
    record: StoredResponse


def _leftovers(db: Database, archive: Path) -> Check:
    """Records without a row and unfinished ends of files."""
    check = Check("no leftovers of a crash")
    held = is_held(archive)
    folder = warc_folder(archive)
    last = last_offsets(db)
    doubles = 0
    for path in warc_files(folder):
        check.checked += 1
        for orphan in orphans(db, path, last.get(path.name)):
            if is_double(db, orphan.record):
                doubles += 1
            elif not held:
                check.found(
                    f"{path.name}: offset {orphan.record.offset}: {orphan.record.url} is in no row; "
                    "`yiqihui verify --repair` takes it in"
                )
        if not held and (end := _unfinished(path, last.get(path.name))) is not None:
            check.found(
                f"{path.name}: {end} bytes at the end are no whole record; the next run cuts them off"
            )
    if held:
        check.notes.append("a run is at work: the ends of its files were not judged")
    if doubles:
        check.notes.append(f"{doubles} records are there twice (a run was killed and its work done again)")
    return check


def warc_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.warc.gz"))


def orphans(db: Database, path: Path, last: int | None) -> Iterator[Orphan]:
    """The whole records of a file behind the last one with a row (None: all), that have none."""
    for offset, record in records_after(path, last):
        if not checks.is_recorded(db, path.name, offset):
            yield Orphan(path.name, record)


def is_double(db: Database, record: StoredResponse) -> bool:
    at = record.captured_at
    return at is not None and known_record(db, record.url, record.payload_digest, at) is not None


def _unfinished(path: Path, last: int | None) -> int | None:
    size = path.stat().st_size
    end = whole_until(path, last or 0)
    return size - end if end is not None and end < size else None


def is_held(archive: Path) -> bool:
    """Whether a run is at work on the archive."""
    lock_path = archive.with_name(archive.name + ".lock")
    if not lock_path.exists():
        return False
    lock = FileLock(lock_path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False  # a read-only place: no one writes there
    lock.release()
    return False


def repair(session: Session) -> list[str]:
    """Take in the records that a crash kept out of the table; what was done, a line each. (The
    session has cut off unfinished ends already.)"""
    done = [f"unfinished end cut off: {cut}" for cut in session.stats.get("warc_repaired", ())]
    last = last_offsets(session.db)
    for path in warc_files(session.warc_folder):
        for orphan in list(orphans(session.db, path, last.get(path.name))):
            outcome = adopt_record(session, orphan.warc_file, orphan.record)
            where = f"{path.name}: offset {orphan.record.offset}: {orphan.record.url}"
            if outcome.status in ("archived", "kept"):
                done.append(f"taken in: {where} ({outcome.articles} articles)")
    return done
