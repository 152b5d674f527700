"""Which article each entry of a page is.

The number in the address decides where it is known on both sides; else the publication time
together with the likeness of the text.  Two texts on one page are two articles, whatever
they have in common, unless their numbers are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit, urlunsplit

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import ALIKE, is_beginning, likeness, same_text
from yiqihui_spider.archive.articles.rebuild import stored_texts
from yiqihui_spider.archive.articles.rows import ArticleRow, Identity, PageEntry
from yiqihui_spider.archive.state.sql import columns, listed
from yiqihui_spider.characters import squeeze

SURE, BY_NUMBER = 2.0, 3.0
"""Scores above any likeness: the same text at the same time, the same number."""

ARTICLES = f"SELECT {listed(columns(ArticleRow))} FROM articles"

AMONG = "IN (SELECT value FROM json_each(?))"


@dataclass(slots=True)
class MatchGroup:
    """The entries of one page that are one article, and the rows it turned out to be."""

    entries: list[PageEntry]
    identity: Identity | None
    article: ArticleRow | None = None
    """Its row; None while it has none."""
    duplicates: list[ArticleRow] = field(default_factory=list)
    """Other rows that are the same article and must be merged with ``article``."""

    def forget_number(self) -> None:
        """Believe no longer what the links of these entries lead to."""
        self.identity = None
        self.entries = [replace(e, site_id=None, url=None, foreign_address=None) for e in self.entries]


def address_key(url: str | None) -> str | None:
    """What of an address tells one article of another site from all others: host, path and query.

    >>> address_key("https://Other.example/news/view/101.html#top")
    '//other.example/news/view/101.html'
    """
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit(("", parts.netloc.lower(), parts.path, parts.query, ""))


def group_entries(entries: Iterable[PageEntry]) -> list[MatchGroup]:
    """Group a page's entries by article, in page order."""
    groups: list[MatchGroup] = []
    by_number: dict[Identity, MatchGroup] = {}
    by_text: dict[tuple[str, str], MatchGroup] = {}
    # Numbered ones first, so that one without finds its own and not a namesake's.
    for entry in sorted(entries, key=lambda e: (e.identity is None, e.position)):
        text, identity = (entry.published_at, entry.content_hash), entry.identity
        group = by_text.get(text) if identity is None else by_number.get(identity)
        if group is None:
            group = MatchGroup([], identity)
            groups.append(group)
            if identity is not None:
                by_number[identity] = group
        group.entries.append(entry)
        by_text.setdefault(text, group)
    for group in groups:
        group.entries.sort(key=lambda e: e.position)
    return sorted(groups, key=lambda g: g.entries[0].position)


def match(db: Database, groups: Sequence[MatchGroup], *, links: bool = False) -> set[int]:
    """Set ``article`` and ``duplicates`` of each group that has no ``article`` yet. ``links``: numbers come
    from links only, and one that leads to quite another article is not believed; which, is returned."""
    candidates = _candidates(db, groups)
    astray = _disbelieve(db, groups, candidates) if links else set()
    taken = {group.article.id for group in groups if group.article is not None}
    scored: list[tuple[float, int, ArticleRow]] = []
    for index, group in enumerate(groups):
        if group.article is None:
            scored += [(score, index, row) for score, row in _scores(db, group, candidates)]
    scored.sort(key=lambda each: (-each[0], each[1], each[2].id))
    for _, index, row in scored:
        if groups[index].article is None and row.id not in taken:
            groups[index].article = row
            taken.add(row.id)
    for _, index, row in scored:
        if row.id not in taken and _may_merge(db, groups[index], row):
            groups[index].duplicates.append(row)
            taken.add(row.id)
    return astray


def known_articles(db: Database, ids: Iterable[int]) -> dict[int, ArticleRow]:
    rows = _articles(db, f"id {AMONG}", sorted(set(ids)))
    return {row.id: row for row in rows}


def _articles(db: Database, condition: str, among: Sequence[object]) -> Iterator[ArticleRow]:
    for row in db.execute(f"{ARTICLES} WHERE {condition}", [json.dumps(among)]):
        yield ArticleRow(*row)


# --- rows that may be meant --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Candidates:
    by_identity: dict[Identity, ArticleRow]
    by_time: dict[str, dict[int, ArticleRow]]
    """By each publication time that rows have or had, then by id."""

    def numbered(self, group: MatchGroup) -> ArticleRow | None:
        """The row with the number or address that the group has."""
        return None if group.identity is None else self.by_identity.get(group.identity)

    def dated(self, group: MatchGroup) -> dict[int, ArticleRow]:
        """Rows with a time that the group has, by id."""
        return {key: row for e in group.entries for key, row in self.by_time[e.published_at].items()}


def _candidates(db: Database, groups: Sequence[MatchGroup]) -> _Candidates:
    times = sorted({e.published_at for group in groups for e in group.entries})
    return _Candidates(_by_identity(db, groups), _by_time(db, times))


