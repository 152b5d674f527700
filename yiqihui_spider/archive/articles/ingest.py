"""Writing down what one page said of its articles.

The common case, a page newer than all before that shows what is known, writes an observation, a
view count and a few columns; anything else is worked out again from all observations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from yiqihui_spider.archive.articles import observations
from yiqihui_spider.archive.articles.disappearance import mark_seen
from yiqihui_spider.archive.articles.identity import (
    ends_with_ellipsis,
    is_beginning,
    label,
    paragraphs,
    same_text,
)
from yiqihui_spider.archive.articles.listings import settle_places
from yiqihui_spider.archive.articles.matching import MatchGroup, known_articles
from yiqihui_spider.archive.articles.merging import merge
from yiqihui_spider.archive.articles.observations import Shown
from yiqihui_spider.archive.articles.rebuild import Body, rebuild
from yiqihui_spider.archive.articles.rows import (
    INSERT_VERSION,
    ArticleRow,
    PageEntry,
    VersionRow,
    write_rows,
)
from yiqihui_spider.archive.articles.versions import SAME_FETCH
from yiqihui_spider.archive.search.index import PLACED, direct_indexing
from yiqihui_spider.archive.state.sql import insert

INSERT_ARTICLE = insert(
    "articles",
    (
        "site_id", "foreign_address", "url", "title", "label", "source", "published_at", "recency", "views",
        "views_at", "body_chars", "content_hash", "first_seen_at", "last_seen_at", "excerpt", "detail_at",
        "body",
    ),
    "RETURNING id, recency",
).replace(":recency", PLACED.replace(":time", ":published_at"))  # fmt: skip

REDATED = """
    SELECT article_id FROM former_times WHERE article_id IN (SELECT value FROM json_each(:ids))
    UNION SELECT f.article_id FROM captures AS c
    CROSS JOIN observations AS o ON o.capture_id = CAST(coalesce(c.repeats, c.id) AS INTEGER)
    CROSS JOIN entry_facts AS f ON f.id = o.facts_id
    WHERE (c.residue_chars > 0 OR c.problems <> '[]') AND c.kind = 'article' AND c.problems <> '[]'
      AND f.article_id IN (SELECT value FROM json_each(:ids))
"""

# CROSS JOIN: first the few things said that are of another text.
OTHER_TEXTS = """
    SELECT ids.value FROM json_each(:ids) AS ids WHERE EXISTS (
      SELECT 1 FROM articles AS a
      CROSS JOIN entry_facts AS f ON f.article_id = a.id AND f.content_hash <> a.content_hash
      CROSS JOIN observations AS o ON o.facts_id = f.id
      CROSS JOIN captures AS c ON CAST(coalesce(c.repeats, c.id) AS INTEGER) = o.capture_id
      WHERE a.id = ids.value AND {} AND coalesce(c.observed_at, c.captured_at) >= :since)
"""
THIS_FETCH, OWN_PAGES = (OTHER_TEXTS.format(which) for which in ("+c.run_id = :run", "+c.kind = 'article'"))

TOUCH = "UPDATE articles SET last_seen_at = ? WHERE id = ?"
TOUCH_VIEWS = "UPDATE articles SET views_at = ?, views = ? WHERE id = ?"
LEARN = """
    UPDATE articles SET source = coalesce(?, source), url = coalesce(?, url), site_id = coalesce(site_id, ?),
      foreign_address = coalesce(foreign_address, ?)
    WHERE id = ?
