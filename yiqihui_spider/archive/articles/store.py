"""How a page that was fetched and read becomes rows. One page is one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import content_hash, is_beginning
from yiqihui_spider.archive.articles.ingest import Recorded, Source, body_of, record, write_sightings
from yiqihui_spider.archive.articles.listings import settle_places
from yiqihui_spider.archive.articles.matching import (
    Entry,
    MatchGroup,
    address_key,
    known_articles,
    match,
    subjects,
)
from yiqihui_spider.archive.articles.ordering import settle_order
from yiqihui_spider.archive.articles.rebuild import rebuild
from yiqihui_spider.archive.articles.revoking import update_pages
from yiqihui_spider.archive.search.index import direct_indexing
from yiqihui_spider.archive.state.captures import (
    begin_run,
    close_dead_runs,
    finish_run,
    in_utc,
    insert_capture,
)
from yiqihui_spider.items import ArticleItem, Capture, PageItem, PageKind, ParsedPage

__all__ = [
    "SavedPage",
    "begin_run",
    "close_dead_runs",
    "finish_run",
    "in_utc",
    "replace_reading",
    "save_capture",
    "save_page",
    "save_section",
    "save_unchanged",
]

COMPLETE_CAPTURE = """
    UPDATE captures SET kind = ?, category = ?, declared_first = ?, declared_last = ?, declared_total = ?,
      declared_page = ?, declared_pages = ?, entries = ?, residue_chars = ?, problems = ?, parser_version = ?,
      content_type = coalesce(?, content_type)
    WHERE id = ?
"""

COPY_CAPTURE = """
    UPDATE captures SET (kind, category, declared_first, declared_last, declared_total, declared_page,
      declared_pages, entries, residue_chars, problems, parser_version, content_type, unchanged_since) =
      (SELECT kind, category, declared_first, declared_last, declared_total, declared_page, declared_pages,
         entries, residue_chars, problems, parser_version, content_type, id FROM captures WHERE id = :root)
    WHERE id = :copy
"""

SIGHTED = """
    SELECT position, site_id, published_at, title, source, url, views, content_hash, NULL, body_chars,
           span_start, span_end, cut_short, views_printed, foreign_address, article_id
    FROM sightings WHERE capture_id = ? ORDER BY position
"""

RELEASE_NUMBERS = """
    UPDATE articles SET site_id = NULL
    WHERE id IN (SELECT value FROM json_each(?)) AND site_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.article_id = articles.id AND s.site_id IS NOT NULL)