def _by_identity(db: Database, groups: Sequence[MatchGroup]) -> dict[Identity, ArticleRow]:
    identities = [group.identity for group in groups if group.identity is not None]
    rows: dict[Identity, ArticleRow] = {}
    for column, kind in (("site_id", int), ("foreign_address", str)):
        asked = sorted(one for one in identities if isinstance(one, kind))
        condition = f"{column} {AMONG} AND {column} IS NOT NULL ORDER BY id DESC"
        for row in _articles(db, condition, asked) if asked else ():
            if row.identity is not None:
                rows[row.identity] = row
    return rows


def _by_time(db: Database, times: Sequence[str]) -> dict[str, dict[int, ArticleRow]]:
    found: dict[str, dict[int, ArticleRow]] = {time: {} for time in times}
    for row in _articles(db, f"published_at {AMONG}", times):
        found[row.published_at][row.id] = row
    sql = f"SELECT published_at, article_id FROM former_times WHERE published_at {AMONG}"
    former = db.execute(sql, [json.dumps(times)]).fetchall()
    rows = known_articles(db, (article_id for _, article_id in former)) if former else {}
    for time, article_id in former:
        found[time][article_id] = rows[article_id]
    return found


def _scores(db: Database, group: MatchGroup, candidates: _Candidates) -> list[tuple[float, ArticleRow]]:
    """The rows that may be this group's article, with how surely."""
    numbered = candidates.numbered(group)
    scores = [(BY_NUMBER, numbered)] if numbered is not None else []
    dated = candidates.dated(group)
    for row in dated.values():
        two_numbers = row.identity is not None and group.identity is not None
        if two_numbers or (numbered is not None and row.id == numbered.id):
            continue
        score = _resemblance(db, group, row)
        if score >= ALIKE or (len(dated) == 1 and _is_textless(db, group, row)):
            scores.append((max(score, ALIKE), row))
    return scores


def _is_textless(db: Database, group: MatchGroup, row: ArticleRow) -> bool:
    """Whether one side shows no text, so that the time alone must tell."""
    return not any(squeeze(entry.body or "") for entry in group.entries) or not any(
        squeeze(body.text) for body in stored_texts(db, row.id).values()
    )


def _resemblance(db: Database, group: MatchGroup, row: ArticleRow) -> float:
    hashes = {e.content_hash for e in group.entries}
    if row.content_hash in hashes:
        return SURE
    texts = stored_texts(db, row.id)
    if not hashes.isdisjoint(texts):
        return SURE
    return max(
        (likeness(entry.body or "", body.text) for entry in group.entries for body in texts.values()),
        default=0.0,
    )


# --- links that lead to another article ---------------------------------------------------


def _disbelieve(db: Database, groups: Iterable[MatchGroup], candidates: _Candidates) -> set[int]:
    """Take their number from the groups whose links lead astray; these numbers."""
    astray: set[int] = set()
    for group in groups:
        row = candidates.numbered(group) if group.article is None else None
        if row is not None and _leads_astray(db, group, row, candidates):
            astray |= {group.identity} if isinstance(group.identity, int) else set()
            group.forget_number()
    return astray


def _leads_astray(db: Database, group: MatchGroup, row: ArticleRow, candidates: _Candidates) -> bool:
    """Whether the article that has the group's number, by a listing's link too, is another in time,
    in title and in text."""
    if any(e.body is None for e in group.entries) or row.id in candidates.dated(group):
        return False
    if not _titled_otherwise(group, row.title) or _resemblance(db, group, row) >= ALIKE:
        return False
    sql = """
        SELECT 1 FROM sightings AS s JOIN captures AS c ON c.id = s.capture_id
        WHERE s.article_id = ? AND c.kind = 'listing' AND s.site_id IS NOT NULL LIMIT 1
    """
    return db.execute(sql, [row.id]).fetchone() is not None


def _titled_otherwise(group: MatchGroup, title: str | None) -> bool:
    """Whether all entries have a title, the article too, and none is the same or a beginning of it."""
    titles = {e.title for e in group.entries}
    return title is not None and not any(one is None or _one_title(one, title) for one in titles)


def _one_title(one: str, other: str) -> bool:
    return same_text(one, other) or is_beginning(one, other) or is_beginning(other, one)


def _may_merge(db: Database, group: MatchGroup, row: ArticleRow) -> bool:
    """Whether ``row`` can be the same article as what the group was found to be.

    Not with another number or address; not if one page ever showed both.
    """
    assert group.article is not None
    rows = [group.article, *group.duplicates]
    if len({group.identity, row.identity, *(one.identity for one in rows)} - {None}) > 1:
        return False
    sql = """
        SELECT 1 FROM sightings a JOIN sightings b ON b.capture_id = a.capture_id
        WHERE a.article_id = ? AND b.article_id = ? LIMIT 1
    """
    return not any(db.execute(sql, [row.id, other.id]).fetchone() for other in rows)
