"""The search index as our own writing keeps it: Python spaces a text faster than SQL can.

Other clients' writing is followed by the triggers of search.sql, at some milliseconds an
article.  Inside :func:`direct_indexing` these stand aside.  What a text contains, and how the
index sees it, is told in search.sql; :func:`spaced` gives exactly what its view gives.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.resources import files
from weakref import WeakKeyDictionary

from sqlite_utils import Database

from yiqihui_spider.wording import counted


def expression(name: str) -> str:
    """The SQL expression that a packaged file holds, without the comment before it."""
    text = files("yiqihui_spider.archive.schema").joinpath(name).read_text("utf-8")
    return text[text.index("\n(") :].strip()


PLACED = expression("placing.sql")
"""Where an article published at ``:time``, and without a place yet, belongs in the order of publication."""

GAP = "\x01"
"""The token for white space."""

_WIDE_SYMBOLS = dict(zip(range(0xFFE0, 0xFFE7), "¢£¬¯¦¥₩", strict=True))
_SPACES = (0x1680, 0x180E, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_BLANK = frozenset((*range(0x21), *range(0x7F, 0xA1), *range(0x2000, 0x200B), *_SPACES))


def narrow(char: str) -> str:
    """A character without its full width; white space of any kind as ``GAP``."""
    code = ord(char)
    if code in _BLANK:
        return GAP
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    return _WIDE_SYMBOLS.get(code, char)


def in_word(char: str) -> bool:
    """Whether a (narrow) character is part of words, and does not stand for itself."""
    if char.isascii():
        return char.isalnum()
    return ("À" <= char <= "\u052f" and char not in "×÷") or "\u1d00" <= char <= "\u1fff"


class _Spacing(dict[str, str]):
    """What each character becomes, worked out as it turns up."""

    def __missing__(self, printed: str) -> str:
        char = narrow(printed)
        self[printed] = text = char if in_word(char) else f" {char} "
        return text


_SPACING = _Spacing()


_expected: dict[str, str] = {}
"""Texts that are about to be written, as the index sees them: worked out elsewhere."""


def expect(texts: Iterable[tuple[str, str]]) -> None:
    """Texts that :func:`spaced` need not work out in the transaction under way; each with what it gives."""
    _expected.update(texts)


def spaced(text: str | None) -> str:
    """A text as the index sees it: words, and single characters with spaces around them."""
    if _expected and text is not None and (known := _expected.pop(text, None)) is not None:
        return known
    return "".join(map(_SPACING.__getitem__, (text or "").partition("\0")[0]))  # faster than translate


def phrases(query: str) -> str:
    """A query in FTS5's own language, for ``articles_fts MATCH ?``."""
    text = spaced(query).replace('"', '""').replace(GAP, '" "').replace("|", '" OR "')
    return f'"{text}"'


IndexedText = tuple[int, str | None, str]
"""An article as the index has it: its recency, title and body."""

MAKE_ROOM = (
    "UPDATE articles SET recency = r.recency + (1 << 62) FROM search_room AS r WHERE articles.id = r.id",
    "UPDATE articles SET recency = recency - (1 << 62) WHERE recency >= 1 << 61",
)
"""The big number keeps rows that move past one another from meeting."""


_WRITE = (
    "INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', ?, ?, ?)",
    "INSERT INTO articles_fts (rowid, title, body) VALUES (?, ?, ?)",
)


class Index:
    """The index inside :func:`direct_indexing`. It is written at the end, in its own order: FTS5
    begins a new segment with each article that stands before the one written last, and listings
    come the newest first."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._before: dict[int, IndexedText | None] = {}
        """What the index holds of the articles that have changed since; None: nothing."""

    def learn(self, article_id: int, recency: int | None = None) -> None:
        """Take in an article as its row stands at the end: after an INSERT, or an UPDATE for which
        it was forgotten. One without a place in the order of publication gets one; ``recency`` is
        that of its row, where the caller knows it."""
        if recency is None:
            row = self._db.execute("SELECT recency FROM articles WHERE id = ?", [article_id]).fetchone()
            if row is None:
                raise LookupError(f"no article {article_id}")
            recency = row[0]
        self._before.setdefault(article_id, None)
        if recency is None:
            self._place(article_id)

    def forget(self, article_id: int) -> None:
        """Before an UPDATE of an article's title, body or time, or a DELETE."""
        if article_id not in self._before and (row := self._row(article_id)) is not None:
            self._before[article_id] = row

    def write(self) -> None:
        """Bring the index up to date with the articles' rows."""
        out, new = self._changes()
        held = self._among("SELECT id FROM articles_fts_docsize WHERE id", [*out, *new])
        there = {place for (place,) in held}
        if doubles := there & new.keys() - out.keys():
            raise ValueError(f"the article at {min(doubles)} is in the index already: not forgotten in time")
        texts = [(place, 0, out[place]) for place in out.keys() & there]
        texts += [(place, 1, text) for place, text in new.items()]
        for place, is_new, (_, title, body) in sorted(texts, key=lambda text: text[:2]):
            self._db.execute(_WRITE[is_new], (place, spaced(title), spaced(body)))
        self._before.clear()
        _expected.clear()

    def _changes(self) -> tuple[dict[int, IndexedText], dict[int, IndexedText]]:
        """By recency: what goes out of the index, and what comes into it."""
        now = {key: self._row(key) for key in self._before}
        changed = [key for key, before in self._before.items() if before is None or before != now[key]]
        out = {before[0]: before for key in changed if (before := self._before[key]) is not None}
        new = {text[0]: text for key in changed if (text := now[key]) is not None}
        return out, new

    def _among(self, sql: str, keys: Iterable[int]) -> list[tuple[int, ...]]:
        return self._db.execute(
            f"{sql} IN (SELECT value FROM json_each(?))", [json.dumps(list(keys))]
        ).fetchall()

    def _row(self, article_id: int) -> IndexedText | None:
        sql = "SELECT recency, title, body FROM articles WHERE id = ? AND recency IS NOT NULL"
        row: IndexedText | None = self._db.execute(sql, [article_id]).fetchone()
        return row

    def _place(self, article_id: int) -> None:
        for (neighbour,) in self._db.execute("SELECT id FROM search_room").fetchall():
            self.forget(neighbour)
        for statement in MAKE_ROOM:
            self._db.execute(statement)
        place = PLACED.replace(":time", "articles.published_at")
        self._db.execute(f"UPDATE articles SET recency = {place} WHERE id = ?", [article_id])


