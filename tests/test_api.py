"""The public functions, as docs/python.md shows them and as their docstrings do."""

from __future__ import annotations

import ast
import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.paths import ROOT

import yiqihui_spider
from yiqihui_spider import ArchiveError, SiteError, api, open_archive, read_page, run_crawl, search
from yiqihui_spider.errors import YiqihuiError

PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")
CELL = re.compile(r"```python\n(.*?)```\n(?:\n```\n(.*?)```\n)?", re.DOTALL)


def run_cell(code: str, names: dict[str, Any]) -> Any:
    """What a notebook shows under a cell: its last expression's value."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    return eval(ast.unparse(last), names) if isinstance(last, ast.Expr) else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before = Path.cwd()
    path = tmp_path_factory.mktemp("python")
    os.chdir(path)
    yield path
    os.chdir(before)


def test_the_cells_of_the_page_show_what_the_page_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    cells = CELL.findall(PAGE)
    assert len(cells) == 7
    for code, shown in cells:
        value = run_cell(code, names)
        printed = capsys.readouterr().out
        if shown and value is None:
            assert printed == shown
        elif shown:
            assert value == ast.literal_eval(shown)
    assert names["found"]


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(api).failed == 0


def test_what_is_public_is_listed_once() -> None:
    assert set(yiqihui_spider.__all__) - {"__version__"} == set(api.__all__)
    assert set(dir(yiqihui_spider)) >= set(api.__all__)
    for name in api.__all__:
        assert getattr(yiqihui_spider, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        yiqihui_spider.nothing  # noqa: B018


def test_the_package_itself_loads_nothing() -> None:
    code = "import sys, yiqihui_spider; sys.exit(any(m in sys.modules for m in ('sqlite_utils', 'parsel')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_loads_no_twisted() -> None:
    code = "import sys; from yiqihui_spider import read_page, search; sys.exit('twisted' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_html_as_text_and_as_bytes_of_another_charset() -> None:
    html = "<p>早上八点开团。</p><p>一起惠2019-04-13 09:30:07407 次</p>"
    url = "http://www.178hui.com/news/s/"
    expected = [("早上八点开团。", 407)]
    for body, kind in (
        (html, None),
        (html.encode("gb18030"), "text/html; charset=gbk"),
        (html.encode(), "text/html; charset=utf-8"),
    ):
        page = read_page(body, url, content_type=kind)
        assert [(a.body, a.views) for a in page.articles] == expected


@pytest.mark.parametrize("body", ["", b"", "\ud800", b"\xff\xfe\x00", "<", "次" * 1000])
def test_nothing_a_page_holds_is_an_error(body: str | bytes) -> None:
    assert read_page(body, "http://www.178hui.com/").articles == ()


def test_errors_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.db"):
        with pytest.raises(ArchiveError):
            search(path, "社群")
    (tmp_path / "text").write_text("no database")
    with pytest.raises(ArchiveError, match="is not an SQLite database"):
        open_archive(tmp_path / "text")
    with pytest.raises(SiteError):
        read_page("", "http://www.178hui.com/", site=tmp_path / "none.toml")
    with pytest.raises(YiqihuiError, match="is no http or https address"):
        run_crawl(tmp_path / "a.db", start_urls=["ftp://x"])
