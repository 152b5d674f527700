"""Make docs/schema.md from a real archive, fill docs/cookbook.md with what its SQL answers, draw the
package's folders in docs/architecture.md from its imports, and write docs/commands.md and the page of the
manual, docs/yiqihui.1, from what the commands say of themselves.

``make docs`` writes them; tests call the functions here and fail when a page is stale.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from pathlib import Path

from yiqihui_spider.archive.schema.data_dictionary import Meaning, meanings

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

DOCS = ROOT / "docs"
BLOCK = re.compile(r"(```sql\n(?P<sql>.*?)```\n)(?:\n\|.*?\n(?=\n|\Z))?", re.DOTALL)


def table(names: list[str], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [names, ["---"] * len(names), *([cell(value) for value in row] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def answered(text: str, archive: Path) -> str:
    """The cookbook with the answer to each statement under it."""
    db = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)

    def answer(match: re.Match[str]) -> str:
        cursor = db.execute(match["sql"])
        return match[1] + "\n" + table([column[0] for column in cursor.description], cursor.fetchall())

    try:
        return BLOCK.sub(answer, text)
    finally:
        db.close()


INTRODUCTION = """# Schema

Every table, view and column of an archive, made by `make docs` from a real one; a test fails when this
page is stale. Times are ISO 8601 with offset: `published_at` in the site's zone (`+08:00`, assumed), what
we observe in UTC. Offsets count code points. Tables are STRICT.

"""

KINDS = (("table", "Tables"), ("view", "Views"))


def schema(archive: Path) -> str:
    """The page on tables and views, read from the archive's own catalogue.

    Raises KeyError for a table, view or column that nobody has told the meaning of.
    """
    found = catalogue(archive)
    known = meanings()
    if missing := [name for name in found if name not in known]:
        raise KeyError(f"no meaning told: {missing}")
    told = [known[name] for name in known if name in found]
    parts = [INTRODUCTION]
    for kind, title in KINDS:
        parts.append(f"## {title}\n\n")
        parts += [entry(one, found[one.name]) for one in told if shown(one, kind)]
    parts.append("## Machinery\n\nOf no interest to a reader, and not to be written to.\n\n")
    rows = [(f"`{one.name}`", one.meaning) for one in told if one.machinery]
    parts.append(table(["name", "meaning"], [*rows, *OTHERS]))
    return "".join(parts)


def catalogue(archive: Path) -> dict[str, list[tuple[str, str]]]:
    """Tables and views with their columns."""
    db = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)
    try:
        names = [
            row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        ]
        return {name: columns(db, name) for name in names if not internal(name)}
    finally:
        db.close()


OTHERS = (
    ("`articles_fts_*`", "the full-text index's own tables"),
    ("`_sqlite_migrations`", "which migrations have been applied"),
)


def internal(name: str) -> bool:
    return name.startswith(("sqlite_", "_sqlite", "articles_fts_")) and name != "articles_fts_text"


def shown(one: Meaning, kind: str) -> bool:
    return one.type == kind and not one.machinery and one.name != "articles_fts_text"


def columns(db: sqlite3.Connection, name: str) -> list[tuple[str, str]]:
    """Names and declared types; of a virtual table only what a reader sees."""
    return [(row[1], row[2]) for row in db.execute(f"PRAGMA table_xinfo([{name}])") if row[6] != 1]


def entry(one: Meaning, found: list[tuple[str, str]]) -> str:
    rows: list[tuple[object, ...]] = []
    for name, declared_type in found:
        told = one.columns[name]
        rows.append((f"`{name}`", declared_type.lower(), told.unit, told.meaning))
    return f"### `{one.name}`\n\n{one.meaning}\n\n{table(['column', 'type', 'unit', 'meaning'], rows)}\n"


def sample(folder: Path) -> Path:
    from support.sample_life import sample_life

    path = folder / "y.db"
    sample_life(path)
    return path


def drawn(text: str) -> str:
    """The page on architecture with the drawing of today."""
    from support.import_graph import drawing

    return re.sub(r"```mermaid\n.*?```\n", lambda _: drawing(), text, flags=re.DOTALL)


def main() -> None:
    import command_reference

    (DOCS / "commands.md").write_text(command_reference.markdown(), "utf-8")
    page = DOCS / "yiqihui.1"
    page.write_text(command_reference.manual_as_of(page), "utf-8")
    page = DOCS / "architecture.md"
    page.write_text(drawn(page.read_text("utf-8")), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        archive = sample(Path(folder))
        page = DOCS / "cookbook.md"
        page.write_text(answered(page.read_text("utf-8"), archive), "utf-8")
        (DOCS / "schema.md").write_text(schema(archive), "utf-8")


if __name__ == "__main__":
    main()
