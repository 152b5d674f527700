"""Parquet, as pyarrow, pandas, Polars and DuckDB read it."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.export_samples import EDITED, HOSTILE, fill

from yiqihui_spider.archive.queries.export_rows import Filter, chosen
from yiqihui_spider.exports import parquet
from yiqihui_spider.exports.parquet import write_parquet
from yiqihui_spider.exports.rows import TABLES
from yiqihui_spider.exports.target import ExportError

CHINA = timezone(timedelta(hours=8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    db = fill(tmp_path / "a.db").db
    with chosen(db, Filter()):
        for table in TABLES:
            with (tmp_path / f"{table.name}.parquet").open("wb") as file:
                write_parquet(db, table, file)
    db.close()
    return tmp_path


def test_types(folder: Path) -> None:
    schema = pq.read_schema(folder / "articles.parquet")
    at = pa.timestamp("us", tz="Asia/Shanghai")
    assert {name: schema.field(name).type for name in ("id", "categories", "published_at", "excerpt")} == {
        "id": pa.int64(),
        "categories": pa.list_(pa.field("element", pa.string())),
        "published_at": at,
        "excerpt": pa.bool_(),
    }
    assert (schema.field("id").nullable, schema.field("title").nullable) == (False, True)
    assert schema.field("views").metadata[b"description"] == b"views as last seen"
    assert pq.read_schema(folder / "view_counts.parquet").field("observed_at").type == at


def test_values_in_polars(folder: Path) -> None:
    rows = pl.read_parquet(folder / "articles.parquet")
    assert rows["id"].to_list() == [4, 3, 2, 1]
    first = rows.row(3, named=True)
    assert (first["categories"], first["body"], first["views"]) == (["社群", "购物资讯"], EDITED, 140)
    assert first["published_at"] == datetime(2019, 6, 4, 9, 17, 24, tzinfo=CHINA)
    assert (rows["title"][2], rows["modified_at"][2], rows["site_id"][2]) == (None, None, None)
    assert (rows["body"][0], rows["excerpt"][0]) == (HOSTILE, True)


def test_values_in_duckdb(folder: Path) -> None:
    sql = f"""
        SELECT a.id, max(v.views) - min(v.views) AS gained FROM '{folder}/articles.parquet' a
        JOIN '{folder}/view_counts.parquet' v ON v.article_id = a.id
        WHERE list_contains(a.categories, '购物资讯') GROUP BY a.id
    """
    assert duckdb.sql(sql).fetchall() == [(1, 40)]
    sql = f"SELECT version, epoch(seen_at) FROM '{folder}/versions.parquet' WHERE article_id = 1 ORDER BY 1"
    assert duckdb.sql(sql).fetchall() == [(1, 1793512800.0), (2, 1793599200.0)]


def test_one_group_of_rows_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(parquet.GROUP_ROWS, "articles", 3)
    db = fill(tmp_path / "a.db").db
    seen: list[int] = []
    with chosen(db, Filter()), (tmp_path / "x.parquet").open("wb") as file:
        assert write_parquet(db, TABLES[0], file, lambda: seen.append(1)) == 4
    db.close()
    found = pq.ParquetFile(tmp_path / "x.parquet")
    assert [found.metadata.row_group(i).num_rows for i in range(found.num_row_groups)] == [3, 1]
    assert len(seen) == 4


def test_a_table_without_rows(tmp_path: Path) -> None:
    db = fill(tmp_path / "a.db").db
    with chosen(db, Filter(category="没有的")), (tmp_path / "x.parquet").open("wb") as file:
        assert write_parquet(db, TABLES[0], file) == 0
    db.close()
    assert pl.read_parquet(tmp_path / "x.parquet").shape == (0, 18)


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ExportError, match=r"^parquet needs pyarrow: pip install 'yiqihui-spider\[parquet\]'$"
    ):
        parquet.library()
