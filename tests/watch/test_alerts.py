"""Which runs are worth a mail, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from yiqihui_spider.watch import memory
from yiqihui_spider.watch.alerts import in_one_line, is_alarming

NOW = "2026-03-02T12:00:00+00:00"
DAY = 86400.0


@pytest.mark.parametrize(
    ("code", "since", "alarming"),
    [
        (0, None, False),
        (0, "2026-01-01T00:00:00+00:00", False),
        (1, None, True),
        (1, NOW, True),
        (4, NOW, True),
        (2, NOW, True),
        (3, "2026-03-01T12:00:01+00:00", False),
        (3, "2026-03-01T12:00:00+00:00", True),
        (75, "2026-03-02T11:00:00+00:00", False),
        (75, "2026-03-01T20:00:00+08:00", True),
        (75, "2026-03-03T12:00:00+00:00", False),  # a clock that was put back
        (75, None, False),
        (3, "soon", False),
    ],
)
def test_what_is_worth_a_mail(code: int, since: str | None, alarming: bool) -> None:
    assert is_alarming(code, since, NOW, DAY) is alarming


def test_one_line() -> None:
    reasons = ["layout: http://a/: no pager", "b", "c"]
    assert in_one_line("yiqihui crawl of a.db", "layout not understood", 4, reasons, NOW, "/l.log") == (
        "yiqihui crawl of a.db: layout not understood, exit code 4: layout: http://a/: no pager "
        "(and 2 more); so since 2026-03-02T12:00:00+00:00; more in /l.log"
    )
    assert in_one_line("x", "failed", 1, [], None, None) == "x: failed, exit code 1"


def test_memory(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    home = {"XDG_STATE_HOME": str(tmp_path / "state")}
    (own,) = memory.places(archive, home)
    assert own.parent == tmp_path / "state" / "yiqihui"
    (tmp_path / "a.db.lock").touch()
    places = memory.places(archive, home)
    assert places == [tmp_path / "a.db.trouble", own]
    assert memory.load(places) == {}
    assert memory.save(places, {"crawl": {"since": NOW}})
    assert memory.load(places) == {"crawl": {"since": NOW}}
    assert [path.exists() for path in places] == [True, False]
    assert memory.save(places, {})
    assert not places[0].exists()


def test_memory_where_nothing_can_be_written_and_what_is_no_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not memory.save([tmp_path / "file" / "x.json"], {"crawl": {}})
    assert memory.save([tmp_path / "file" / "x.json", tmp_path / "y.json"], {"crawl": {}})
    for text in ("", "[1]", '{"crawl": 1}', "[" * 10**5):
        (tmp_path / "y.json").write_text(text)
        assert memory.load([tmp_path / "y.json"]) == {}
