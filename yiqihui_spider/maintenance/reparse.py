"""Every capture read again with today's parser, from our WARC files, without the network.

Each capture is one transaction, and how far a run came stands in its row: one that was cut
short is continued by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.articles import store
from yiqihui_spider.archive.articles.diff import sentence_diff
from yiqihui_spider.archive.articles.revoking import certified_walks, revoke
from yiqihui_spider.archive.state import reparse_progress
from yiqihui_spider.archive.state.lookup import residue_of
from yiqihui_spider.archive.state.reparse_progress import Standing, ToRead
from yiqihui_spider.archive.state.walks import load_walk
from yiqihui_spider.completeness.certificate import blemishes, fault
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.ingest import is_page, unreadable
from yiqihui_spider.items import Capture, PageItem
from yiqihui_spider.parse.read import read_page, reading_version
from yiqihui_spider.session import Session
from yiqihui_spider.session.evidence import Evidence
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse, WarcError, read_record

Seen = Callable[[], None]
"""Called after each capture."""


@dataclass(slots=True)
class Reparsed:
    """What a reparse did, or would do."""

    resumed_after: int = 0
    """The capture behind which it went on; 0: from the start."""
    read: int = 0
    changed: list[int] = field(default_factory=list)
    """Captures that read otherwise than before."""
    failed: list[str] = field(default_factory=list)
    """Captures whose records can't be read; their rows stay as they are."""
    revoked: list[int] = field(default_factory=list)
    """Walks that are certified no longer."""
    not_understood: list[str] = field(default_factory=list)
    """Captures of which less is understood than before."""
    taken_back: dict[str, int] = field(default_factory=dict)
    """Rows that are gone, by kind: articles (one with another now, some of them), edits, view counts."""
    interrupted: bool = False

    @property
    def exit_code(self) -> Exit:
        """What is understood no longer is a layout that is not; a certificate taken back leaves a
        category without. Rows taken back are what a reparse is for."""
        if self.not_understood:
            return Exit.LAYOUT
        return Exit.UNCERTIFIED if self.failed or self.interrupted or self.revoked else Exit.DONE

    def compare_rows(self, before: Standing, after: Standing) -> None:
        gone = {
            "articles": len(before.articles - after.articles),
            "edits": before.edits - after.edits,
            "view_counts": before.view_counts - after.view_counts,
        }
        self.taken_back = {what: count for what, count in gone.items() if count > 0}


def to_do(session: Session, *, from_start: bool = False) -> tuple[int, int]:
    """Behind which capture to begin, and how many there are to read."""
    version = reading_version(session.site)
    after = 0 if from_start else reparse_progress.unfinished_reparse(session.db, session.run_id, version)
    return after, reparse_progress.count_to_read(session.db, after)


def reparse(session: Session, after: int = 0, seen: Seen = lambda: None) -> Reparsed:
    """Read every capture behind ``after`` again and put the readings in place of the old ones."""
    done = Reparsed(resumed_after=after)
    stats = session.stats
    version = stats["reparse_parser"] = reading_version(session.site)
    stats["reparsed_to"] = after
    before = reparse_progress.standing(session.db)
    try:
        for capture in reparse_progress.captures_to_read(session.db, after):
            with session.db.atomic():
                reread(session.db, session.warc_folder, capture, session.site, done)
                reparse_progress.note_progress(session.db, session.run_id, capture.id, version)
            stats["reparsed_to"] = capture.id
            seen()
        stats["reparse_finished"] = True
    except KeyboardInterrupt:
        done.interrupted = True
    done.compare_rows(before, reparse_progress.standing(session.db))
    stats |= {"captures_read": done.read, "captures_changed": len(done.changed), "failures": done.failed[:50]}
    stats |= {"certificates_revoked": done.revoked, "rows_taken_back": done.taken_back}
    stats["not_understood"] = done.not_understood[:50]
    return done


