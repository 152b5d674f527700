"""Search and views, declared as data and ensured anew whenever the archive is opened to write.

They hold nothing that can't be made again from the tables, so they need no migrations: what
differs from the SQL files is dropped and created, and the search index is rebuilt if it may
have missed something meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from sqlite_utils import Database

from yiqihui_spider.archive.schema.scripts import statements
from yiqihui_spider.archive.search.index import PLACED, expression, rebuild

SCRIPTS = ("search.sql", "views.sql", "terms.sql")

_CREATE = re.compile(r"^CREATE (?:VIRTUAL )?(TABLE|INDEX|VIEW|TRIGGER) (\w+)", re.MULTILINE)
_MEANING = re.compile(r"^-- (\w+): (.+)$", re.MULTILINE)

_EXPRESSION = re.compile(r"\b(spaced|placed)\((\w+\.\w+)\)")

_NOT_INDEXED = frozenset({"search", "search_input", "search_query", "articles_recency_published_at"})
"""Objects of search.sql that have no part in what the index holds."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One statement of an SQL file, with the meanings its comments give."""

    name: str
    type: str
    """``table``, ``index``, ``view`` or ``trigger``, as in ``sqlite_master``."""
    sql: str
    """As SQLite keeps it: from CREATE, without the last semicolon."""
    script: str
    meaning: str | None = None
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def feeds_index(self) -> bool:
        return self.script == "search.sql" and self.name not in _NOT_INDEXED


@cache
def declared() -> tuple[Declared, ...]:
    """All that is declared, in the order of creation."""
    spacing = expression("spacing.sql")

    def written_out(call: re.Match[str]) -> str:
        if call[1] == "spaced":
            return spacing.replace(":text", call[2])
        return PLACED.replace(":time", call[2])

    return tuple(one for name in SCRIPTS for one in parse(_EXPRESSION.sub(written_out, _read(name)), name))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def parse(script: str, name: str) -> list[Declared]:
    """The statements of an SQL script with their meanings. Pure."""
    found = []
    for statement in statements(script):
        create = _CREATE.search(statement)
        if create is None:
            raise ValueError(f"{name}: not a CREATE statement: {statement[:60]!r}")
        meanings = dict(_MEANING.findall(statement[: create.start()]))
        found.append(
            Declared(
                name=create[2],
                type=create[1].lower(),
                sql=statement[create.start() :].removesuffix(";"),
                script=name,
                meaning=meanings.pop(create[2], None),
                columns=meanings,
            )
        )
    return found


def ensure(db: Database) -> None:
    """See to it that search and views are as declared. Cheap when they are."""
    wrong = _wrong(db)
    switched_off = not wrong and db.execute("SELECT EXISTS (SELECT 1 FROM search_writer)").fetchone()[0]
    if not wrong and not switched_off:
        return
    with db.atomic():
        for one in reversed(wrong):
            db.execute(f"DROP {one.type} IF EXISTS [{one.name}]")
        for one in wrong:
            db.execute(one.sql)
        if switched_off or any(one.feeds_index for one in wrong):
            rebuild(db)


def drop(db: Database) -> None:
    """Take away views, triggers and the index, for a migration that transforms a table under them.

    SQLite refuses to rename a table into a name that a view waits for.  ``ensure`` puts all back.
    """
    with db.atomic():
        for one in reversed(declared()):
            if one.type != "table":
                db.execute(f"DROP {one.type} IF EXISTS [{one.name}]")


def missing(db: Database) -> list[str]:
    """Names of what is not as declared; for ``verify``."""
    return [one.name for one in _wrong(db)]


def _wrong(db: Database) -> list[Declared]:
    found = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall())
    return [one for one in declared() if found.get(one.name) != one.sql]
