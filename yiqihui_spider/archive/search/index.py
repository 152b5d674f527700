"""The search index as our own writing keeps it: Python spaces a text faster than SQL can.

Other clients' writing is followed by the triggers of search.sql, at some milliseconds an
article.  Inside :func:`direct_indexing` these stand aside.  What a text contains, and how the
index sees it, is told in search.sql; :func:`spaced` gives exactly what its view gives.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from yiqihui_spider.wording import counted

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


class _Spacing(dict[int, str]):
    """What each character becomes, worked out as it turns up."""

    def __missing__(self, code: int) -> str:
        char = narrow(chr(code))
        self[code] = text = char if in_word(char) else f" {char} "
        return text


_SPACING = _Spacing()


def spaced(text: str | None) -> str:
    """A text as the index sees it: words, and single characters with spaces around them."""
    return (text or "").partition("\0")[0].translate(_SPACING)


def phrases(query: str) -> str:
    """A query in FTS5's own language, for ``articles_fts MATCH ?``."""
    text = spaced(query).replace('"', '""').replace(GAP, '" "').replace("|", '" OR "')
    return f'"{text}"'


class Index:
    """The index inside :func:`direct_indexing`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def learn(self, article_id: int) -> None:
        """Take in an article as its row now stands: after an INSERT, or an UPDATE of its text."""
        if self._holds(article_id):
            raise ValueError(f"article {article_id} is in the index already; forget it before it changes")
        sql = "INSERT INTO articles_fts (rowid, title, body) VALUES (?, ?, ?)"
        self._db.execute(sql, self._row(article_id))

    def forget(self, article_id: int) -> None:
        """Take an article out: before an UPDATE of its title or body, or a DELETE."""
        if self._holds(article_id):
            sql = "INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', ?, ?, ?)"
            self._db.execute(sql, self._row(article_id))

    def _holds(self, article_id: int) -> bool:
        sql = "SELECT 1 FROM articles_fts_docsize WHERE id = ?"
        return self._db.execute(sql, [article_id]).fetchone() is not None

    def _row(self, article_id: int) -> tuple[int, str, str]:
        row = self._db.execute("SELECT title, body FROM articles WHERE id = ?", [article_id]).fetchone()
        if row is None:
            raise LookupError(f"no article {article_id}")
        return article_id, spaced(row[0]), spaced(row[1])


@contextmanager
def direct_indexing(db: Database) -> Iterator[Index]:
    """A transaction (or savepoint) whose writer tells the index itself of every text it changes.

    The triggers stand aside from here to the end, for this transaction alone.  May be nested.
    """
    with db.atomic():
        ours = db.execute("INSERT OR IGNORE INTO search_writer (id) VALUES (1)").rowcount == 1
        yield Index(db)
        if ours:
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
        rows = db.conn.execute("SELECT id, title, body FROM articles ORDER BY id")
        db.conn.executemany(
            "INSERT INTO articles_fts (rowid, title, body) VALUES (?, ?, ?)",
            ((row[0], spaced(row[1]), spaced(row[2])) for row in rows),
        )


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
    absent = "SELECT id FROM articles EXCEPT SELECT id FROM articles_fts_docsize"
    surplus = "SELECT id FROM articles_fts_docsize EXCEPT SELECT id FROM articles"
    found = []
    for sql, words in (
        (absent, "not in the search index"),
        (surplus, "in the search index, but not archived"),
    ):
        ids = [row[0] for row in db.execute(sql)]
        if ids:
            shown = ", ".join(map(str, ids[:5])) + (", …" if len(ids) > 5 else "")
            found.append(f"{counted(len(ids), 'article is', 'articles are')} {words}: {shown}")
    return found
