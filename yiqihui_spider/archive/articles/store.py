"""How a page that was fetched and read becomes rows. One page is one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.articles import observations
from yiqihui_spider.archive.articles.identity import content_hash, is_beginning
from yiqihui_spider.archive.articles.ingest import (
    PageSource,
    Recorded,
    body_of,
    record,
    write_observations,
)
from yiqihui_spider.archive.articles.listings import settle_places
from yiqihui_spider.archive.articles.matching import (
    MatchGroup,
    address_key,
    group_entries,
    known_articles,
    match,
)
from yiqihui_spider.archive.articles.observations import Shown
from yiqihui_spider.archive.articles.ordering import settle_order
from yiqihui_spider.archive.articles.rebuild import rebuild
from yiqihui_spider.archive.articles.revoking import update_pages
from yiqihui_spider.archive.articles.rows import EntryFacts, Identity, PageEntry
from yiqihui_spider.archive.search.index import direct_indexing
from yiqihui_spider.archive.state.captures import (
    INSERT_CAPTURE,
    begin_run,
    close_dead_runs,
    finish_run,
    in_utc,
)
from yiqihui_spider.archive.state.sql import by_name, columns, listed
from yiqihui_spider.items import ArticleItem, Capture, Declared, PageItem, PageKind, ParsedPage

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

READING = (
    "kind",
    "category",
    *(f"declared_{name}" for name in columns(Declared)),
    "entries",
    "residue_chars",
    "problems",
    "parser_version",
)
"""Columns of ``captures`` that tell how the page was read."""

COMPLETE_CAPTURE = f"""
    UPDATE captures SET {", ".join(f"{name} = :{name}" for name in READING)},
      content_type = coalesce(:content_type, content_type)
    WHERE id = :id
"""

COPY_CAPTURE = f"""
    UPDATE captures SET ({listed(READING)}, content_type, unchanged_since) =
      (SELECT {listed(READING)}, content_type, id FROM captures WHERE id = :root)
    WHERE id = :copy
"""

OBSERVED = f"""
    SELECT {listed(columns(EntryFacts))}, NULL AS body, article_id
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
    row = by_name(capture) | {
        "captured_at": in_utc(capture.captured_at),
        "run_id": run_id,
        "kind": kind,
        "category": category,
        "content_type": content_type,
        "elapsed_ms": elapsed_ms,
    }
    with db.atomic():
        capture_id: int = db.execute(INSERT_CAPTURE, row).fetchall()[0][0]
        settle_order(db, capture_id)
    return capture_id


@dataclass(frozen=True, slots=True)
class SavedPage:
    """What a page was to the archive, entry by entry in page order."""

    capture_id: int
    article_ids: tuple[int, ...]
    new_or_changed: tuple[bool, ...]
    """New to the archive, or its text differs from the current one and is no known beginning of it."""
    details_to_fetch: tuple[str, ...] = ()
    """Detail pages worth fetching now: of what is new or changed, and of articles whose own page was never
    read."""


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
        groups = _groups(reading)
        astray = match(db, groups, links=reading.kind == "listing")
        item.reading = reading = reading.without_numbers(astray)
        _complete(db, capture_id, item, reading, parser_version)
        _write_residues(db, capture_id, reading)
        source = _source(db, capture_id)
        return _saved(db, source, groups, record(db, source, groups))


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
        observations.drop(db, [copy])
        db.execute(COPY_CAPTURE, {"root": root, "copy": copy})
        groups = _groups_of(db, root)
        source = _source(db, copy)
        return _saved(db, source, groups, record(db, source, groups))


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
        old = _observed(db, capture_id)
        touched = _articles_of(db, [capture_id, *copies])
        _write_residues(db, capture_id, reading)
        observations.drop(db, [capture_id, *copies])
        groups = _groups(reading)
        _recognise(db, groups, old)
        if any(group.article is None for group in groups):
            db.execute(RELEASE_NUMBERS, [json.dumps(sorted(touched))])
        astray = match(db, groups, links=reading.kind == "listing")
        item.reading = reading = reading.without_numbers(astray)
        _complete(db, capture_id, item, reading, parser_version)
        source = _source(db, capture_id)
        recorded = record(db, source, groups, rebuilding=False)
        _follow(db, capture_id, copies, groups, recorded)
        _settle(db, touched | set(recorded.ids.values()), recorded)
        observations.prune(db, touched)
        ids = [recorded.ids[position] for position in sorted(recorded.ids)]
        update_pages(db, [capture_id, *copies], reading, ids)
        return _saved(db, source, groups, recorded)


def _reading(item: PageItem) -> ParsedPage:
    if item.reading is None:
        raise ValueError(f"{item.url} was not read")
    return item.reading


def _source(db: Database, capture_id: int) -> PageSource:
    sql = """
        SELECT id, run_id, coalesce(observed_at, captured_at), kind, category, coalesce(parser_version, '')
        FROM captures WHERE id = ?
    """
    row = db.execute(sql, [capture_id]).fetchone()
    return PageSource(*row)


def _groups(reading: ParsedPage) -> list[MatchGroup]:
    return group_entries(_entry(position, article) for position, article in enumerate(reading.articles))


