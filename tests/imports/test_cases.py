"""The small inputs beside the repository, each with its right result (their README says it in words)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.hui import try_out, verify
from support.import_files import bring_in, everything, one, rows
from support.paths import SHARED

from yiqihui_spider.archive.schema.opening import open_archive

CASES = SHARED / "cases"
WARC_TIME = "2019-07-01T00:00:00+00:00"
FIRST = "甲文第一句在这里。第二句也在这里。"
SECOND = "乙文第一句在这里。第二句也在这里。"
THIRD = "丙文第一句在这里。第二句也在这里。"
BOTH = [
    (101, "甲题目", "一起惠", "2019-04-13T09:30:07+08:00", 407, FIRST, 1),
    (102, "乙题目", "一起惠", "2019-04-12T09:30:07+08:00", 12, SECOND, 1),
]
LAST = (103, "丙题目", "36氪", "2019-04-11T09:30:07+08:00", 15, THIRD, 1)
MTIME = None
"""The file names no time: it is filed under that of its last change."""

Row = tuple[object, ...]
RESULTS: dict[str, tuple[int, list[Row], str | None]] = {
    "00-control.warc": (0, BOTH, WARC_TIME),
    "01-block-digest-of-payload.warc": (0, BOTH, WARC_TIME),
    "02-arc1.arc": (0, BOTH, WARC_TIME),
    "03-capture.har": (0, BOTH, WARC_TIME),
    "04c-detail.html": (0, [
        (None, "甲题目", "一起惠", "2019-04-13T09:30:07+08:00", 410, FIRST.replace("。第", "。\n第"), 1),
    ], MTIME),
    "05-8bit.mhtml": (0, BOTH, MTIME),
    "06-text-before-doctype.html": (0, BOTH, MTIME),
    "08-declared-br-stored-plain.warc": (0, BOTH, WARC_TIME),
    "09-gzip-damaged-at-once.warc": (3, [], WARC_TIME),
    "10-type-missing-semicolon.warc": (0, BOTH, WARC_TIME),
    "12-dictionary.warc.zst": (0, BOTH, WARC_TIME),
    "13-wet.warc": (0, [
        (101, "甲题目", "一起惠", "2019-04-13T09:30:07+08:00", 407, FIRST.replace("。第", "。\n第"), 1),
        (None, "乙题目", "一起惠", "2019-04-12T09:30:07+08:00", 12, SECOND, 1),
    ], WARC_TIME),
    "14-wayback-list.html": (0, BOTH, "2019-06-20T00:00:00+00:00"),
    "15-start-page.html": (0, [], MTIME),
    "16-status-000.warc": (3, [], WARC_TIME),
    "17-date-offset.warc": (0, BOTH, WARC_TIME),
    "18-wacz-in-a-folder.wacz": (0, BOTH, WARC_TIME),
    "20-news-host.html": (0, BOTH, MTIME),
    "21-mobile-marker.html": (0, [
        (101, "甲题目", "一起惠", "2019-04-13T09:30:07+08:00", 407, FIRST.replace("。第", "。\n第"), 1),
    ], MTIME),
    "30-count-in-wan.html": (0, [
        BOTH[0], (*BOTH[1][:4], 12_000, *BOTH[1][5:]),
        (103, "丙题目", "36氪", "2019-04-11T09:30:07+08:00", 1526, THIRD, 1),
    ], MTIME),
    "31-no-count.html": (4, [BOTH[0], LAST], MTIME),
    "32-look-alike-completes.html": (4, [BOTH[0], LAST], MTIME),
    "33-line-break-in-title.html": (0, [
        (101, "甲 题目", *BOTH[0][2:]), BOTH[1], LAST,
    ], MTIME),
    "34-other-pager-word.html": (4, [*BOTH, LAST], MTIME),
}  # fmt: skip

ARTICLES = """
    SELECT site_id, title, source, published_at, views, body,
      (SELECT max(version) FROM article_versions v WHERE v.article_id = a.id)
    FROM articles a ORDER BY published_at DESC
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "archive.db"


def case(name: str) -> Path:
    if not (CASES / name).exists():
        pytest.skip("the small inputs are not part of the repository, and not beside it here")
    return CASES / name


@pytest.mark.parametrize("name", RESULTS)
def test_a_case_comes_out_right(archive: Path, name: str) -> None:
    path = case(name)
    exit_code, articles, captured_at = RESULTS[name]
    code, tally = bring_in(archive, path)
    told = (tally.unreadable.kept, tally.layout.kept, tally.damaged.kept)
    assert int(code) == exit_code, told
    assert rows(archive, ARTICLES) == articles
    assert bool(any(told)) == (exit_code != 0)
    at, source = one(archive, "SELECT captured_at, time_source FROM captures ORDER BY id LIMIT 1")
    assert (at if captured_at else None, source) == (captured_at, "warc" if captured_at else "mtime")
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert [problem for check in verify(db, archive) for problem in check.problems] == []
        assert try_out(db, archive.parent / "warc")[1] == []
    before = everything(archive)
    assert bring_in(archive, path)[1].pages == 0
    assert everything(archive) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("01-block-digest-of-payload.warc", "its WARC-Block-Digest is not that of the block"),
        ("08-declared-br-stored-plain.warc", "declared br, but is not"),
    ],
)
def test_a_warning_is_counted(archive: Path, name: str, said: str) -> None:
    tally = bring_in(archive, case(name))[1]
    assert (tally.warnings.count, tally.warnings.kept[0].endswith(said)) == (1, True)


def test_what_is_damaged_is_named_with_its_place(archive: Path) -> None:
    path = case("09-gzip-damaged-at-once.warc")
    tally = bring_in(archive, path)[1]
    assert tally.kept == 1
    assert tally.damaged.kept == [
        f"{path}: offset 0: http://www.178hui.com/news/list-3-1.html:"
        " gzip data is damaged after 0 decoded bytes: kept, not read"
    ]


def test_a_warc_without_a_page_says_what_is_in_it(archive: Path) -> None:
    path = case("11-only-request.warc")
    code, tally = bring_in(archive, path)
    assert int(code) == 0
    assert tally.notes.kept == [f"{path}: no article of the site in it; it holds 1 request"]
    assert one(archive, "SELECT count(*) FROM captures") == 0
    assert rows(archive, "SELECT command, outcome, exit_code FROM runs") == [("import", "nothing new", 0)]


def test_a_start_page_says_that_it_has_no_article(archive: Path) -> None:
    path = case("15-start-page.html")
    assert bring_in(archive, path)[1].notes.kept == [
        f"{path}: a page of the site with no article on it, and nothing wrong with that"
    ]


@pytest.mark.parametrize("name", ["31-no-count.html", "32-look-alike-completes.html"])
def test_what_a_marker_that_cannot_be_read_leaves_is_residue(archive: Path, name: str) -> None:
    bring_in(archive, case(name))
    text = "".join(text for (text,) in rows(archive, "SELECT text FROM residues ORDER BY span_start"))
    assert "乙文" in text
    assert "甲文" not in text
    assert "丙文" not in text


def test_a_pager_in_other_words_is_residue(archive: Path) -> None:
    bring_in(archive, case("34-other-pager-word.html"))
    assert rows(archive, "SELECT text FROM residues") == [("1-3/3 条1/1 页",)]
