"""Every stretch of a page named, on the terminal, as HTML, as JSON; and pages as test cases."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from support.envelopes import warc
from support.hui import HUI, read_page
from support.paths import FIXTURES

from yiqihui_spider.cli import main
from yiqihui_spider.maintenance.explain import KINDS, Explained, as_html, counts, label, named_segments
from yiqihui_spider.maintenance.fixture import EXPECTED, INPUTS, expected

READING = FIXTURES / "reading"
UNREAD = READING / "listing-with-an-unread-count"
CASES = sorted(path.parent for path in READING.glob("*/expected.json"))
URL = "http://www.178hui.com/news/list-3-1.html"


def read_case(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a case expects, and what is read today."""
    wanted = json.loads((folder / EXPECTED).read_text("utf-8"))
    (path,) = (folder / name for name in INPUTS if (folder / name).exists())
    return wanted, expected(path.read_bytes(), wanted["content_type"], wanted["url"], HUI)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path) -> None:
    wanted, got = read_case(case)
    assert got == wanted


def test_there_are_cases() -> None:
    assert {"dump", "listing-with-an-unread-count"} <= {path.name for path in CASES}


def explained(path: Path = UNREAD / "input.html") -> Explained:
    text, page, reading = read_page(path.read_bytes(), "text/html", URL)
    return Explained("saved.html", URL, named_segments(text, page, reading), reading.problems)


def test_each_stretch_says_what_it_is_and_why() -> None:
    labels = [label(one) for one in explained().segments if one.kind != "blank"]
    assert labels == [
        "furniture: what stands around the content: menus, side bars, footer",
        "breadcrumb: 首页 > 一起惠资讯 > 社群 > 文章列表",
        "heading: the page's heading",
        "body 1: the text of an article, 雨天的自提点",
        "marker 1: 一起惠, 2019-04-13 09:30:07, 12,000 views (printed 1.2万)",
        "body 2: the text of an article, 一张写坏的价签",
        "marker 2: no source, 2019-04-12 08:05:59, 97 views",
        "residue: text before a marker that can't be read: 2019-04-11 10:00:00暂无 次",
        "residue: marker that can't be read: 2019-04-11 10:00:00暂无 次",
        "pager: records 1 to 3 of 5, page 1 of 2",
    ]


@given(st.text(alphabet="一起惠2019-04:1 3次记录/页\n\u202e<&>", max_size=80))
@settings(max_examples=150, deadline=None)
def test_the_stretches_are_the_text(text: str) -> None:
    page_text, page, reading = read_page(text.encode(), "text/plain; charset=utf-8", "file:///x")
    segments = named_segments(page_text, page, reading)
    assert "".join(one.text for one in segments) == page_text.text
    assert [one.start for one in segments] == [0, *(one.end for one in segments)][: len(segments)]
    assert all(one.kind in KINDS and one.reason for one in segments)


def test_html_runs_nothing_of_the_page() -> None:
    text = '当前位置:首页>一起惠资讯>社群>文章列表\n社群\n<script>alert(1)</script>\u202e" onload=x\n'
    page_text, page, reading = read_page(text.encode(), "text/plain", "file:///<x>")
    document = as_html([Explained("<b>", "file:///<x>", named_segments(page_text, page, reading))])
    assert set(re.findall(r"<(\w+)", document)) == {
        "html", "head", "meta", "title", "style", "body", "ul", "li", "span", "h1", "p", "pre",
    }  # fmt: skip
    assert "\u202e" not in document
    assert "\\u202e" in document


def test_a_file_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "two.warc"
    body = (UNREAD / "input.html").read_bytes()
    path.write_bytes(warc(body, URL) + warc(body, "http://other.example/"))
    done = run("explain", path)
    assert done.exit_code == 0, done.output
    assert done.output.count("body 1: the text of an article, 雨天的自提点") == 2
    assert "http://other.example/" in done.output


def test_a_page_in_which_nothing_is_known_is_explained_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "strange.html"
    path.write_text("<!DOCTYPE html><p>何もない</p>", "utf-8")
    done = run("explain", path)
    assert done.exit_code == 0
    assert re.search(r"^residue: .*\n何もない$", done.output, re.MULTILINE)


def test_what_is_no_page_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    for what in (path, tmp_path / "absent.html"):
        done = run("explain", what)
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert str(what) in done.stderr


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "y.db"
    done = run("import", UNREAD / "input.html", "--archive", path)
    assert done.exit_code == 4
    return path


def test_a_capture_by_its_number(archive: Path, tmp_path: Path) -> None:
    shown = run("explain", "1", "--archive", archive)
    assert "residue: marker that can't be read" in shown.output
    (page,) = json.loads(run("explain", "1", "--json", "--archive", archive).output)
    assert (page["page"], page["characters"]["residue"]) == ("capture 1", 47)
    assert "".join(one["text"] for one in page["segments"]).startswith("首页一起惠资讯")
    target = tmp_path / "x.html"
    assert run("explain", "1", "-o", target, "--archive", archive).exit_code == 0
    assert target.read_text("utf-8") == run("explain", "1", "-o", "-", "--archive", archive).stdout
    assert '<span class="residue"' in target.read_text("utf-8")
    absent = run("explain", "2", "--archive", archive)
    assert (absent.exit_code, absent.stderr) == (1, "Error: no capture 2 in the archive\n")


def test_counts_add_up() -> None:
    segments = explained().segments
    numbers = re.findall(r"\d+", counts(segments))
    assert sum(map(int, numbers)) == sum(len(one.text) for one in segments)


def test_a_capture_as_a_test_case(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cases" / "new"
    assert run("fixture", "1", folder, "--archive", archive).exit_code == 0
    assert (folder / "input.html").read_bytes() == (UNREAD / "input.html").read_bytes()
    wanted, got = read_case(folder)
    assert got == wanted
    known = json.loads((UNREAD / "expected.json").read_text("utf-8"))
    assert wanted["residues"] == known["residues"]
    again = run("fixture", "1", folder, "--archive", archive)
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    assert read_case(folder) == (wanted, got)
