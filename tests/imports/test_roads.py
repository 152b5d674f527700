"""One truth by every road: the rows are those of a live crawl, or the road is refused by name."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

import pytest
from support.crawling import Field, Nursery
from support.faults import Faults, serve_faulty
from support.hui import verify
from support.import_files import TABLES, bring_in
from support.roads import CHARSETS, HOST, ROADS, Leaf, Road, leaves_of, small_site

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.summary import Tally
from yiqihui_spider.sample.site import SampleSite

Row = dict[str, object]
Rows = dict[str, Row]
"""By title and time, for a message that can be read."""

ALL = os.environ.get("ROADS") == "all"
"""The whole product, which takes a while: ``make roads``."""

ARTICLES = """
    SELECT site_id, url, title, published_at, source, views, body,
      (SELECT max(version) FROM article_versions v WHERE v.article_id = a.id) AS versions,
      (SELECT group_concat(category) FROM (SELECT category FROM article_categories c
         WHERE c.article_id = a.id ORDER BY category)) AS categories
    FROM articles a ORDER BY published_at, body
"""
SIZES = {"64 KiB": 65_536, "128 KiB": 131_072, "1 MB": 1_000_000, "5 MB": 5_000_000}


def rows_of(archive: Path, home: str) -> list[Row]:
    with closing(sqlite3.connect(f"{archive.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        found = [dict(row) for row in db.execute(ARTICLES)]
    for row in found:
        url = row.pop("url")
        assert url is None or url.startswith(home + "/"), url
        row["path"] = url and url.removeprefix(home)
    return found


def everything(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(f"{archive.as_uri()}?mode=ro", uri=True)) as db:
        return {table: sorted(map(tuple, db.execute(f"SELECT * FROM {table}")), key=repr) for table in TABLES}


class Truths:
    """What live crawls make of sites, each crawled once."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self._nursery = nursery
        self._folder = folder
        self._known: dict[tuple[str, bool], list[Row]] = {}

    def of(self, name: str, site: SampleSite, listings_only: bool = False) -> list[Row]:
        key = name, listings_only
        if key not in self._known:
            archive = self._folder / f"{len(self._known)}" / "archive.db"
            with serve_faulty(site, Faults()) as server:
                options = ["--no-details"] if listings_only else []
                done = Field(archive, server, self._nursery).crawl(*options)
                assert (done.code, done.err) == (0, "")
                self._known[key] = rows_of(archive, server.url)
        return self._known[key]


@pytest.fixture(scope="module")
def truths(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Truths:
    return Truths(nursery, tmp_path_factory.mktemp("truths"))


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with nothing in it: making one takes longer than most imports."""
    path = tmp_path_factory.mktemp("blank") / "archive.db"
    open_archive(path).close()
    return path


@pytest.fixture
def archive(tmp_path: Path, blank: Path) -> Path:
    (tmp_path / "out").mkdir()
    return Path(shutil.copy(blank, tmp_path / "out" / "archive.db"))


def travel(road: Road, archive: Path, paths: list[Path]) -> tuple[Exit, list[Tally]]:
    """Import what the road has laid out."""
    if not road.piped:
        code, tally = bring_in(archive, *paths)
        return code, [tally]
    tallies, codes = [], []
    for path in paths:
        moment = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc).isoformat()
        with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes()))):
            code, tally = bring_in(archive, "-", captured_at=moment)
        codes.append(code)
        tallies.append(tally)
    return max(codes), tallies


def without(rows: list[Row], loses: frozenset[str]) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in loses} for row in rows]


def complaints(tallies: list[Tally]) -> list[str]:
    return [
        line
        for tally in tallies
        for lines in (tally.unreadable, tally.damaged, tally.layout)
        for line in lines.kept
    ]


def brought_in(road: Road, archive: Path, folder: Path, leaves: list[Leaf]) -> list[Row]:
    """The rows that come by a road, which tells and exits as it says, leaves an archive without fault,
    and brings nothing more when it is gone a second time."""
    used = [leaf for leaf in leaves if leaf.listing or not road.listings_only]
    paths = road.pack(used, folder)
    code, tallies = travel(road, archive, paths)
    told = complaints(tallies)
    why = road.refused or road.told
    assert (int(code), bool(told)) == (road.code, why is not None), told
    assert [line for line in told if why not in line] == []  # type: ignore[operator]
    warned = any(tally.warnings.count for tally in tallies)
    assert road.refused is not None or warned == road.warned, tallies[0].warnings.kept
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert [problem for check in verify(db, archive) for problem in check.problems] == []
    before = everything(archive)
    again, tallies = travel(road, archive, paths)
    assert (again == code or code in (3, 4), everything(archive) == before) == (True, True)
    assert sum(tally.pages for tally in tallies) == 0
    return without(rows_of(archive, HOST), road.loses)


def due(road: Road, truth: list[Row]) -> list[Row]:
    """Of the rows of a live crawl, those that a road brings: all, or none where it is refused."""
    return [] if road.refused is not None else without(truth, road.loses)


@pytest.mark.parametrize("name", ROADS)
def test_the_rows_are_those_of_a_live_crawl(name: str, truths: Truths, archive: Path, tmp_path: Path) -> None:
    road = ROADS[name]
    site = small_site()
    rows = brought_in(road, archive, tmp_path / "in", leaves_of(site))
    assert rows == due(road, truths.of("small", site, road.listings_only))


PLAIN = "WARC/1.1, gzip, a member a record"
SIZED = (PLAIN, "HTML through a pipe", "dumps", "WET", "MHTML, quoted-printable", "HAR", "chunked")


def sized() -> list[tuple[str, str]]:
    if ALL:
        return [(name, size) for name in ROADS for size in SIZES]
    return [
        *((name, "64 KiB") for name in SIZED),
        *((name, "1 MB") for name in (PLAIN, "HTML through a pipe")),
    ]


@pytest.mark.parametrize(("name", "size"), sized())
def test_pages_of_every_size(name: str, size: str, truths: Truths, archive: Path, tmp_path: Path) -> None:
    road = ROADS[name]
    site = small_site(SIZES[size])
    rows = brought_in(road, archive, tmp_path / "in", leaves_of(site))
    assert rows == due(road, truths.of(size, site, road.listings_only))


IN_CHARSETS = ("HTML, gzip, whole", "MHTML, base64", "coding gzip, chunked", "curl -i", "Wayback copy")


def in_charsets() -> list[tuple[str, str]]:
    return [
        (name, charset)
        for name in (ROADS if ALL else IN_CHARSETS)
        for charset in CHARSETS
        if charset.startswith(ROADS[name].charsets) and not (ROADS[name].lines and "16" in charset)
    ]


@pytest.mark.parametrize(("name", "charset"), in_charsets())
def test_pages_in_every_charset(
    name: str, charset: str, truths: Truths, archive: Path, tmp_path: Path
) -> None:
    road = ROADS[name]
    site = small_site()
    rows = brought_in(road, archive, tmp_path / "in", leaves_of(site, charset))
    assert rows == due(road, truths.of("small", site, road.listings_only))
