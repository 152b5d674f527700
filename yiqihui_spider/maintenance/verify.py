"""Whether an archive is what it says: the database, the WARC files, and each against the other.

Reads only. With ``repair`` (a session) what a crash left behind is put in order.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlite_utils import Database

from yiqihui_spider.archive.queries import checks
from yiqihui_spider.archive.queries.checks import Record
from yiqihui_spider.archive.queries.times import unreadable_times
from yiqihui_spider.archive.state.last_capture import OwnFile, own_files
from yiqihui_spider.archive.state.lookup import known_record
from yiqihui_spider.imports.ingest import adopt_record
from yiqihui_spider.items import ParsedPage, SplitPage
from yiqihui_spider.maintenance.judging import judge
from yiqihui_spider.maintenance.reparse import shown
from yiqihui_spider.parse.read import read_page, reading_version
from yiqihui_spider.session import Session, lock_path, warc_folder
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse, WarcError, read_record, verify_record
from yiqihui_spider.warc.repair import records_after, whole_until
from yiqihui_spider.wording import counted

_MOST = 1000
_CANNOT = re.compile("locked|busy|readonly|read-only|full|unable to open|I/O error|interrupted")
"""What SQLite says where something could not be done; all else (``malformed JSON``) is wrong itself."""
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


def verify(db: Database, archive: Path, site: SiteProfile, seen: Seen = lambda: None) -> list[Check]:
    """All checks, in the order of the table. ``site``: by which pages are read; ``seen`` is called
    after each capture."""
    found = [
        _asked(db, "SQLite integrity", checks.integrity),
        _asked(db, "foreign keys", checks.foreign_keys, *checks.TABLES),
        _asked(db, "views and triggers", checks.declarations),
        _asked(db, "search index", lambda _: checks.search_index(archive), "articles"),
        _asked(db, "times can be read", unreadable_times),
        _asked(db, "texts match their hashes", checks.wrong_hashes, "articles", "former_texts"),
        _asked(db, "articles trace to a capture", checks.untraced, "articles"),
        _asked(db, "rows follow from what pages showed", checks.unborne, "articles"),
    ]
    there, tiles, borne, leftovers = (
        Check("WARC records and digests"),
        Check("spans tile their page text"),
        Check("pages bear out their rows"),
        Check(LEFTOVERS),
    )
    with _told(tiles):
        _captures(db, warc_folder(archive), _Captures(site, there, tiles, borne), seen)
    with _told(leftovers):
        _leftovers(db, archive, leftovers)
    return [*found, there, tiles, borne, leftovers]


LEFTOVERS = "no leftovers of a crash"


def _asked(db: Database, name: str, ask: Callable[[Database], Iterable[str]], *tables: str) -> Check:
    """A check that one question to the database answers; it looks at all rows of the tables."""
    check = Check(name)
    with _told(check):
        check.all(ask(db))
        check.checked = checks.count(db, *tables) if tables else 1
    return check


@contextmanager
def _told(check: Check) -> Iterator[None]:
    """A damaged database is a problem found; one that is busy or can't be written is not checked."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and _CANNOT.search(str(error)):
            check.notes.append(f"not checked: {error}")
        else:
            check.found(f"SQLite: {error}")
    except (ValueError, TypeError, LookupError) as error:
        check.found(f"a row can't be read: {' '.join(str(error).split()) or type(error).__name__}")


# --- captures against their records --------------------------------------------------------


@dataclass(slots=True)
class _Captures:
    """The three checks that go through all captures, each record read anew with today's parser."""

    site: SiteProfile
    there: Check
    tiles: Check
    borne: Check
    older: int = 0
    """Captures read by another parser."""
    fuller: int = 0
    """Of these, those in which today's finds more."""
    readings: dict[tuple[str, str], _Read] = field(default_factory=dict)
    """Of the newest payloads by digest and address: pages that did not change are read once."""


@dataclass(frozen=True, slots=True)
class _Read:
    text: str
    page: SplitPage
    reading: ParsedPage


_KEPT = 100


def _captures(db: Database, folder: Path, found: _Captures, seen: Seen) -> None:
    for record in checks.records(db):
        found.there.checked += 1
        trouble = _record(folder, record)
        if trouble is not None:
            found.there.found(f"capture {record.id}: {trouble}")
        elif record.filed:
            _page(db, folder, record, found)
        seen()
    if found.older:
        found.tiles.notes.append(
            f"{counted(found.older, 'capture was', 'captures were')} read by another parser; "
            "`yiqihui reparse` brings what they say up to date"
        )
    if found.fuller:
        found.borne.notes.append(
            f"today's parser finds more in {found.fuller} of them; `yiqihui reparse` takes it in"
        )


def _record(folder: Path, record: Record) -> str | None:
    """What is wrong with a capture's record, or None."""
    place = record.warc_file, record.warc_offset
    trouble = verify_record(folder, *place, record.payload_digest)
    if trouble is not None:
        return trouble
    length = read_record(folder, *place, limit=0).length
    if length != record.warc_length:
        where = f"{folder / record.warc_file}: offset {record.warc_offset}"
        return f"{where}: the record has {length} bytes, not {record.warc_length}"
    return None


