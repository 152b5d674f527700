"""Charts as SVG in the page itself, drawn by hand: no library, no script, no measuring of fonts. Pure.

All places along a chart are per cent and all type is in pixels, so that a chart is as wide as its
place and its labels are as large on a phone as on a screen. Colours are classes of the style sheet
(``charts.css``), so that they follow the reader's choice of light or dark.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from yiqihui_spider.clock import SITE_ZONE, site_time

Row = Mapping[str, Any]

HEIGHT = 180
TOP, BOTTOM = 10, 24
"""Room above the highest value, and for the labels of the lower axis."""
DIGIT = 7.5
"""Pixels for a digit of an axis, in any font."""
MOST_TICKS = 4


def quantity_ticks(most: float, ticks: int = MOST_TICKS) -> list[int]:
    """Whole numbers from 0 to at least ``most``, evenly spaced by 1, 2 or 5 times a power of ten.

    >>> quantity_ticks(1), quantity_ticks(7), quantity_ticks(139)
    ([0, 1], [0, 2, 4, 6, 8], [0, 50, 100, 150])
    """
    least = max(most, 1) / ticks
    power = 10 ** max(0, math.floor(math.log10(least)))
    step = next((n * power for n in (1, 2, 5) if n * power >= least), 10 * power)
    return [number * step for number in range(math.ceil(max(most, 1) / step) + 1)]


def range_ticks(least: float, most: float) -> list[int]:
    """The same for a line's values, which need not begin at 0: what moves is seen to move.

    >>> range_ticks(655, 666), range_ticks(3, 90), range_ticks(7, 7)
    ([655, 660, 665, 670], [0, 50, 100], [6, 7, 8])
    """
    if least < most / 2:
        return quantity_ticks(most)
    steps = quantity_ticks(max(most - least, 1))
    step = steps[1] - steps[0]
    first, last = math.floor(least / step), math.ceil(most / step)
    if first == last:
        first, last = max(first - 1, 0), last + 1
    return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chart's quantities stand: the axis at the left, and the place of a value."""

    ticks: Sequence[int]

    def y(self, value: float) -> float:
        """Pixels from above."""
        room = HEIGHT - TOP - BOTTOM
        low, high = self.ticks[0], self.ticks[-1]
        return round(TOP + room * (1 - (value - low) / (high - low)), 1)

    def axis(self) -> Markup:
        labels = [f"{tick:,}" for tick in self.ticks]
        width = round(DIGIT * max(map(len, labels)) + 8)
        marks = Markup("").join(
            Markup('<text x="{}" y="{}" class="value">{}</text>').format(width - 6, self.y(tick) + 4, label)
            for tick, label in zip(self.ticks, labels, strict=True)
        )
        return Markup('<svg class="axis" width="{}" height="{}">{}</svg>').format(width, HEIGHT, marks)

    def grid(self) -> Markup:
        return Markup("").join(
            Markup('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(
                "base" if tick == self.ticks[0] else "grid", self.y(tick), self.y(tick)
            )
            for tick in self.ticks
        )


def chart(frame: Frame, marks: Markup, labels: Sequence[tuple[float, str]], title: str) -> Markup:
    """Axis and plot side by side; ``labels`` of the lower axis with their places in per cent."""
    names = Markup("").join(_label(place, text) for place, text in labels)
    plot = Markup('<svg class="plot" width="100%" height="{}">{}{}{}</svg>').format(
        HEIGHT, frame.grid(), marks, names
    )
    return Markup('<div class="chart" role="img" aria-label="{}">{}{}</div>').format(
        title, frame.axis(), plot
    )


def _label(place: float, text: str) -> Markup:
    side = "start" if place < 8 else "end" if place > 92 else "middle"
    return Markup('<text class="label {}" x="{}%" y="{}">{}</text>').format(
        side, round(place, 2), HEIGHT - 6, text
    )


# --- columns --------------------------------------------------------------------------------


def columns(bars: Sequence[tuple[str, int]], title: str, labels: Sequence[tuple[float, str]]) -> Markup:
    """Columns side by side, each with its name and number as a tooltip."""
    frame = Frame(quantity_ticks(max((value for _, value in bars), default=0)))
    step = 100 / max(len(bars), 1)
    width = min(step * 0.8, 8.0)
    marks = Markup("").join(
        Markup('<rect class="s0" x="{}%" y="{}" width="{}%" height="{}"><title>{}: {}</title></rect>').format(
            round(place * step + (step - width) / 2, 3),
            frame.y(value),
            round(width, 3),
            round(max(frame.y(0) - frame.y(value), 1), 1),
            name,
            f"{value:,}",
        )
        for place, (name, value) in enumerate(bars)
        if value
    )
    return chart(frame, marks, labels, title)


def months(rows: Sequence[Row], title: str, value: str = "articles") -> Markup:
    """A column for every month from the first to the last; rows with ``month`` (``2019-04``). Over
    more than fifty years, a column for every year."""
    found = {_month_number(row["month"]): row[value] for row in rows if _MONTH.fullmatch(row["month"] or "")}
    if not found:
        return Markup("")
    if max(found) - min(found) > MOST_MONTHS:
        return _years(found, title)
    span = range(min(found), max(found) + 1)
    bars = [(_month(number), found.get(number, 0)) for number in span]
    return columns(bars, title, _month_labels(span))


