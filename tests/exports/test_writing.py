"""Exports as a whole: which files come to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlite_utils import Database
from support.export_samples import fill
from support.hui import HUI

from yiqihui_spider.archive.queries.export_rows import Filter, chosen
from yiqihui_spider.exports.target import ExportError
from yiqihui_spider.exports.writing import Export, export_feed, export_jsonl, export_tables


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    filling = fill(tmp_path / "a.db")
    with chosen(filling.db, Filter()):
        yield filling.db
    filling.db.close()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_jsonl(db: Database, out: Path) -> None:
    came_to = export_jsonl(Export(db, HUI, Filter()), out / "a.jsonl")
    size = (out / "a.jsonl").stat().st_size
    assert came_to == {"path": str(out / "a.jsonl"), "articles": 4, "bytes": size}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_folder_of_tables(db: Database, out: Path, form: str) -> None:
    for _ in range(2):
        came_to = export_tables(Export(db, HUI, Filter()), form, out / "tables")  # type: ignore[arg-type]
        assert names(out) == [
            "tables", f"tables/articles.{form}", "tables/datapackage.json", f"tables/versions.{form}",
            f"tables/view_counts.{form}",
        ]  # fmt: skip
    assert (came_to["articles"], came_to["view_counts"], came_to["versions"]) == (4, 5, 5)
    described = json.loads((out / "tables" / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        assert (out / "tables" / resource["path"]).stat().st_size == resource["bytes"]


def test_another_formats_folder_is_not_replaced(db: Database, out: Path) -> None:
    export_tables(Export(db, HUI, Filter()), "csv", out / "tables")
    with pytest.raises(ExportError, match=r"holds what is not of this export \(articles\.csv\)"):
        export_tables(Export(db, HUI, Filter()), "parquet", out / "tables")


def test_a_single_file_has_its_descriptor_beside_it(db: Database, out: Path) -> None:
    export_tables(Export(db, HUI, Filter(since="2019"), bom=True, guard=True), "csv", out / "x.CSV")
    assert names(out) == ["x.CSV", "x.CSV.datapackage.json"]
    described = json.loads((out / "x.CSV.datapackage.json").read_text("utf-8"))
    assert described["filters"] == {"since": "2019"}
    (resource,) = described["resources"]
    assert (resource["path"], resource["rows"]) == ("x.CSV", 4)
    assert "foreignKeys" not in resource["schema"]


def test_texts_too_long_for_excel_are_told(db: Database, out: Path) -> None:
    db.execute("UPDATE articles SET body = :b, body_chars = 40000 WHERE id = 1", {"b": "长" * 40_000})
    assert export_tables(Export(db, HUI, Filter(), bom=True), "csv", out / "x.csv")["longest_body"] == 40_000
    assert "longest_body" not in export_tables(Export(db, HUI, Filter()), "csv", out / "x.csv")
    assert len(pd.read_csv(out / "x.csv")["body"][3]) == 40_000


@pytest.mark.parametrize(
    ("target", "kind", "expected"),
    [
        ("web", None, ["web", "web/feed.atom", "web/feed.json"]),
        ("web", "atom", ["web"]),
        ("a.atom", None, ["a.atom"]),
        ("a.xml", None, ["a.xml"]),
        ("a.json", None, ["a.json"]),
        ("a.json", "atom", ["a.json"]),
    ],
)
def test_feeds(db: Database, out: Path, target: str, kind: None, expected: list[str]) -> None:
    came_to = export_feed(Export(db, HUI, Filter()), kind, out / target)
    assert names(out) == expected
    written = [path for path in out.rglob("*") if path.is_file()]
    assert came_to["bytes"] == sum(path.stat().st_size for path in written)
    atoms = [path.read_bytes().startswith(b"<?xml") for path in sorted(written)]
    assert atoms == {"web": [True, False], "a.json": [False]}.get(target, [True]) or kind == "atom"


def test_feeds_join_what_is_in_a_folder(db: Database, out: Path) -> None:
    (out / "index.html").write_text("mine")
    for kind, expected in (
        ("json", ["feed.json", "index.html"]),
        (None, ["feed.atom", "feed.json", "index.html"]),
    ):
        export_feed(Export(db, HUI, Filter()), kind, out)  # type: ignore[arg-type]
        assert names(out) == expected
    with pytest.raises(ExportError, match="there is a file of that name"):
        export_feed(Export(db, HUI, Filter()), None, out / "index.html")
