"""What every table, view and column means, from one place each: ``meanings.json`` for tables,
the comments of the SQL files for what is declared there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from yiqihui_spider.archive.schema.ensure import declared

MACHINERY = "machinery of search"
"""How the meaning begins of what only search itself needs."""


@dataclass(frozen=True, slots=True)
class Column:
    meaning: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """A table or view, told to its reader."""

    name: str
    type: str
    """``table`` or ``view``."""
    meaning: str
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def machinery(self) -> bool:
        return self.meaning.startswith(MACHINERY)


@cache
def meanings() -> Mapping[str, Meaning]:
    """By name: the tables first, then what the SQL files declare."""
    return {one.name: one for one in (*_tables(), *_declared())}


def _tables() -> list[Meaning]:
    text = files(__package__).joinpath("data_dictionary.json").read_text("utf-8")
    return [
        Meaning(
            name,
            "table",
            table["meaning"],
            {column: Column(told["meaning"], told.get("unit")) for column, told in table["columns"].items()},
        )
        for name, table in json.loads(text)["tables"].items()
    ]


def _declared() -> list[Meaning]:
    return [
        Meaning(one.name, one.type, one.meaning or "", {c: Column(text) for c, text in one.columns.items()})
        for one in declared()
        if one.type in ("table", "view")
    ]
