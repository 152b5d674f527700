"""The newest hits of frequent words, found by reading the newest articles.

The index gives hits in no order of time and so must be asked for all of them: some ten
milliseconds for a word that stands in a twentieth of 200,000 articles, and more for commoner
ones.  Of such a word, the newest twenty stand among the newest few hundred articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.search.index import phrases

MOST_READ = 800
"""Articles worth reading for each term: of a word in fewer than one of forty articles the index
tells as soon."""
FIRST_READ = 100
"""Articles read before it is judged whether the word is frequent enough."""
MOST_HITS = 50
"""With more wanted, asking about each would take too long."""
MOST_ASKED = 3
"""How many times as many candidates as are wanted the index is asked about."""
MOST_TERMS = 16
LATIN_COST = 3
"""How many times longer other terms than of Han characters take to look for."""

_PIECE = re.compile("[\u3400-\u9fff]+|[0-9a-z]+")
_FOLDS_TO_ASCII = {"k": "\u212a", "s": "\u017f"}
"""Letters beyond ASCII, other than full-width ones, that an index may take for an ASCII letter."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a term that any text with the term holds in one of these forms, in UTF-8."""

    exact: bool
    """Whether conversely any text with it has the term."""
    plain: bytes
    wide: tuple[bytes, ...] = ()
    """Full-width and other forms of its characters; in a text with one of them it may be hidden."""

    def may_be_in(self, text: bytes, lower: bytes) -> bool:
        return self.plain in lower or any(form in text for form in self.wide)


def piece_of(term: str) -> Piece | None:
    """The longest part of a folded term that can be looked for as bytes. Pure."""
    found = max(_PIECE.findall(term), key=lambda piece: len(piece.encode()), default=None)
    if found is None:
        return None
    if not found.isascii():
        return Piece(found == term, found.encode())
    forms = {char: None for char in found for char in _other_forms(char)}
    return Piece(False, found.encode(), tuple(form.encode() for form in forms))


def _other_forms(char: str) -> Iterator[str]:
    for case in {char, char.upper()}:
        yield chr(ord(case) + 0xFEE0)
    if char in _FOLDS_TO_ASCII:
        yield _FOLDS_TO_ASCII[char]


def newest_hits(
    db: Database,
    alternatives: Sequence[Sequence[str]],
    where: str,
    values: Mapping[str, Any],
) -> list[int] | None:
    """Ids of the newest ``values["limit"]`` articles with all terms of one of ``alternatives``.

    ``where`` further restricts ``articles AS s``; ``values`` has its parameters, and the query
    as ``q``.  None: not worth it, ask the index.
    """
    pieces = [[piece_of(term) for term in terms] for terms in alternatives]
    known = [[piece for piece in each if piece] for each in pieces]
    every = [piece for each in known for piece in each]
    if known != pieces or not every or len(every) > MOST_TERMS or values["limit"] > MOST_HITS:
        return None
    exact = all(piece.exact for piece in every)
    most = min(len(every), 3) * (MOST_READ if exact else MOST_READ // LATIN_COST)
    read = _candidates(db, known, where, values, most)
    return _first(read, values["limit"]) if exact else _asked(db, read, values["q"], values["limit"])


def _first(candidates: Iterator[int | None], limit: int) -> list[int] | None:
    found = list(islice(candidates, limit))
    return None if None in found else [number for number in found if number is not None]


def _asked(db: Database, candidates: Iterator[int | None], query: str, limit: int) -> list[int] | None:
    """Of the candidates the newest hits, by the word of the index."""
    found: list[int] = []
    for _ in range(MOST_ASKED):
        batch = _first(candidates, limit)
        if batch is None:
            return None
        found += _hits(db, query, batch)
        if len(found) >= limit or len(batch) < limit:
            return found[:limit]
    return None


def _candidates(
    db: Database, pieces: Sequence[Sequence[Piece]], where: str, values: Mapping[str, Any], most: int
) -> Iterator[int | None]:
    """The newest articles that may be hits; ends with None where it is not worth going on."""
    bound = db.execute(
        "SELECT published_at FROM articles "
        "WHERE published_at >= coalesce(:since, '') AND published_at <= coalesce(:until, char(1114111)) "
        f"ORDER BY published_at DESC LIMIT 1 OFFSET {most}",
        dict(values),
    ).fetchone()
    rows = db.execute(
        "SELECT s.id, CAST(s.title AS BLOB), CAST(s.body AS BLOB) FROM articles AS s "
        f"WHERE s.published_at > :bound{where} ORDER BY s.published_at DESC, s.id DESC",
        {**values, "bound": bound[0] if bound else ""},
    )
    found = 0
    for read, (number, title, body) in enumerate(rows, 1):
        text = _to_nul(title or b"") + b"\0" + _to_nul(body)
        lower = text.lower()
        if any(all(piece.may_be_in(text, lower) for piece in each) for each in pieces):
            found += 1
            yield number
        if read % FIRST_READ == 0 and found * most < values["limit"] * read:
            yield None
            return
    if bound:
        yield None


def _to_nul(text: bytes) -> bytes:
    """As far as SQLite's functions, and the index, see a text."""
    return text.partition(b"\0")[0] if b"\0" in text else text


def _hits(db: Database, query: str, ids: Sequence[int]) -> list[int]:
    """Those of ``ids`` that the index finds."""
    marks = ",".join("?" * len(ids))
    sql = f"SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? AND rowid IN ({marks})"
    hits = {row[0] for row in db.execute(sql, [phrases(query), *ids])}
    return [number for number in ids if number in hits]