def reread(db: Database, folder: Path, capture: ToRead, site: SiteProfile, done: Reparsed) -> None:
    try:
        record = shown(db, folder, capture.warc_file, capture.warc_offset)
    except WarcError as error:
        done.failed.append(f"capture {capture.id}: {error}")
        return
    done.read += 1
    item = _item(capture, record, site)
    if item is None:
        return
    before, unexplained = reparse_progress.fingerprint(db, capture.id), residue_of(db, capture.id)
    store.replace_reading(db, capture.id, item, reading_version(site))
    more = residue_of(db, capture.id) - unexplained
    if more > 0:
        done.not_understood.append(
            f"capture {capture.id}: {more} more characters unexplained ({capture.url})"
        )
    if reparse_progress.fingerprint(db, capture.id) != before:
        done.changed.append(capture.id)
        _judge_walks(db, capture.id, done)


def _judge_walks(db: Database, capture_id: int, done: Reparsed) -> None:
    """A certificate does not outlast the reading that it rests on."""
    for walk_id in certified_walks(db, capture_id):
        pages = load_walk(db, walk_id).pages
        reasons = [
            reason
            for page in pages
            for reason in (
                fault(page, page.declared.page if page.declared else 1),
                *blemishes({page.declared.page if page.declared else 1: page}),
            )
            if reason is not None
        ]
        if reasons:
            revoke(db, walk_id, [f"read anew: {reason}" for reason in dict.fromkeys(reasons)])
            done.revoked.append(walk_id)


def shown(db: Database, folder: Path, warc_file: str, offset: int) -> StoredResponse:
    """What a capture shows; a revisit comes with the payload it refers to. Raises WarcError."""

    return read_record(folder, warc_file, offset, Evidence(db, folder).lookup)


def _item(capture: ToRead, record: StoredResponse, site: SiteProfile) -> PageItem | None:
    """Today's reading, or None if there is nothing to put in place of what stands.

    What no parser could use stays so, unless a newer one makes a page of it.
    """
    if not capture.filed and (
        capture.parser_version == reading_version(site) or not is_page(record) or unreadable(record)
    ):
        return None
    text, page, reading = read_page(record.body, record.content_type, capture.url, site)
    if not capture.filed and not reading.articles:
        return None
    if reading.category is None and reading.kind != "other":
        # The crawl knew the category from where it had come.
        reading = replace(reading, category=capture.category)
    row = Capture(
        capture.url,
        capture.captured_at,
        capture.payload_digest,
        capture.warc_file,
        capture.warc_offset,
        record.length or 0,
        id=capture.id,
    )
    return PageItem(capture.url, b"", record.content_type, row, text=text, page=page, reading=reading)


# --- what would change ---------------------------------------------------------------------


def try_out(
    db: Database, folder: Path, site: SiteProfile, seen: Seen = lambda: None
) -> tuple[Reparsed, list[dict[str, Any]]]:
    """What a reparse of everything would change, article by article; the archive is only read.

    It is done on a temporary copy.
    """
    done = Reparsed()
    with reparse_progress.scratch_copy(db) as copy:
        for capture in reparse_progress.captures_to_read(db):
            with copy.atomic():
                reread(copy, folder, capture, site, done)
            seen()
        done.compare_rows(reparse_progress.standing(db), reparse_progress.standing(copy))
        return done, list(compare(reparse_progress.articles_of(db), reparse_progress.articles_of(copy)))


def compare(before: Iterator[dict[str, Any]], after: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The articles in which two archives differ; both in order of id."""
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old["id"] < new["id"]):
            assert old is not None
            yield _change(old, None)
            old = next(before, None)
        elif old is None or new["id"] < old["id"]:
            yield _change(None, new)
            new = next(after, None)
        else:
            if old != new:
                yield _change(old, new)
            old, new = next(before, None), next(after, None)


_TOLD_APART = ("id", "body", "content_hash")


def _change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    before, after = old or {}, new or {}
    one = after or before
    pairs = {name: [before.get(name), after.get(name)] for name in one}
    old_body, new_body = before.get("body", ""), after.get("body", "")
    text = sentence_diff(old_body, new_body)
    return {
        "id": one["id"],
        "change": "changed" if old and new else "new" if new else "removed",
        "title": one["title"],
        "published_at": one["published_at"],
        "fields": {
            name: pair for name, pair in pairs.items() if name not in _TOLD_APART and pair[0] != pair[1]
        },
        "text": text,
        "only_white_space": old_body != new_body and not text,
    }
