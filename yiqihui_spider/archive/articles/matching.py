"""Which article each entry of a page is.

The number in the address decides where it is known on both sides; else the publication time
together with the likeness of the text.  Two texts on one page are two articles, whatever
they have in common, unless their numbers are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import ALIKE, is_beginning, likeness, same_text
from yiqihui_spider.archive.articles.rebuild import stored_texts

SURE, BY_NUMBER = 2.0, 3.0
"""Scores above any likeness: the same text at the same time, the same number."""

COLUMNS = (
    "id, site_id, published_at, title, source, url, content_hash, last_seen_at, excerpt, detail_at,"
    " foreign_address"
)

Identity = int | str
"""What decides where both sides have it: the number of an article of the site's own, the address
of one of another site."""


@dataclass(slots=True)
class Entry:
    """One entry of a page, as the archive sees it."""

    position: int
    site_id: int | None
    published_at: str
    title: str | None
    source: str | None
    url: str | None
    views: int | None
    content_hash: str
    body: str | None
    """None where a page is only confirmed; the archive has the text."""
    body_chars: int
    span_start: int
    span_end: int
    cut_short: bool
    views_printed: str | None = None
    foreign_address: str | None = None

    @property
    def identity(self) -> Identity | None:
        return self.site_id if self.site_id is not None else self.foreign_address


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article's row, but for its text."""

    id: int
    site_id: int | None
    published_at: str
    title: str | None
    source: str | None
    url: str | None
    content_hash: str
    last_seen_at: str
    excerpt: int
    detail_at: str | None
    foreign_address: str | None

    @property
    def identity(self) -> Identity | None:
        return self.site_id if self.site_id is not None else self.foreign_address


@dataclass(slots=True)
class MatchGroup:
    """The entries of one page that are one article, and the rows it turned out to be."""

    entries: list[Entry]
    identity: Identity | None
    known: ArticleRow | None = None
    also: list[ArticleRow] = field(default_factory=list)
    """Other rows that are the same article and must be merged with ``known``."""


def address_key(url: str | None) -> str | None:
    """What of an address tells one article of another site from all others: host, path and query.

    >>> address_key("https://Other.example/news/view/101.html#top")
    '//other.example/news/view/101.html'
    """
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit(("", parts.netloc.lower(), parts.path, parts.query, ""))


def subjects(entries: Iterable[Entry]) -> list[MatchGroup]:
    """Group a page's entries by article, in page order."""
    found: list[MatchGroup] = []
    by_number: dict[Identity, MatchGroup] = {}
    by_text: dict[tuple[str, str], MatchGroup] = {}
    # Numbered ones first, so that one without finds its own and not a namesake's.
    for entry in sorted(entries, key=lambda e: (e.identity is None, e.position)):
        text, identity = (entry.published_at, entry.content_hash), entry.identity
        subject = by_text.get(text) if identity is None else by_number.get(identity)
        if subject is None:
            subject = MatchGroup([], identity)
            found.append(subject)
            if identity is not None:
                by_number[identity] = subject
        subject.entries.append(entry)
        by_text.setdefault(text, subject)
    for subject in found:
        subject.entries.sort(key=lambda e: e.position)
    return sorted(found, key=lambda s: s.entries[0].position)


def match(db: Database, found: Sequence[MatchGroup], *, links: bool = False) -> set[int]:
    """Set ``known`` and ``also`` of each subject that has no ``known`` yet. ``links``: numbers come from
    links only, and one that leads to quite another article is not believed; which, is returned."""
    by_number, by_time = _candidates(db, found)
    astray: set[int] = set()
    for subject in found if links else ():
        if subject.known is None and _leads_astray(db, subject, by_number, by_time):
            astray |= {subject.identity} if isinstance(subject.identity, int) else set()
            subject.identity = None
            for entry in subject.entries:
                entry.site_id = entry.url = entry.foreign_address = None
    taken = {s.known.id for s in found if s.known is not None}
    pairs: list[tuple[float, int, ArticleRow]] = []
    for index, subject in enumerate(found):
        if subject.known is None:
            pairs += [(score, index, row) for score, row in _scores(db, subject, by_number, by_time)]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2].id))
    for _, index, row in pairs:
        if found[index].known is None and row.id not in taken:
            found[index].known = row
            taken.add(row.id)
    for _, index, row in pairs:
        if row.id not in taken and _may_merge(db, found[index], row):
            found[index].also.append(row)
            taken.add(row.id)
    return astray


def known_articles(db: Database, ids: Iterable[int]) -> dict[int, ArticleRow]:
    wanted = sorted(set(ids))
    sql = f"SELECT {COLUMNS} FROM articles WHERE id IN (SELECT value FROM json_each(?))"
    return {row[0]: ArticleRow(*row) for row in db.execute(sql, [json.dumps(wanted)])}


