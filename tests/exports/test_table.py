"""CSV, as spreadsheets and analysts' tools read it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from support.export_samples import EDITED, HOSTILE, fill
from support.hui import HUI

from yiqihui_spider.archive.queries.export_rows import Filter, chosen
from yiqihui_spider.exports.rows import ARTICLES, VERSIONS, VIEW_COUNTS, Field, Table
from yiqihui_spider.exports.table import cell, write_csv


def written(tmp_path: Path, table: Table, *, bom: bool = False, guard: bool = False) -> Path:
    db = fill(tmp_path / "a.db").db
    path = tmp_path / "out.csv"
    with chosen(db, Filter()), path.open("wb") as file:
        write_csv(db, table, file, HUI.zone, bom=bom, guard=guard)
        assert not file.closed
    db.close()
    return path


def test_articles_as_the_csv_module_reads_them(tmp_path: Path) -> None:
    raw = written(tmp_path, ARTICLES).read_bytes()
    assert raw.startswith(b"id,site_id,url,title,source,categories,published_at,")
    assert raw.count(b"\r\n") == 5
    rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    assert [row["id"] for row in rows] == ["4", "3", "2", "1"]
    assert (rows[0]["body"], rows[0]["title"], rows[0]["excerpt"]) == (HOSTILE, "@标题", "true")
    assert (rows[2]["title"], rows[2]["source"], rows[2]["site_id"]) == ("", "", "")
    first = rows[3]
    assert (first["categories"], first["views"], first["excerpt"]) == ("社群|购物资讯", "140", "false")
    assert first["published_at"] == "2019-06-04T09:17:24+08:00"
    assert first["modified_at"] == "2026-11-02T14:00:00+08:00"


def test_the_mark_and_the_guard_for_spreadsheets(tmp_path: Path) -> None:
    path = written(tmp_path, ARTICLES, bom=True, guard=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,")
    rows = pd.read_csv(path)
    assert list(rows.columns)[:2] == ["id", "site_id"]
    assert list(rows["id"]) == [4, 3, 2, 1]
    assert rows["title"][0] == "'@标题"
    assert rows["body"][0] == f"'{HOSTILE}"
    assert rows["body"][3] == EDITED
    assert pd.to_datetime(rows["published_at"])[3] == pd.Timestamp("2019-06-04 09:17:24+08:00")


def test_the_mark_alone_changes_no_text(tmp_path: Path) -> None:
    rows = pd.read_csv(written(tmp_path, ARTICLES, bom=True))
    assert (rows["title"][0], rows["body"][0]) == ("@标题", HOSTILE)


def test_series_and_versions(tmp_path: Path) -> None:
    series = written(tmp_path, VIEW_COUNTS).read_text("utf-8").splitlines()
    assert series[0] == "article_id,observed_at,views,capture_id,kind,printed"
    assert series[-2:] == [
        "1,2026-11-01T14:00:00+08:00,100,1,listing,",
        "1,2026-11-02T14:00:00+08:00,140,2,listing,",
    ]
    versions = written(tmp_path, VERSIONS)
    sql = f"SELECT version, body FROM read_csv('{versions}') WHERE article_id = 1 ORDER BY version"
    assert [(number, text == EDITED) for number, text in duckdb.sql(sql).fetchall()] == [
        (1, False),
        (2, True),
    ]


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+86", "'+86"),
        ("-5%", "'-5%"),
        ("@某人", "'@某人"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" =1", " =1"),
        ("一=1", "一=1"),
        ("", ""),
        ("甲\0乙", "甲乙"),
        ("\0=1", "'=1"),
        (None, None),
    ],
)
def test_what_is_guarded(text: str | None, guarded: str | None) -> None:
    assert cell(Field("x", "string", ""), guard=True, zone=HUI.zone)(text) == guarded
