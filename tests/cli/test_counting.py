from __future__ import annotations

import pytest

from yiqihui_spider.cli.counting import PlainProgress, byte_progress, count_progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_event_every_ten_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    clock = Clock()
    seen = PlainProgress("importing", 40_000_000, 1e6, "MB", clock)
    for clock.now in (1.0, 9.9, 10.0, 15.0, 20.0):
        seen(4_000_000)
    assert [record.getMessage() for record in caplog.records] == [
        "progress: so_far importing: 12.0 MB, 1.2 MB/s, 30 %, about 23 s to go",
        "progress: so_far importing: 20.0 MB, 1.0 MB/s, 50 %, about 20 s to go",
    ]


def test_what_took_its_time_before_does_not_count() -> None:
    clock = Clock()
    seen = PlainProgress("verifying", 100, 1, "captures", clock)
    clock.now = 1000.0
    seen(1)
    assert seen.line(1001.0) == "verifying: 1 captures, 1.0 captures/s, 1 %, about 99 s to go"


def test_without_a_total_there_is_no_end_in_sight() -> None:
    seen = PlainProgress("verifying", None, 1, "captures", Clock())
    seen(7)
    assert seen.line(2.0) == "verifying: 7 captures, 3.5 captures/s"


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with byte_progress("x", 1, quiet=True) as seen, count_progress("x", 1, "y", quiet=True) as counted:
        seen(10**9)
        counted()
    assert capsys.readouterr() == ("", "")