def _candidates(
    db: Database, found: Sequence[MatchGroup]
) -> tuple[dict[Identity, ArticleRow], dict[str, dict[int, ArticleRow]]]:
    """Rows by number or address, and by each publication time they have or had."""
    identities = {s.identity for s in found if s.identity is not None}
    times = sorted({e.published_at for s in found for e in s.entries})
    by_number: dict[Identity, ArticleRow] = {}
    by_time: dict[str, dict[int, ArticleRow]] = {time: {} for time in times}
    for column, kind in (("site_id", int), ("foreign_address", str)):
        asked = sorted(one for one in identities if isinstance(one, kind))
        sql = (
            f"SELECT {COLUMNS} FROM articles"
            f" WHERE {column} IN (SELECT value FROM json_each(?)) AND {column} IS NOT NULL ORDER BY id DESC"
        )
        for row in map(_known, db.execute(sql, [json.dumps(asked)]) if asked else ()):
            if row.identity is not None:
                by_number[row.identity] = row
    sql = f"SELECT {COLUMNS} FROM articles WHERE published_at IN (SELECT value FROM json_each(?))"
    for row in map(_known, db.execute(sql, [json.dumps(times)])):
        by_time[row.published_at][row.id] = row
    sql = """
        SELECT published_at, article_id FROM former_times
        WHERE published_at IN (SELECT value FROM json_each(?))
    """
    former = list(db.execute(sql, [json.dumps(times)]))
    rows = known_articles(db, (article_id for _, article_id in former)) if former else {}
    for time, article_id in former:
        by_time[time][article_id] = rows[article_id]
    return by_number, by_time


def _scores(
    db: Database,
    subject: MatchGroup,
    by_number: dict[Identity, ArticleRow],
    by_time: dict[str, dict[int, ArticleRow]],
) -> list[tuple[float, ArticleRow]]:
    """The rows that may be this subject, with how surely."""
    direct = by_number.get(subject.identity) if subject.identity is not None else None
    scores = [(BY_NUMBER, direct)] if direct is not None else []
    rows = {key: row for e in subject.entries for key, row in by_time[e.published_at].items()}
    for row in rows.values():
        if row is direct or (direct is not None and row.id == direct.id):
            continue
        if row.identity is not None and subject.identity is not None:
            continue
        score = _resemblance(db, subject, row)
        if score >= ALIKE:
            scores.append((score, row))
    return scores


def _leads_astray(
    db: Database,
    subject: MatchGroup,
    by_number: dict[Identity, ArticleRow],
    by_time: dict[str, dict[int, ArticleRow]],
) -> bool:
    """Whether the article that has the subject's number, by a listing's link too, is another in time,
    in title and in text."""
    row = by_number.get(subject.identity) if subject.identity is not None else None
    if row is None or row.title is None or any(e.title is None or e.body is None for e in subject.entries):
        return False
    if any(row.id in by_time[e.published_at] or e.published_at == row.published_at for e in subject.entries):
        return False
    titles = {e.title for e in subject.entries if e.title is not None}
    pairs = [pair for title in titles for pair in ((title, row.title), (row.title, title))]
    if any(same_text(*pair) or is_beginning(*pair) for pair in pairs):
        return False
    sql = """
        SELECT 1 FROM sightings AS s JOIN captures AS c ON c.id = s.capture_id
        WHERE s.article_id = ? AND c.kind = 'listing' AND s.site_id IS NOT NULL LIMIT 1
    """
    return _resemblance(db, subject, row) < ALIKE and db.execute(sql, [row.id]).fetchone() is not None


def _resemblance(db: Database, subject: MatchGroup, row: ArticleRow) -> float:
    hashes = {e.content_hash for e in subject.entries}
    if row.content_hash in hashes:
        return SURE
    texts = stored_texts(db, row.id)
    if not hashes.isdisjoint(texts):
        return SURE
    return max(
        (likeness(entry.body or "", text.body) for entry in subject.entries for text in texts.values()),
        default=0.0,
    )


def _may_merge(db: Database, subject: MatchGroup, row: ArticleRow) -> bool:
    """Whether ``row`` can be the same article as what the subject was found to be.

    Not with another number or address; not if one page ever showed both.
    """
    assert subject.known is not None
    group = [subject.known, *subject.also]
    numbers = {r.identity for r in [*group, row] if r.identity is not None}
    if subject.identity is not None:
        numbers.add(subject.identity)
    if len(numbers) > 1:
        return False
    sql = """
        SELECT 1 FROM sightings a JOIN sightings b ON b.capture_id = a.capture_id
        WHERE a.article_id = ? AND b.article_id = ? LIMIT 1
    """
    return not any(db.execute(sql, [row.id, other.id]).fetchone() for other in group)


def _known(row: Any) -> ArticleRow:
    return ArticleRow(*row)