def _page(db: Database, folder: Path, record: Record, found: _Captures) -> None:
    """What the rows say of a page, judged by the page."""
    try:
        read = _read(db, folder, record, found)
    except WarcError as error:
        found.tiles.found(f"capture {record.id}: {error}")
        return
    current = record.parser_version == reading_version(found.site)
    reading = read.reading.without_numbers(checks.disowned_numbers(db, record.id))
    judged = judge(checks.shown_entries(db, record.id), reading)
    found.borne.checked += 1
    advice = "" if current else "; `yiqihui reparse` takes back what is wrong"
    found.borne.all(f"capture {record.id}: {problem}{advice}" for problem in judged.false)
    if current:
        found.borne.all(f"capture {record.id}: {problem}, and no row does" for problem in judged.lacking)
        found.tiles.checked += 1
        found.tiles.all(f"capture {record.id}: {problem}" for problem in _spans(db, record, read))
    else:
        found.older += 1
        found.fuller += bool(judged.lacking)


def _read(db: Database, folder: Path, record: Record, found: _Captures) -> _Read:
    key = (record.payload_digest, record.url)
    read = found.readings.pop(key, None)
    if read is None:
        page = shown(db, folder, record.warc_file, record.warc_offset)
        text, split, reading = read_page(page.body, page.content_type, record.url, found.site)
        read = _Read(text.text, split, reading)
    found.readings[key] = read
    if len(found.readings) > _KEPT:
        del found.readings[next(iter(found.readings))]
    return read


def _spans(db: Database, record: Record, read: _Read) -> Iterator[str]:
    yield from tiling(read.page, read.text)
    placed = checks.placed_texts(db, record.id)
    yield from (problem for one in placed if (problem := checks.misplaced(one, read.text)) is not None)
    for what, on_page in (("entry", read.reading.articles), ("residue", read.reading.residues)):
        rows = sum(one.what.startswith(what) for one in placed)
        if rows != len(on_page):
            yield f"{what}: {len(on_page)} on the page, {rows} on record"


def tiling(page: SplitPage, text: str) -> Iterator[str]:
    """Where the pieces of a page leave a gap or overlap."""
    cursor = 0
    for piece in page.segments:
        if piece.span.start != cursor or piece.span.end < piece.span.start:
            yield f"the pieces of the page text do not meet at {cursor}"
            return
        cursor = piece.span.end
    if cursor != len(text):
        yield f"the pieces of the page text end at {cursor} of {len(text)}"


# --- what a crash left behind ----------------------------------------------------------------


def _leftovers(db: Database, archive: Path, check: Check) -> None:
    """Records without a row and unfinished ends of files, in the files that this archive began.

    What a run left that failed or was killed is no fault of the archive: the next run fetches the
    pages again. It is noted."""
    held = is_held(archive)
    folder = warc_folder(archive)
    own, copied = own_files(db)
    found = [_left(db, folder / file.name, file, held) for file in own if (folder / file.name).is_file()]
    check.checked += len(found)
    for file, left in found:
        told = check.found if file.ended_well and not held else check.notes.append
        for line in left.lines if not held else ():
            told(line)
    others = {path.name for path in folder.glob("*.warc.gz")} - {file.name for file in own} - set(copied)
    doubles = sum(left.doubles for _, left in found)
    dead = 0 if held else checks.open_runs(db)
    check.notes += _remarks(held, dead, doubles, len(others), len(copied))


def _remarks(held: bool, dead: int, doubles: int, others: int, copied: int) -> list[str]:
    """What of files and runs is no fault, and worth knowing."""
    notes = (
        (held, "a run is at work: what it has just written was not judged"),
        (dead, f"{counted(dead, 'run')} never said how it ended, and died; the next run says so of each"),
        (
            doubles,
            f"{counted(doubles, 'record is', 'records are')} there twice (a run was killed and its work done "
            "again)",
        ),
        (
            others,
            f"not looked into: {counted(others, 'other WARC file')} in the folder, not of this archive",
        ),
        (
            copied,
            f"{counted(copied, 'file was', 'files were')} being written when this archive was copied; "
            "only the records that it knows were looked at",
        ),
    )
    return [note for holds, note in notes if holds]


@dataclass(slots=True)
class _Left:
    lines: list[str] = field(default_factory=list)
    doubles: int = 0


def _left(db: Database, path: Path, file: OwnFile, held: bool) -> tuple[OwnFile, _Left]:
    left = _Left()
    for record in orphans(db, path):
        if is_double(db, record):
            left.doubles += 1
            continue
        left.lines.append(
            f"{path.name}: offset {record.offset}: {record.url} is in no row; "
            "`yiqihui verify --repair` takes it in"
        )
    if not held and (size := _unfinished(path, file.last)) is not None:
        left.lines.append(
            f"{path.name}: no whole record at the end, {counted(size, 'byte')}; the next run cuts them off"
        )
    return file, left


def orphans(db: Database, path: Path) -> Iterator[StoredResponse]:
    """The whole records of a file that have no row."""
    for offset, record in records_after(path, None):
        if not checks.is_recorded(db, path.name, offset):
            yield record


def is_double(db: Database, record: StoredResponse) -> bool:
    at = record.captured_at
    return at is not None and known_record(db, record.url, record.payload_digest, at) is not None


def _unfinished(path: Path, last: int) -> int | None:
    size = path.stat().st_size
    end = whole_until(path, last)
    return size - end if end is not None and end < size else None


def is_held(archive: Path) -> bool:
    """Whether a run is at work on the archive."""
    path = lock_path(archive)
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)  # for an instant: who begins a run meanwhile has patience
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
    own, _ = own_files(session.db)
    for path in (session.warc_folder / file.name for file in own):
        for record in orphans(session.db, path) if path.is_file() else ():
            outcome = adopt_record(session, path.name, record)
            where = f"{path.name}: offset {record.offset}: {record.url}"
            if outcome.status in ("archived", "kept"):
                done.append(f"taken in: {where} ({counted(outcome.articles, 'article')})")
    return done