"""


def save_capture(
    db: Database,
    run_id: int,
    capture: Capture,
    *,
    kind: PageKind = "other",
    category: str | None = None,
    content_type: str | None = None,
    elapsed_ms: int | None = None,
) -> int:
    """Write a capture's row; its id. A record that has a row already keeps it. What a clock that
    went wrong before it has put out of order is put right."""
    with db.atomic():
        capture_id = insert_capture(
            db,
            run_id,
            capture,
            kind=kind,
            category=category,
            content_type=content_type,
            elapsed_ms=elapsed_ms,
        )
        settle_order(db, capture_id)
    return capture_id


@dataclass(frozen=True, slots=True)
class SavedPage:
    """What a page was to the archive, entry by entry in page order."""

    capture_id: int
    article_ids: tuple[int, ...]
    fresh: tuple[bool, ...]
    """New to the archive, or its text differs from the current one and is no known beginning of it."""
    wanted: tuple[str, ...] = ()
    """Detail pages worth fetching now: of fresh entries, and of those whose own page was never read."""


def save_page(db: Database, run_id: int, item: PageItem, *, parser_version: str) -> SavedPage:
    """Archive a page that was read (``item.reading``).

    The capture's row is completed if there is one (``item.capture.id``, or the same record),
    else written.  A page saved before is read anew in its place.
    """
    with direct_indexing(db):
        capture_id = item.capture.id
        if capture_id is None:
            capture_id = save_capture(db, run_id, item.capture)
        read = db.execute("SELECT parser_version FROM captures WHERE id = ?", [capture_id]).fetchone()
        if read is None:
            raise ValueError(f"no capture {capture_id}")
        if read[0] is not None:
            return replace_reading(db, capture_id, item, parser_version)
        reading = _reading(item)
        found = subjects(_entry(number, article) for number, article in enumerate(reading.articles))
        astray = match(db, found, links=reading.kind == "listing")
        item.reading = reading = reading.without_numbers(astray)
        _complete(db, capture_id, item, reading, parser_version)
        _write_residues(db, capture_id, reading)
        source = _source(db, capture_id)
        return _saved(db, source, found, record(db, source, found))


def save_section(db: Database, item: PageItem) -> None:
    """Note that a capture is a page that only led to others: nothing of it is archived."""
    db.execute(
        "UPDATE captures SET kind = 'other', content_type = coalesce(?, content_type) WHERE id = ?",
        [item.content_type, item.capture.id],
    )


def save_unchanged(db: Database, run_id: int, capture: Capture, prior_capture_id: int) -> SavedPage:
    """Archive a 304 answer: what the prior capture showed was seen again, now."""
    with direct_indexing(db):
        copy = capture.id if capture.id is not None else save_capture(db, run_id, capture)
        root = _root(db, prior_capture_id)
        _drop_sightings(db, [copy])
        db.execute(COPY_CAPTURE, {"root": root, "copy": copy})
        found = _subjects_of(db, root)
        source = _source(db, copy)
        return _saved(db, source, found, record(db, source, found))


def _root(db: Database, capture_id: int) -> int:
    """The capture that holds the page which later ones only confirmed."""
    sql = "SELECT coalesce(unchanged_since, id) FROM captures WHERE id = ?"
    root: int = db.execute(sql, [capture_id]).fetchone()[0]
    return root


def replace_reading(db: Database, capture_id: int, item: PageItem, parser_version: str) -> SavedPage:
    """Put a new reading of a capture in place of the old one.

    What the old one alone gave is taken back; the 304 answers that confirmed the page follow
    it.  A reading that says the same changes no row.
    """
    with direct_indexing(db):
        reading = _reading(item)
        copies = [
            row[0] for row in db.execute("SELECT id FROM captures WHERE unchanged_since = ?", [capture_id])
        ]
        old = _sighted(db, capture_id)
        touched = {row[0] for each in [capture_id, *copies] for row in _articles_of(db, each)}
        _write_residues(db, capture_id, reading)
        _drop_sightings(db, [capture_id, *copies])
        found = subjects(_entry(number, article) for number, article in enumerate(reading.articles))
        _recognise(db, found, old)
        if any(subject.known is None for subject in found):
            db.execute(RELEASE_NUMBERS, [json.dumps(sorted(touched))])
        astray = match(db, found, links=reading.kind == "listing")
        item.reading = reading = reading.without_numbers(astray)
        _complete(db, capture_id, item, reading, parser_version)
        source = _source(db, capture_id)
        recorded = record(db, source, found, rebuilding=False)
        _follow(db, capture_id, copies, found, recorded)
        _settle(db, touched | set(recorded.ids.values()), recorded)
        ids = [recorded.ids[position] for position in sorted(recorded.ids)]
        update_pages(db, [capture_id, *copies], reading, ids)
        return _saved(db, source, found, recorded)


def _reading(item: PageItem) -> ParsedPage:
    if item.reading is None:
        raise ValueError(f"{item.url} was not read")
    return item.reading


def _source(db: Database, capture_id: int) -> Source:
    sql = """
        SELECT id, run_id, coalesce(observed_at, captured_at), kind, category, coalesce(parser_version, '')
        FROM captures WHERE id = ?
    """
    row = db.execute(sql, [capture_id]).fetchone()
    return Source(*row)


def _entry(position: int, item: ArticleItem) -> Entry:
    return Entry(
        position, None if item.foreign else item.site_id, item.published_at, _text_or_none(item.title),
        _text_or_none(item.source), item.url, item.views, content_hash(item.body), item.body,
        len(item.body), item.span.start, item.span.end, item.excerpt, item.views_printed,
        address_key(item.url) if item.foreign else None,
    )  # fmt: skip


def _text_or_none(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _complete(
    db: Database, capture_id: int, item: PageItem, reading: ParsedPage, parser_version: str
) -> None:
    d = reading.declared
    declared = (d.first, d.last, d.total, d.page, d.pages) if d else (None,) * 5
    problems = json.dumps(reading.problems, ensure_ascii=False)
    row = (
        len(reading.articles),
        reading.residue_chars,
        problems,
        parser_version,
        item.content_type,
        capture_id,
    )
    db.execute(COMPLETE_CAPTURE, (reading.kind, reading.category, *declared, *row))


def _write_residues(db: Database, capture_id: int, reading: ParsedPage) -> None:
    wanted = [(capture_id, r.span.start, r.span.end, r.text, r.reason) for r in reading.residues]
    sql = (
        "SELECT capture_id, span_start, span_end, text, reason FROM residues WHERE capture_id = ? ORDER BY id"
    )
    if [tuple(row) for row in db.execute(sql, [capture_id])] == wanted:
        return
    db.execute("DELETE FROM residues WHERE capture_id = ?", [capture_id])
    db.conn.executemany(
        "INSERT INTO residues (capture_id, span_start, span_end, text, reason) VALUES (?, ?, ?, ?, ?)", wanted
    )


def _saved(db: Database, source: Source, found: Sequence[MatchGroup], recorded: Recorded) -> SavedPage:
    flagged = {
        position
        for (position,) in db.execute(
            "SELECT position FROM sightings WHERE capture_id = ? AND excerpt = 1", [source.capture_id]
        )
    }
    entries = sorted((e for subject in found for e in subject.entries), key=lambda e: e.position)
    fresh = tuple(_is_fresh(db, e, recorded, e.position in flagged) for e in entries)
    wanted = dict.fromkeys(
        url
        for e, new in zip(entries, fresh, strict=True)
        if (url := _wanted(source, e, recorded, new)) is not None
    )
    return SavedPage(
        source.capture_id, tuple(recorded.ids[e.position] for e in entries), fresh, tuple(wanted)
    )


def _is_fresh(db: Database, entry: Entry, recorded: Recorded, flagged: bool) -> bool:
    before = recorded.before[entry.position]
    if before is None:
        return True
    if entry.content_hash == before.content_hash:
        return False
    if not flagged:
        return True
    return entry.body is not None and not is_beginning(entry.body, body_of(db, recorded.ids[entry.position]))


def _wanted(source: Source, entry: Entry, recorded: Recorded, fresh: bool) -> str | None:
    before = recorded.before[entry.position]
    if source.detail or not (fresh or before is None or before.detail_at is None):
        return None
    return entry.url or (before.url if before else None)


# --- reading anew --------------------------------------------------------------------------


def _sighted(db: Database, capture_id: int) -> list[tuple[Entry, int]]:
    """What a capture is known to show, without the texts, and the articles."""
    found: list[tuple[Entry, int]] = []
    for *fields, article_id in db.execute(SIGHTED, [capture_id]):
        fields[12] = bool(fields[12])
        found.append((Entry(*fields), article_id))
    return found


def _subjects_of(db: Database, capture_id: int) -> list[MatchGroup]:
    rows = _sighted(db, capture_id)
    known = known_articles(db, (article_id for _, article_id in rows))
    found: dict[int, MatchGroup] = {}
    for entry, article_id in rows:
        found.setdefault(article_id, MatchGroup([], entry.identity, known[article_id])).entries.append(entry)
    return list(found.values())


def _articles_of(db: Database, capture_id: int) -> Iterable[tuple[int]]:
    return db.execute(
        "SELECT DISTINCT article_id FROM sightings WHERE capture_id = ?", [capture_id]
    ).fetchall()


def _drop_sightings(db: Database, captures: Iterable[int]) -> None:
    for capture_id in captures:
        db.execute("DELETE FROM sightings WHERE capture_id = ?", [capture_id])
        db.execute("DELETE FROM view_counts WHERE capture_id = ?", [capture_id])


def _recognise(db: Database, found: Sequence[MatchGroup], old: Sequence[tuple[Entry, int]]) -> None:
    """Entries that read as before stay with their articles."""
    before = {(e.content_hash, e.published_at, e.identity): article_id for e, article_id in old}
    rows = known_articles(db, before.values())
    taken: set[int] = set()
    for subject in found:
        for e in subject.entries:
            article_id = before.get((e.content_hash, e.published_at, e.identity))
            if article_id is not None and article_id not in taken:
                subject.known = rows[article_id]
                taken.add(article_id)
                break


def _follow(
    db: Database, root: int, copies: Iterable[int], found: Sequence[MatchGroup], recorded: Recorded
) -> None:
    """Let the 304 answers say what the page they confirmed says now."""
    rows = [(recorded.ids[e.position], e, e.cut_short) for subject in found for e in subject.entries]
    for copy in copies:
        db.execute(COPY_CAPTURE, {"root": root, "copy": copy})
        write_sightings(db, _source(db, copy), rows)


def _settle(db: Database, articles: Iterable[int], recorded: Recorded) -> None:
    """Work out anew every article that the old reading or the new one speaks of."""
    for article_id in sorted(articles):
        if rebuild(db, article_id, *recorded.texts.get(article_id, ())):
            settle_places(db, article_id, prune=True)
