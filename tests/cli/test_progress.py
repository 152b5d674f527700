from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from yiqihui_spider.cli.progress import crawl_progress
from yiqihui_spider.items import FetchTask


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(show: Any, pages: int, task: FetchTask, remaining: int = 3) -> None:
    show(SimpleNamespace(task=task), SimpleNamespace(pages=pages, failures=[]), remaining)


SECTION = FetchTask("http://a/", "section", label="section page")
DETAIL = FetchTask("http://a/1", "article", "社群", label="detail")


def test_quiet_shows_nothing() -> None:
    with crawl_progress(quiet=True) as show:
        assert show is None


def test_off_a_terminal_events_now_and_then(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with crawl_progress(quiet=False) as show:
        for pages in range(1, 53):
            tell(show, pages, SECTION if pages == 1 else DETAIL)
    assert [record.getMessage() for record in caplog.records] == [
        "progress: pages 1, to_go 3, at http://a/",
        "progress: pages 26, to_go 3, at http://a/1",
        "progress: pages 51, to_go 3, at http://a/1",
    ]
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal_that_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    with crawl_progress(quiet=False) as show:
        tell(show, 2, DETAIL)
    shown = screen.getvalue()
    assert "社群 detail" in shown
    assert "2/5" in shown
    assert shown.rstrip("\n").endswith("\x1b[2K"), "the line is wiped at the end"