"""


@dataclass(frozen=True, slots=True)
class PageSource:
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
    texts: dict[int, list[dict[str, Body]]] = field(default_factory=dict)
    """What ``rebuild`` must be given for the articles that need it."""


def record(
    db: Database, source: PageSource, groups: Sequence[MatchGroup], *, rebuilding: bool = True
) -> Recorded:
    """Write observations, view counts and places of matched groups, and bring the articles up to date.

    Without ``rebuilding`` the caller does the latter, for every article.
    """
    page = _Recording(db, source, _context(db, source, groups), rebuilding)
    for group in groups:
        page.add(group)
    write_rows(db, INSERT_VERSION, page.versions)
    write_observations(db, source, page.shown)
    _touch(db, source, page.confirmed)
    recorded = page.recorded
    if rebuilding:
        for article_id, texts in recorded.texts.items():
            rebuild(db, article_id, *texts)
        for article_id in set(recorded.ids.values()) if source.kind != "listing" else recorded.texts:
            settle_places(db, article_id)
    return recorded


@dataclass(slots=True)
class _Recording:
    """One page being recorded, group by group."""

    db: Database
    source: PageSource
    context: _Context
    rebuilding: bool
    recorded: Recorded = field(default_factory=Recorded)
    shown: list[Shown] = field(default_factory=list)
    versions: list[VersionRow] = field(default_factory=list)
    """The first ones of new articles."""
    confirmed: list[tuple[PageEntry, ArticleRow]] = field(default_factory=list)
    """Entries that add to what is known of their articles only that it was seen again."""

    def add(self, group: MatchGroup) -> None:
        moved = _merge_duplicates(self.db, group)
        before = group.article
        if before:
            article_id = before.id
        else:
            self.versions.append(_insert(self.db, self.source, group.entries[0]))
            article_id = self.versions[-1].article_id
        alone = self.rebuilding and len(group.entries) == 1 and not moved
        if not (alone and self._add_alone(article_id, group.entries[0], before)):
            self.recorded.texts[article_id] = [*moved, *_texts(self.source, group)]
            self.shown += [Shown(article_id, entry, entry.cut_short) for entry in group.entries]
        for entry in group.entries:
            self.recorded.ids[entry.position] = article_id
            self.recorded.before[entry.position] = before

    def _add_alone(self, article_id: int, entry: PageEntry, before: ArticleRow | None) -> bool:
        """Whether nothing of the article must be worked out again."""
        if before is None:
            self.shown.append(Shown(article_id, entry, entry.cut_short))
            return True
        excerpt = _confirms(self.db, self.source, entry, before, self.context)
        if excerpt is None:
            return False
        self.shown.append(Shown(article_id, entry, excerpt))
        self.confirmed.append((entry, before))
        return True


def _texts(source: PageSource, group: MatchGroup) -> list[dict[str, Body]]:
    return [{e.content_hash: Body(e.body, source.capture_id)} for e in group.entries if e.body is not None]


def write_observations(db: Database, source: PageSource, shown: Sequence[Shown]) -> None:
    observations.write(db, source.capture_id, shown)
    if source.kind == "listing" and source.category is not None:
        sql = "SELECT origin = 'live' AND id = (SELECT max(id) FROM captures) FROM captures WHERE id = ?"
        latest = bool(db.execute(sql, [source.capture_id]).fetchone()[0])
        articles = (each.article_id for each in shown)
        mark_seen(db, articles, source.category, source.observed_at, latest=latest)


def _merge_duplicates(db: Database, group: MatchGroup) -> list[dict[str, Body]]:
    """Make one of the rows that the group is; the texts that come with the others."""
    moved: list[dict[str, Body]] = []
    if group.article is None or not group.duplicates:
        return moved
    keep = group.article.id
    for row in group.duplicates:
        keep, texts = merge(db, keep, row.id)
        moved.append(texts)
    group.article = known_articles(db, [keep])[keep]
    return moved


def _insert(db: Database, source: PageSource, entry: PageEntry) -> VersionRow:
    """Write a new article's row; its first version, to be written."""
    at, body = source.observed_at, entry.body
    assert body is not None
    article = {
        "site_id": entry.site_id,
        "foreign_address": entry.foreign_address,
        "url": entry.url,
        "title": entry.title,
        "label": label(entry.title, body, entry.url),
        "source": entry.source,
        "published_at": entry.published_at,
        "views": entry.views,
        "views_at": None if entry.views is None else at,
        "body_chars": len(body),
        "content_hash": entry.content_hash,
        "first_seen_at": at,
        "last_seen_at": at,
        "excerpt": entry.cut_short,
        "detail_at": at if source.detail else None,
        "body": body,
    }
    with direct_indexing(db, savepoint=False) as index:
        ((article_id, recency),) = db.execute(INSERT_ARTICLE, article).fetchall()
        index.learn(article_id, recency)
    return VersionRow(
        article_id=article_id,
        version=1,
        title=entry.title,
        content_hash=entry.content_hash,
        seen_at=at,
        capture_id=source.capture_id,
        span_start=entry.span_start,
        span_end=entry.span_end,
        parser_version=source.parser_version,
        text_capture_id=None,
    )