def _entry(position: int, item: ArticleItem) -> PageEntry:
    return PageEntry(
        site_id=None if item.foreign else item.site_id,
        foreign_address=address_key(item.url) if item.foreign else None,
        position=position,
        published_at=item.published_at,
        title=_text_or_none(item.title),
        source=_text_or_none(item.source),
        url=item.url,
        views=item.views,
        views_printed=item.views_printed,
        content_hash=content_hash(item.body),
        body_chars=len(item.body),
        span_start=item.span.start,
        span_end=item.span.end,
        cut_short=item.excerpt,
        body=item.body,
    )


def _text_or_none(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _complete(
    db: Database, capture_id: int, item: PageItem, reading: ParsedPage, parser_version: str
) -> None:
    declared = by_name(reading.declared) if reading.declared else dict.fromkeys(columns(Declared))
    values = {
        "id": capture_id,
        "kind": reading.kind,
        "category": reading.category,
        "entries": len(reading.articles),
        "residue_chars": reading.residue_chars,
        "problems": json.dumps(reading.problems, ensure_ascii=False),
        "parser_version": parser_version,
        "content_type": item.content_type,
    }
    db.execute(COMPLETE_CAPTURE, values | {f"declared_{name}": value for name, value in declared.items()})


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


def _saved(db: Database, source: PageSource, groups: Sequence[MatchGroup], recorded: Recorded) -> SavedPage:
    sql = "SELECT position FROM sightings WHERE capture_id = ? AND excerpt = 1"
    excerpts = {position for (position,) in db.execute(sql, [source.capture_id])}
    entries = sorted((e for group in groups for e in group.entries), key=lambda e: e.position)
    changed = tuple(_new_or_changed(db, e, recorded, e.position in excerpts) for e in entries)
    details = [_detail(source, *each, recorded) for each in zip(entries, changed, strict=True)]
    return SavedPage(
        source.capture_id,
        tuple(recorded.ids[e.position] for e in entries),
        changed,
        tuple(dict.fromkeys(url for url in details if url is not None)),
    )


def _new_or_changed(db: Database, entry: PageEntry, recorded: Recorded, excerpt: bool) -> bool:
    before = recorded.before[entry.position]
    if before is None:
        return True
    if entry.content_hash == before.content_hash:
        return False
    if not excerpt:
        return True
    return entry.body is not None and not is_beginning(entry.body, body_of(db, recorded.ids[entry.position]))


def _detail(source: PageSource, entry: PageEntry, changed: bool, recorded: Recorded) -> str | None:
    """Where the article's own page is, if it is worth fetching now."""
    before = recorded.before[entry.position]
    if source.detail or not (changed or before is None or before.detail_at is None):
        return None
    return entry.url or (before.url if before else None)


# --- reading anew --------------------------------------------------------------------------


def _observed(db: Database, capture_id: int) -> list[tuple[PageEntry, int]]:
    """What a capture is known to show, without the texts, and the articles."""
    return [(PageEntry(*facts), article_id) for *facts, article_id in db.execute(OBSERVED, [capture_id])]


def _groups_of(db: Database, capture_id: int) -> list[MatchGroup]:
    rows = _observed(db, capture_id)
    known = known_articles(db, (article_id for _, article_id in rows))
    groups: dict[int, MatchGroup] = {}
    for entry, article_id in rows:
        group = groups.setdefault(article_id, MatchGroup([], entry.identity, known[article_id]))
        group.entries.append(entry)
    return list(groups.values())


def _articles_of(db: Database, captures: Iterable[int]) -> set[int]:
    sql = "SELECT article_id FROM sightings WHERE capture_id IN (SELECT value FROM json_each(?))"
    return {row[0] for row in db.execute(sql, [json.dumps(list(captures))])}


def _recognise(db: Database, groups: Sequence[MatchGroup], old: Sequence[tuple[PageEntry, int]]) -> None:
    """Entries that read as before stay with their articles."""
    before = {_reads_as(entry): article_id for entry, article_id in old}
    rows = known_articles(db, before.values())
    taken: set[int] = set()
    for group in groups:
        known = (before.get(_reads_as(entry)) for entry in group.entries)
        article_id = next((one for one in known if one is not None and one not in taken), None)
        if article_id is not None:
            group.article = rows[article_id]
            taken.add(article_id)


def _reads_as(entry: PageEntry) -> tuple[str, str, Identity | None]:
    return entry.content_hash, entry.published_at, entry.identity


def _follow(
    db: Database, root: int, copies: Iterable[int], groups: Sequence[MatchGroup], recorded: Recorded
) -> None:
    """Let the 304 answers say what the page they confirmed says now."""
    shown = [Shown(recorded.ids[e.position], e, e.cut_short) for group in groups for e in group.entries]
    for copy in copies:
        db.execute(COPY_CAPTURE, {"root": root, "copy": copy})
        write_observations(db, _source(db, copy), shown)


def _settle(db: Database, articles: Iterable[int], recorded: Recorded) -> None:
    """Work out anew every article that the old reading or the new one speaks of."""
    for article_id in sorted(articles):
        if rebuild(db, article_id, *recorded.texts.get(article_id, ())):
            settle_places(db, article_id, prune=True)
