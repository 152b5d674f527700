"""The rows that ``bulk`` and ``import FOLDER`` bring are those of one import of the same files."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.bulk_runs import bulk, rows_of, table, take_in
from support.hui import HUI, verify
from support.import_files import bring_in
from support.roads import ROADS, leaves_of, small_site

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.maintenance.reparse import try_out

ALL = os.environ.get("ROADS") == "all"
"""Every road, one at a time: ``make roads``."""
TOGETHER = (
    "WARC/1.1, gzip, a member a record", "WARC with requests and metadata", "WARC, revisits, originals after",
    "WARC, revisits, originals before, by digest alone, headless", "ARC, gzip", "WET", "WACZ of several",
    "coding br, chunked", "coding gzip, untrue", "chunked, unsaid", "cut short by its record", "HAR, gzip",
    "MHTML, quoted-printable", "HTML, gzip, whole", "browser folder", "curl -i", "mirror, wget -E",
    "Wayback copy", "dumps, gbk", "dumps in a folder", "WARC, digests that are wrong",
)  # fmt: skip
"""One of each kind, in one run; what is in several of them is one article all the same."""


Rows = dict[str, list[dict[str, Any]]]
"""By table."""


def imported_and_taken_in(inputs: list[Path], folder: Path) -> tuple[Rows, Rows]:
    """The rows of a plain import, and those that bulk's tables bring into an archive: told alike, and
    without fault."""
    code, tally = bring_in(folder / "one" / "a.db", *inputs)
    done = bulk(folder / "tables", *inputs)
    taken = take_in(folder / "two" / "a.db", folder / "tables")
    assert (done.decide()[0], taken.decide()[0]) == (code, code)
    assert taken.as_dict() == tally.as_dict()
    if not (folder / "one" / "a.db").exists():  # nothing of the site's was in it
        assert not (folder / "two" / "a.db").exists()
        return {}, {}
    archive = folder / "two" / "a.db"
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert [problem for check in verify(db, archive) for problem in check.problems] == []
        assert try_out(db, archive.parent / "warc", HUI)[1] == []
    return rows_of(folder / "one" / "a.db"), rows_of(archive)


def test_every_kind_in_one_run(tmp_path: Path) -> None:
    leaves = leaves_of(small_site())
    packed = [ROADS[name].pack(leaves, tmp_path / "in" / f"{n:02}") for n, name in enumerate(TOGETHER)]
    one, two = imported_and_taken_in([path for paths in packed for path in paths], tmp_path)
    assert two == one
    places = table(tmp_path / "tables", "articles", "file", "offset", "capture", "position")
    assert len(places) == len(set(places)) == 285


@pytest.mark.parametrize("name", [name for name, road in ROADS.items() if ALL and not road.piped])
def test_every_road(name: str, tmp_path: Path) -> None:
    one, two = imported_and_taken_in(ROADS[name].pack(leaves_of(small_site()), tmp_path / "in"), tmp_path)
    assert two == one
