"""The descriptor beside table exports, held to the files and to a reader of Data Packages."""

from __future__ import annotations

import hashlib
from pathlib import Path

from support.export_samples import fill
from support.hui import HUI

from yiqihui_spider.archive.queries.export_rows import Filter, chosen
from yiqihui_spider.exports.datapackage import TableFile, descriptor
from yiqihui_spider.exports.rows import TABLES
from yiqihui_spider.exports.table import write_csv


def files(tmp_path: Path) -> list[TableFile]:
    db = fill(tmp_path / "a.db").db
    found = []
    with chosen(db, Filter()):
        for table in TABLES:
            path = tmp_path / f"{table.name}.csv"
            with path.open("wb") as file:
                found.append(TableFile(table, path, write_csv(db, table, file, HUI.zone)))
    db.close()
    return found


def test_what_it_says_of_csv(tmp_path: Path) -> None:
    written = files(tmp_path)
    found = descriptor(written, "csv", HUI, created="2026-11-22T14:00:00+08:00", filters={"since": "2019"})
    assert found["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert (found["created"], found["filters"]) == ("2026-11-22T14:00:00+08:00", {"since": "2019"})
    assert "apostrophe" not in found["description"]
    assert [(one["name"], one["path"], one["rows"]) for one in found["resources"]] == [
        ("articles", "articles.csv", 4),
        ("view_counts", "view_counts.csv", 5),
        ("versions", "versions.csv", 5),
    ]
    for file, one in zip(written, found["resources"], strict=True):
        content = file.path.read_bytes()
        assert (one["bytes"], one["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        assert (one["type"], one["mediatype"], one["encoding"]) == ("table", "text/csv", "utf-8")
        assert content.decode().split("\r\n")[0].split(",") == [f["name"] for f in one["schema"]["fields"]]
    articles, view_counts, versions = (one["schema"] for one in found["resources"])
    fields = {one["name"]: one for one in articles["fields"]}
    assert fields["categories"] == {
        "name": "categories",
        "type": "list",
        "description": "the categories it was listed in",
        "itemType": "string",
        "delimiter": "|",
    }
    assert (fields["published_at"]["type"], fields["excerpt"]["type"]) == ("datetime", "boolean")
    assert fields["published_at"]["constraints"] == {"required": True}
    assert "constraints" not in fields["modified_at"]
    assert articles["primaryKey"] == ["id"]
    assert "foreignKeys" not in articles
    for schema in (view_counts, versions):
        assert schema["foreignKeys"] == [
            {"fields": ["article_id"], "reference": {"resource": "articles", "fields": ["id"]}}
        ]


def test_parquet_has_types_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "articles.parquet"
    path.write_bytes(b"PAR1")
    (resource,) = descriptor(
        [TableFile(TABLES[0], path, 0)], "parquet", HUI, created="x", filters={}, guard=True
    )["resources"]
    assert "dialect" not in resource
    types = {one["name"]: one["type"] for one in resource["schema"]["fields"]}
    assert (types["categories"], types["id"]) == ("array", "integer")


def test_the_guard_is_told(tmp_path: Path) -> None:
    found = descriptor([], "csv", HUI, created="x", filters={}, guard=True)
    assert "apostrophe" in found["description"]