# --- what changes nothing ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Context:
    """What must be known of a page's articles to tell the common case."""

    excerpts: frozenset[tuple[int, str]]
    """Article and hash of texts known to be excerpts."""
    this_fetch: frozenset[int]
    """Articles of which this run showed another text than the known one a short while ago."""
    redated: frozenset[int]
    """Articles that had another time, or a page of whose own is not believed: which is depends on all of
    them."""
    own_pages: frozenset[int]
    """Articles whose own page did so: a listing tells whether it was cut."""


def _context(db: Database, source: PageSource, groups: Iterable[MatchGroup]) -> _Context:
    listed = json.dumps([group.article.id for group in groups if group.article])
    excerpts = db.execute(
        """
        SELECT article_id, content_hash FROM excerpts
        WHERE same_as IS NULL AND article_id IN (SELECT value FROM json_each(?))
          AND (SELECT kind FROM captures WHERE id = capture_id) <> 'article'
        """,
        [listed],
    )
    since = (datetime.fromisoformat(source.observed_at) - SAME_FETCH).isoformat()
    this_fetch = db.execute(THIS_FETCH, {"ids": listed, "since": since, "run": source.run_id})
    own_pages = db.execute(OWN_PAGES, {"ids": listed, "since": since})
    redated = db.execute(REDATED, {"ids": listed})
    return _Context(
        frozenset((a, h) for a, h in excerpts),
        frozenset(a for (a,) in this_fetch),
        frozenset(a for (a,) in redated),
        frozenset(a for (a,) in own_pages),
    )


def _confirms(
    db: Database, source: PageSource, entry: PageEntry, known: ArticleRow, context: _Context
) -> bool | None:
    """Whether the observation counts as an excerpt, if it changes no text, title or version; None if it
    may."""
    if (
        source.detail  # shows which of the listings' texts and titles were cut
        or source.observed_at <= known.last_seen_at
        or entry.published_at != known.published_at
        or known.id in context.redated
        or known.id in context.own_pages
        or not _same_or_cut_title(entry.title, known.title)
    ):
        return None
    if known.excerpt or (known.id, entry.content_hash) in context.excerpts:
        known_so = not known.excerpt or (entry.content_hash == known.content_hash and entry.cut_short)
        return True if known_so and paragraphs(entry.body or "") < 2 else None
    return False if _same_whole_text(db, entry, known, context) else None


def _same_or_cut_title(title: str | None, known: str | None) -> bool:
    if title is None or title == known:
        return True
    if known is None:
        return False
    return same_text(title, known) or (ends_with_ellipsis(title) and is_beginning(title, known, ()))


def _same_whole_text(db: Database, entry: PageEntry, known: ArticleRow, context: _Context) -> bool:
    """Whether the text is the one known, with no more paragraphs, and alone in this fetch."""
    if entry.content_hash != known.content_hash or entry.cut_short:
        return False
    if known.id in context.this_fetch:
        return False
    count = paragraphs(entry.body or "")
    return count < 2 or count <= paragraphs(body_of(db, known.id))


def body_of(db: Database, article_id: int) -> str:
    body: str = db.execute("SELECT body FROM articles WHERE id = ?", [article_id]).fetchone()[0]
    return body


def _touch(db: Database, source: PageSource, confirmed: Sequence[tuple[PageEntry, ArticleRow]]) -> None:
    """Bring what every page tells up to date, leaving title and body, which the index follows."""
    at = source.observed_at
    db.conn.executemany(TOUCH, [(at, known.id) for _, known in confirmed])
    views = [(at, entry.views, known.id) for entry, known in confirmed if entry.views is not None]
    db.conn.executemany(TOUCH_VIEWS, views)
    news = [
        (entry.source, entry.url, entry.site_id, entry.foreign_address, known.id)
        for entry, known in confirmed
        if _tells_more(entry, known)
    ]
    if news:
        db.conn.executemany(LEARN, news)


def _tells_more(entry: PageEntry, known: ArticleRow) -> bool:
    """Of the source or the address."""
    return (
        entry.source not in (None, known.source)
        or entry.url not in (None, known.url)
        or (entry.identity is not None and known.identity is None)
    )