_at_work: WeakKeyDictionary[Database, Index] = WeakKeyDictionary()


@contextmanager
def direct_indexing(db: Database, *, savepoint: bool = True) -> Iterator[Index]:
    """A transaction (or savepoint) whose writer tells the index itself of every text it changes.

    The triggers stand aside from here to the end, for this transaction alone.  May be nested: the
    index is written at the end of the outermost.  Where the outer one fails with it, an inner one
    needs no ``savepoint``.
    """
    if (index := _at_work.get(db)) is not None:
        with db.atomic() if savepoint else nullcontext():
            yield index
        return
    with db.atomic():
        db.execute("INSERT OR IGNORE INTO search_writer (id) VALUES (1)")
        index = _at_work[db] = Index(db)
        try:
            yield index
            index.write()
        finally:
            del _at_work[db]
        db.execute("DELETE FROM search_writer")


def rebuild(db: Database) -> None:
    """Make the index anew from the articles."""
    with db.atomic():
        db.execute("DELETE FROM search_writer")
        db.execute("DELETE FROM search_replaced")
        db.execute("DELETE FROM search_numbers")
        db.conn.executemany("INSERT INTO search_numbers (n) VALUES (?)", ((n,) for n in range(1, 65)))
        db.execute("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")
        db.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('rank', 'bm25(1.0, 3.0)')")
        _put_in_order(db)
        rows = db.conn.execute("SELECT recency, title, body FROM articles ORDER BY recency")
        db.conn.executemany(
            "INSERT INTO articles_fts (rowid, title, body) VALUES (?, ?, ?)",
            ((row[0], spaced(row[1]), spaced(row[2])) for row in rows),
        )


DISORDER = """
    SELECT id FROM (SELECT id, recency, published_at, lag(published_at) OVER (ORDER BY recency) AS earlier
      FROM articles INDEXED BY articles_recency_published_at)
    WHERE recency IS NULL OR earlier > published_at
"""

NUMBERS = """
    WITH placed (id, recency) AS MATERIALIZED (
      SELECT id, place + max(hint - place) OVER (ORDER BY place)
      FROM (SELECT id, row_number() OVER (ORDER BY published_at, recency IS NOT NULL, recency, id) AS place,
        coalesce(CAST(strftime('%s', published_at) AS INTEGER), 253402300800) / 16 AS hint FROM articles))
    UPDATE articles SET recency = placed.recency + (1 << 62) FROM placed WHERE placed.id = articles.id
"""
"""Numbers for all articles, as if they had come in order of publication."""


def _put_in_order(db: Database) -> None:
    """See to it that every article stands where its time of publication says; for ``rebuild``."""
    if db.execute(f"SELECT EXISTS ({DISORDER})").fetchone()[0]:
        db.execute("INSERT INTO search_writer (id) VALUES (1)")
        db.execute(NUMBERS)
        db.execute(MAKE_ROOM[1])
        db.execute("DELETE FROM search_writer")


def check_index(db: Database) -> list[str]:
    """What is wrong between index and articles, in plain words; empty when they agree.

    Needs a connection that may write, though it changes nothing.  Takes about 2 ms an article.
    """
    problems = _strays(db)
    with db.atomic():
        if db.execute("SELECT 1 FROM search_writer").fetchone():
            problems.append("a writer has left the triggers of the search index switched off")
        try:
            # With a rank of 1 FTS5 compares the index with the articles, not only with itself.
            db.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            problems.append(f"the search index and the articles do not agree ({error})")
    return problems


def _strays(db: Database) -> list[str]:
    absent = """
        SELECT id FROM articles
        WHERE recency IS NULL OR recency NOT IN (SELECT id FROM articles_fts_docsize)
    """
    surplus = "SELECT id FROM articles_fts_docsize EXCEPT SELECT recency FROM articles"
    found = []
    for sql, words in (
        (absent, "not in the search index"),
        (surplus, "in the search index, but not archived"),
        (DISORDER, "not in the order of publication"),
    ):
        ids = [row[0] for row in db.execute(sql)]
        if ids:
            shown = ", ".join(map(str, ids[:5])) + (", …" if len(ids) > 5 else "")
            found.append(f"{counted(len(ids), 'article is', 'articles are')} {words}: {shown}")
    return found
