"""Writing down what one page said of its articles.

The common case, a page newer than all before that shows what is known, writes a sighting, a
view count and a few columns; anything else is worked out again from all sightings.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.articles.disappearance import mark_seen
from yiqihui_spider.archive.articles.identity import (
    ends_with_ellipsis,
    is_beginning,
    label,
    paragraphs,
    same_text,
)
from yiqihui_spider.archive.articles.listings import settle_places
from yiqihui_spider.archive.articles.matching import ArticleRow, Entry, MatchGroup, known_articles
from yiqihui_spider.archive.articles.merging import merge
from yiqihui_spider.archive.articles.rebuild import Text, rebuild
from yiqihui_spider.archive.articles.versions import SAME_FETCH
from yiqihui_spider.archive.search.index import direct_indexing

INSERT_SIGHTING = """
    INSERT INTO sightings (capture_id, position, article_id, observed_at, title, source, url, views,
                           views_printed, content_hash, body_chars, span_start, span_end, excerpt, cut_short,
                           category, site_id, foreign_address, published_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

INSERT_VIEWS = """
    INSERT INTO view_counts (article_id, observed_at, views, capture_id, kind, printed)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      printed = iif(excluded.views > views, excluded.printed, printed), views = max(views, excluded.views)
"""

INSERT_ARTICLE = """
    INSERT INTO articles (site_id, foreign_address, url, title, label, source, published_at, views, views_at,
                          body_chars, content_hash, first_seen_at, last_seen_at, excerpt, detail_at, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

INSERT_VERSION = """
    INSERT INTO article_versions (article_id, version, title, content_hash, seen_at, capture_id, span_start,
                                  span_end, parser_version, body)
    VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)
"""

REDATED = """
    SELECT article_id FROM former_times WHERE article_id IN (SELECT value FROM json_each(:ids))
    UNION SELECT a.id FROM json_each(:ids) AS ids JOIN articles AS a ON a.id = ids.value
    WHERE EXISTS (SELECT 1 FROM captures AS c
      WHERE c.url = a.url AND c.kind = 'article' AND c.problems <> '[]')
"""

TOUCH = "UPDATE articles SET last_seen_at = ? WHERE id = ?"
TOUCH_VIEWS = "UPDATE articles SET views_at = ?, views = ? WHERE id = ?"
LEARN = """
    UPDATE articles SET source = coalesce(?, source), url = coalesce(?, url), site_id = coalesce(site_id, ?),
      foreign_address = coalesce(foreign_address, ?)
    WHERE id = ?
"""


@dataclass(frozen=True, slots=True)
class Source:
    """The capture whose page is recorded."""

    capture_id: int
    run_id: int
    observed_at: str
    kind: str
    category: str | None
    parser_version: str

    @property
    def detail(self) -> bool:
        return self.kind == "article"


@dataclass(slots=True)
class Recorded:
    """What became of a page's entries, by position."""

    ids: dict[int, int] = field(default_factory=dict)
    before: dict[int, ArticleRow | None] = field(default_factory=dict)
    """The article as it was; None for a new one."""
    texts: dict[int, list[dict[str, Text]]] = field(default_factory=dict)
    """What ``rebuild`` must be given for the articles that need it."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What must be known of a page's articles to tell the common case."""

    excerpts: frozenset[tuple[int, str]]
    """Article and hash of texts known to be excerpts."""
    this_fetch: dict[int, set[str]]
    """Other texts that this run showed of an article a short while ago."""
    redated: frozenset[int]
    """Articles that had another time, or whose address showed another article: which page is believed
    depends on all of them."""


def record(
    db: Database, source: Source, subjects: Sequence[MatchGroup], *, rebuilding: bool = True
) -> Recorded:
    """Write sightings, view counts and places of matched subjects, and bring the articles up to date.

    Without ``rebuilding`` the caller does the latter, for every article.
    """
    recorded = Recorded()
    context = _context(db, source, [s.known.id for s in subjects if s.known])
    quick: list[tuple[Entry, ArticleRow]] = []
    rows: list[tuple[int, Entry, bool]] = []
    for subject in subjects:
        moved = _merge_rows(db, subject)
        known, entry, excerpt = subject.known, subject.entries[0], subject.entries[0].cut_short
        article_id = _insert(db, source, entry) if known is None else known.id
        simple = rebuilding and len(subject.entries) == 1 and not moved
        plain = _plain(db, source, entry, known, context) if simple and known else None
        if known and plain is not None:
            excerpt = plain
            quick.append((entry, known))
        elif known or not simple:
            recorded.texts[article_id] = [*moved, *_texts(source, subject)]
        for other in subject.entries:
            recorded.ids[other.position] = article_id
            recorded.before[other.position] = known
            rows.append((article_id, other, excerpt if other is entry else other.cut_short))
    write_sightings(db, source, rows)
    _touch(db, source, quick)
    if rebuilding:
        for article_id, texts in recorded.texts.items():
            rebuild(db, article_id, *texts)
        for article_id in set(recorded.ids.values()) if source.kind != "listing" else recorded.texts:
            settle_places(db, article_id)
    return recorded


def _texts(source: Source, subject: MatchGroup) -> list[dict[str, Text]]:
    return [{e.content_hash: Text(e.body, source.capture_id)} for e in subject.entries if e.body is not None]