MOST_MONTHS = 600
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def _years(found: Mapping[int, int], title: str) -> Markup:
    """Columns for the years that have any, so that one far date does not hide the others."""
    counts: dict[str, int] = {}
    for number, value in sorted(found.items()):
        year = f"{number // 12:04}"
        counts[year] = counts.get(year, 0) + value
    width = 100 / len(counts)
    step = math.ceil(len(counts) / 5)
    labels = [((place + 0.5) * width, year) for place, year in enumerate(counts) if place % step == 0]
    return columns(list(counts.items()), title, labels)


def _month_number(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:7]) - 1


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _month_labels(span: range) -> list[tuple[float, str]]:
    """At most five: months, or years where they are many."""
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200) if len(span) / s <= 5), 12_000)
    numbers = [number for number in span if number % step == 0] or [span[0]]
    width = 100 / len(span)
    return [
        ((number - span[0] + 0.5) * width, _month(number)[:4] if step >= 12 else _month(number))
        for number in numbers
    ]


# --- lines ----------------------------------------------------------------------------------

SERIES = 6
"""Lines that can be told apart."""


def lines(series: Mapping[str, Sequence[tuple[str, float]]], title: str) -> Markup:
    """A line over time for each name: points of a time (ISO 8601) and a value."""
    series = {name: [one for one in points if _is_time(one[0])] for name, points in series.items()}
    moments = sorted(_seconds(at) for points in series.values() for at, _ in points)
    if not moments:
        return Markup("")
    first, last = moments[0], moments[-1]
    values = [value for points in series.values() for _, value in points]
    frame = Frame(range_ticks(min(values), max(values)))

    def x(at: str) -> float:
        return round(1 + 98 * (_seconds(at) - first) / (last - first), 2) if last > first else 50.0

    marks = Markup("").join(
        _line(
            [(x(at), frame.y(value), f"{site_time(at)}: {value:,}") for at, value in points],
            at_place,
        )
        for at_place, points in enumerate(series.values())
    )
    return chart(frame, marks, _time_labels(first, last), title)


def _line(points: Sequence[tuple[float, float, str]], series: int) -> Markup:
    look = f"s{series % SERIES}"
    strokes = Markup("").join(
        Markup('<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(look, *one[:2], *other[:2])
        for one, other in pairwise(points)
    )
    radius = 3.5 if len(points) < 40 else 1.5
    dots = Markup("").join(
        Markup('<circle class="{}" cx="{}%" cy="{}" r="{}"><title>{}</title></circle>').format(
            look, x, y, radius, told
        )
        for x, y, told in points
    )
    return strokes + dots


def _is_time(at: str) -> bool:
    """Other hands may have written what is none; it is left out."""
    try:
        return datetime.fromisoformat(at) is not None
    except ValueError:
        return False


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _time_labels(first: float, last: float) -> list[tuple[float, str]]:
    """The first moment and the last one, and one between them where they lie apart."""
    form = "%Y-%m-%d" if last - first >= 2 * 86_400 else "%m-%d %H:%M"
    shares = (0.0, 0.5, 1.0) if last > first else (0.5,)
    found: dict[str, float] = {}
    for share in shares:
        moment = datetime.fromtimestamp(first + share * (last - first), SITE_ZONE)
        found.setdefault(moment.strftime(form), 1 + 98 * share if last > first else 50.0)
    return [(place, text) for text, place in found.items()]


# --- ranks ----------------------------------------------------------------------------------


def ranked(rows: Sequence[tuple[str | None, float | None]], title: str) -> Markup:
    """Names with their numbers and a bar for each, in the order given."""
    most = max((value or 0 for _, value in rows), default=0)
    lines_of_table = Markup("").join(
        Markup(
            '<tr><th scope="row" lang="zh-CN">{}</th><td class="n">{}</td><td class="bar">{}</td></tr>'
        ).format(name or "–", "–" if value is None else f"{value:,}", bar(value, most))
        for name, value in rows
    )
    return Markup('<table class="bars"><caption>{}</caption><tbody>{}</tbody></table>').format(
        title, lines_of_table
    )


# --- in tables ------------------------------------------------------------------------------


def bar(value: float | None, most: float) -> Markup:
    """A bar for a table's cell: ``value`` beside the largest of its column."""
    share = 0 if not value or most <= 0 else 100 * value / most
    return Markup(
        '<svg class="bar" aria-hidden="true" width="100%" height="10">'
        '<rect class="s0" width="{}%" height="10"/></svg>'
    ).format(round(share, 1))


def key(names: Sequence[str]) -> Markup:
    """What the lines' looks mean."""
    item = Markup(
        '<li><svg width="28" height="12" aria-hidden="true"><line class="s{0}" x1="0" x2="28" y1="6" y2="6"/>'
        '<circle class="s{0}" cx="14" cy="6" r="3.5"/></svg> {1}</li>'
    )
    items = Markup("").join(item.format(place % SERIES, name) for place, name in enumerate(names))
    return Markup('<ul class="key">{}</ul>').format(items)
