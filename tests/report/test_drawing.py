"""Charts: what stands where, whatever the rows hold."""

from __future__ import annotations

import doctest
import re

from yiqihui_spider.report import drawing


def test_examples() -> None:
    assert doctest.testmod(drawing).failed == 0


def names(svg: str) -> list[str]:
    return re.findall("<title>([^<]+)</title>", svg)


def test_months_without_articles_keep_their_place() -> None:
    svg = drawing.months(
        [{"month": month, "articles": 1} for month in ("2015-01", "2019-06", "2024-12")], "M"
    )
    places = [float(place) for place in re.findall(r'<rect class="s0" x="([\d.]+)%"', svg)]
    assert [round(place) for place in places] == [0, 44, 99]
    assert re.findall(r">(\d{4})<", svg) == ["2016", "2018", "2020", "2022", "2024"]


def test_one_far_date_does_not_hide_the_others() -> None:
    rows = [{"month": month, "articles": 2} for month in ("2019-04", "2019-05", "2999-01")]
    assert names(drawing.months(rows, "M")) == ["2019: 4", "2999: 2"]


def test_what_is_no_time_is_left_out() -> None:
    assert drawing.months([{"month": "", "articles": 2}, {"month": None, "articles": 1}], "M") == ""
    lines = drawing.lines({"a": [("soon", 3), ("2026-11-01T06:00:00+00:00", 7)]}, "L")
    assert names(lines) == ["2026-11-01 14:00: 7"]
    assert drawing.lines({"a": [("soon", 3)]}, "L") == ""


def test_axes_have_whole_numbers_only() -> None:
    for most in (0, 1, 2, 3, 7, 19, 139, 5000, 10**9):
        ticks = drawing.quantity_ticks(most)
        assert all(isinstance(tick, int) for tick in ticks)
        assert ticks[0] == 0
        assert ticks[-1] >= most
        assert 2 <= len(ticks) <= 6
        assert len(set(ticks)) == len(ticks)


def test_names_are_text() -> None:
    evil = "<script>alert(1)</script>"
    assert "<script" not in drawing.ranked([(evil, 3)], evil) + drawing.key([evil])
    assert "<script" not in drawing.lines({evil: [("2026-11-01T06:00:00+00:00", 7)]}, evil)