def write_sightings(db: Database, source: Source, rows: Iterable[tuple[int, Entry, bool]]) -> None:
    """Of (article, entry, counts as an excerpt)."""
    rows = list(rows)
    at = source.observed_at
    db.conn.executemany(INSERT_SIGHTING, [_sighting_row(source, *row) for row in rows])
    db.conn.executemany(
        INSERT_VIEWS,
        [
            (article_id, at, e.views, source.capture_id, source.kind, e.views_printed)
            for article_id, e, _ in rows
            if e.views is not None
        ],
    )
    if source.kind == "listing" and source.category is not None:
        sql = "SELECT origin = 'live' AND id = (SELECT max(id) FROM captures) FROM captures WHERE id = ?"
        latest = bool(db.execute(sql, [source.capture_id]).fetchone()[0])
        mark_seen(db, (article_id for article_id, _, _ in rows), source.category, at, latest=latest)


def _sighting_row(source: Source, article_id: int, entry: Entry, excerpt: bool) -> tuple[Any, ...]:
    return (
        source.capture_id, entry.position, article_id, source.observed_at, entry.title, entry.source,
        entry.url, entry.views, entry.views_printed, entry.content_hash, entry.body_chars, entry.span_start,
        entry.span_end,
        int(excerpt), int(entry.cut_short), source.category, entry.site_id, entry.foreign_address,
        entry.published_at,
    )  # fmt: skip


def _merge_rows(db: Database, subject: MatchGroup) -> list[dict[str, Text]]:
    """Make the rows that the subject is one; the texts that come with the others."""
    moved: list[dict[str, Text]] = []
    if subject.known is None or not subject.also:
        return moved
    keep = subject.known.id
    for row in subject.also:
        keep, texts = merge(db, keep, row.id)
        moved.append(texts)
    subject.known = known_articles(db, [keep])[keep]
    return moved


def _insert(db: Database, source: Source, entry: Entry) -> int:
    at, body = source.observed_at, entry.body
    assert body is not None
    article = (
        entry.site_id, entry.foreign_address, entry.url, entry.title, label(entry.title, body, entry.url),
        entry.source, entry.published_at, entry.views, None if entry.views is None else at, len(body),
        entry.content_hash, at, at, int(entry.cut_short), at if source.detail else None, body,
    )  # fmt: skip
    with direct_indexing(db) as index:
        article_id = db.execute(INSERT_ARTICLE, article).lastrowid
        assert article_id is not None
        index.learn(article_id)
    version = (
        article_id, entry.title, entry.content_hash, at, source.capture_id, entry.span_start, entry.span_end,
        source.parser_version, body,
    )  # fmt: skip
    db.execute(INSERT_VERSION, version)
    return article_id


def _context(db: Database, source: Source, ids: list[int]) -> _Context:
    listed = json.dumps(ids)
    excerpts = db.execute(
        """
        SELECT article_id, content_hash FROM excerpts
        WHERE same_as IS NULL AND article_id IN (SELECT value FROM json_each(?))
        """,
        [listed],
    )
    since = (datetime.fromisoformat(source.observed_at) - SAME_FETCH).isoformat()
    this_fetch: defaultdict[int, set[str]] = defaultdict(set)
    sql = """
        SELECT s.article_id, s.content_hash FROM sightings s JOIN captures c ON c.id = s.capture_id
        WHERE s.article_id IN (SELECT value FROM json_each(?)) AND s.observed_at >= ? AND c.run_id = ?
    """
    for article_id, content_hash in db.execute(sql, [listed, since, source.run_id]):
        this_fetch[article_id].add(content_hash)
    redated = db.execute(REDATED, {"ids": listed})
    return _Context(frozenset((a, h) for a, h in excerpts), this_fetch, frozenset(a for (a,) in redated))


def _plain(db: Database, source: Source, entry: Entry, known: ArticleRow, context: _Context) -> bool | None:
    """Whether the sighting counts as an excerpt, if it changes no text, title or version; None if it may."""
    if (
        source.detail  # shows which of the listings' texts and titles were cut
        or source.observed_at <= known.last_seen_at
        or entry.published_at != known.published_at
        or known.id in context.redated
        or not _plain_title(entry.title, known.title)
    ):
        return None
    same = entry.content_hash == known.content_hash
    if known.excerpt:
        return True if same and entry.cut_short and _one_paragraph(entry) else None
    if (known.id, entry.content_hash) in context.excerpts:
        return True if _one_paragraph(entry) else None
    if not same or entry.cut_short or context.this_fetch.get(known.id, set()) - {entry.content_hash}:
        return None
    return None if _richer(db, entry, known) else False


def _plain_title(title: str | None, known: str | None) -> bool:
    if title is None or title == known:
        return True
    if known is None:
        return False
    return same_text(title, known) or (ends_with_ellipsis(title) and is_beginning(title, known, ()))


def _one_paragraph(entry: Entry) -> bool:
    return paragraphs(entry.body or "") < 2


def _richer(db: Database, entry: Entry, known: ArticleRow) -> bool:
    """Whether the same text comes with more paragraphs than are known."""
    count = paragraphs(entry.body or "")
    return count > 1 and count > paragraphs(body_of(db, known.id))


def body_of(db: Database, article_id: int) -> str:
    body: str = db.execute("SELECT body FROM articles WHERE id = ?", [article_id]).fetchone()[0]
    return body


def _touch(db: Database, source: Source, quick: Collection[tuple[Entry, ArticleRow]]) -> None:
    """Bring what every page tells up to date, leaving title and body, which the index follows."""
    at = source.observed_at
    db.conn.executemany(TOUCH, [(at, known.id) for _, known in quick])
    told = [(at, entry.views, known.id) for entry, known in quick if entry.views is not None]
    db.conn.executemany(TOUCH_VIEWS, told)
    news = [
        (entry.source, entry.url, entry.site_id, entry.foreign_address, known.id)
        for entry, known in quick
        if (entry.source is not None and entry.source != known.source)
        or (entry.url is not None and entry.url != known.url)
        or (entry.identity is not None and known.identity is None)
    ]
    if news:
        db.conn.executemany(LEARN, news)
