"""Charts as SVG, from rows: for the report, and for Datasette's pages. Pure.

Text stays text, so that it can be selected and is drawn in the reader's own Chinese font.  The
space for names is fixed, because the machine that draws may have no such font to measure with.
Needs the extra ``report``.
"""

from __future__ import annotations

import io
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

Rows = Sequence[Mapping[str, Any]]

WIDTH = 640
FONT = (
    "system-ui, -apple-system, 'Segoe UI', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', "
    "'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif"
)
INK, FAINT, GRID = "#222222", "#666666", "#e4e4e4"
BLUE, RUST = "#2f5d8a", "#b5502a"
CURVES = ("#2f5d8a", "#b5502a", "#3d7a4f", "#7a4d8c", "#8a6d1f", "#4a4a4a")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

ET.register_namespace("", "http://www.w3.org/2000/svg")

PADDING = {"left": 2, "top": 4, "right": 26, "bottom": 4}
"""More at the right, for the last label of an axis."""

NAME_WIDTH = 15
"""How much of a name is drawn, in full-width characters."""


# --- what can be drawn -----------------------------------------------------------------------


def months(rows: Rows, title: str, value: str = "articles") -> str:
    """Bars over time; rows with ``month`` (``2019-04``) and the value."""
    base = alt.Chart(_data(rows, "month", value), width=WIDTH, height=170)
    found = [row["month"] for row in rows]
    x = alt.X("utcyearmonth(month):T", title=None, axis=_month_axis(found), scale=_months_scale(found))
    bars = base.mark_bar(color=BLUE).encode(x=x, y=_quantity(value, value))
    return draw(bars, title)


def ranked(rows: Rows, title: str, name: str, value: str, axis: str) -> str:
    """Horizontal bars with their numbers, in the order given."""
    names = [f"{place}. {shorten(str(row[name] or '(none named)'))}" for place, row in enumerate(rows, 1)]
    values = [{"name": label, "value": row[value]} for label, row in zip(names, rows, strict=True)]
    most = max((row["value"] for row in values), default=0) or 1
    room = _room(names)
    base = alt.Chart(alt.InlineData(values=values), width=WIDTH - room, height=alt.Step(24))
    y = alt.Y("name:N", sort=None, title=None, axis=_name_axis(room))
    x = alt.X("value:Q", title=axis, scale=alt.Scale(domain=[0, most * 1.15]), axis=_counts_axis(most))
    bars = base.mark_bar(color=BLUE, height=14).encode(x=x, y=y)
    numbers = base.mark_text(align="left", dx=5, color=INK).encode(
        x=x, y=y, text=alt.Text("value:Q", format=",.4~r")
    )
    return draw(bars + numbers, title)


def distribution(rows: Rows, title: str) -> str:
    """Bars over classes of views; rows with ``views`` (``100–199``) and ``articles``."""
    base = alt.Chart(_data(rows, "views", "articles"), width=WIDTH, height=170)
    x = alt.X(
        "views:N", sort=None, title="views as last seen", axis=alt.Axis(labelAngle=-40, labelOverlap=False)
    )
    return draw(base.mark_bar(color=BLUE).encode(x=x, y=_quantity("articles", "articles")), title)


def curves(rows: Rows, title: str, value: str = "gained", label: str = "views gained") -> str:
    """Lines over time, told apart by shape, dashes and a number at their end, too.

    Rows with ``rank`` (from 1), ``at`` (a time) and the value, of at most six ranks.
    """
    ranks = sorted({row["rank"] for row in rows})
    base = alt.Chart(_data(rows, "rank", "at", value), width=WIDTH - 30, height=210)
    x = _time("utcyearmonthdatehoursminutes", rows)
    y = _quantity(value, label)
    color = alt.Color("rank:N", legend=None, scale=alt.Scale(domain=ranks, range=list(CURVES)))
    dash = alt.StrokeDash("rank:N", legend=None, scale=alt.Scale(domain=ranks, range=list(DASHES)))
    shape = alt.Shape("rank:N", legend=None, scale=alt.Scale(domain=ranks, range=list(SHAPES)))
    lines = base.mark_line(strokeWidth=1.6).encode(x=x, y=y, color=color, strokeDash=dash)
    points = base.mark_point(filled=True, size=28).encode(x=x, y=y, color=color, shape=shape)
    ends = alt.Chart(alt.InlineData(values=_ends(rows, value)))
    numbers = ends.mark_text(align="left", dx=7, color=INK, fontWeight="bold").encode(
        x=x, y=y, text="ranks:N"
    )
    return draw(lines + points + numbers if len(ranks) > 1 else lines + points, title)


def _ends(rows: Rows, value: str) -> list[dict[str, Any]]:
    """Where lines end, with their ranks; those that end close together share a place."""
    last = {row["rank"]: row for row in sorted(rows, key=lambda row: str(row["at"]))}
    apart = 0.06 * max((row[value] for row in rows), default=0)
    ends: list[dict[str, Any]] = []
    for row in sorted(last.values(), key=lambda row: (row[value], row["rank"])):
        if ends and row[value] - ends[-1][value] < apart:
            ends[-1]["ranks"].append(row["rank"])
            ends[-1]["at"] = max(ends[-1]["at"], row["at"])
        else:
            ends.append({"at": row["at"], value: row[value], "ranks": [row["rank"]]})
    return [end | {"ranks": ", ".join(map(str, sorted(end["ranks"])))} for end in ends]


def walks(rows: Rows, title: str) -> str:
    """Per category and day or month: all walks certified, some, or none.

    Rows with ``at``, ``category``, ``walks`` and ``certified``.
    """
    verdicts = ["all certified", "some certified", "none certified"]
    values = [
        {
            "at": row["at"],
            "category": shorten(row["category"]),
            "verdict": verdict(row),
            "walks": row["walks"],
        }
        for row in rows
    ]
    room = _room([row["category"] for row in values])
    base = alt.Chart(alt.InlineData(values=values), width=WIDTH - room, height=alt.Step(30))
    points = base.mark_point(size=70, strokeWidth=1.6, opacity=1).encode(
        x=_time(_unit(rows), rows),
        y=alt.Y("category:N", title=None, axis=_name_axis(room)),
        shape=alt.Shape("verdict:N", title=None, scale=alt.Scale(domain=verdicts, range=SHAPES_OF_VERDICTS)),
        color=alt.Color("verdict:N", title=None, scale=alt.Scale(domain=verdicts, range=[BLUE, FAINT, RUST])),
        fill=alt.Fill(
            "verdict:N", title=None, scale=alt.Scale(domain=verdicts, range=[BLUE, "white", "white"])
        ),
    )
    return draw(points, title)


SHAPES_OF_VERDICTS = ["circle", "diamond", "triangle-down"]


def verdict(row: Mapping[str, Any]) -> str:
    if row["certified"] == row["walks"]:
        return "all certified"
    return "some certified" if row["certified"] else "none certified"


def response_times(rows: Rows, title: str) -> str:
    """Two lines: rows with ``at``, ``median_ms`` and ``p95_ms``."""
    names = {"median_ms": "half answered within", "p95_ms": "95 % answered within"}
    values = [{"at": r["at"], "ms": r[key], "which": name} for r in rows for key, name in names.items()]
    base = alt.Chart(alt.InlineData(values=values), width=WIDTH - 30, height=170)
    scale = alt.Scale(domain=list(names.values()), range=[BLUE, RUST])
    lines = base.mark_line(point={"size": 30, "filled": True}, strokeWidth=1.6).encode(
        x=_time(_unit(rows), rows),
        y=_quantity("ms", "milliseconds"),
        color=alt.Color("which:N", title=None, scale=scale),
        strokeDash=alt.StrokeDash(
            "which:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [5, 3]])
        ),
    )
    return draw(lines, title)


# --- how it is drawn -------------------------------------------------------------------------


def draw(chart: Any, title: str) -> str:
    """The chart as an SVG element that fits its place."""
    looks = (
        chart.configure(font=FONT, background="transparent", padding=PADDING)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK, titleColor=FAINT, titleFontWeight="normal", labelFontSize=12, titleFontSize=12,
            gridColor=GRID, domainColor="#999999", tickColor="#999999",
        )
        .configure_axisX(grid=False)
        .configure_text(fontSize=12)
        .configure_legend(
            orient="top", direction="horizontal", labelFontSize=12, labelColor=INK, labelLimit=0, offset=4,
            columnPadding=36,
        )
    )  # fmt: skip
    file = io.StringIO()
    looks.save(file, format="svg")
    return tidy(file.getvalue(), title)


def tidy(svg: str, title: str) -> str:
    """An SVG that may stand beside others in one page: with ids of its own, and a name."""
    root = ET.fromstring(svg)
    prefix = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    for element in root.iter():
        _own_ids(element, prefix)
    root.set("role", "img")
    root.set("aria-label", title)
    return ET.tostring(root, encoding="unicode")


def _own_ids(element: ET.Element, prefix: str) -> None:
    for name, value in list(element.attrib.items()):
        if name == "id":
            element.set(name, f"{prefix}-{value}")
        elif value.startswith("url(#"):
            element.set(name, f"url(#{prefix}-{value[5:]}")
        elif name.startswith("aria-") or name == "role":
            # The table beside the chart says it better than thousands of labels.
            del element.attrib[name]


def shorten(name: str, width: int = NAME_WIDTH) -> str:
    """A name cut to a width in full-width characters; control characters become visible."""
    taken, shown = 0.0, ""
    for char in "".join(char if char.isprintable() else "\ufffd" for char in " ".join(name.split())):
        taken += _wide(char)
        if taken > width:
            return shown + "…"
        shown += char
    return shown


def _wide(char: str) -> float:
    return 1 if unicodedata.east_asian_width(char) in "WFA" else 0.6


def _room(names: Sequence[str]) -> int:
    """Pixels for the longest of the names, the same whatever fonts are here."""
    return 14 + round(12 * max((sum(map(_wide, name)) for name in names), default=0))


def _data(rows: Rows, *columns: str) -> alt.InlineData:
    return alt.InlineData(values=[{column: row[column] for column in columns} for row in rows])


def _quantity(field: str, title: str) -> alt.Y:
    return alt.Y(f"{field}:Q", title=title, axis=_counts_axis(5), scale=alt.Scale(zero=True))


def _counts_axis(most: float) -> alt.Axis:
    """Whole numbers, unless all are small."""
    return alt.Axis(format=",.6~r", tickMinStep=1 if most >= 5 else 0, tickCount=5)


def _name_axis(extent: int) -> alt.Axis:
    return alt.Axis(minExtent=extent, maxExtent=extent, labelLimit=0, ticks=False, domain=False)


def _month_axis(found: Sequence[str]) -> alt.Axis:
    span = max(12, _span(found))
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if span / step <= 9), 120)
    first = _number(min(found)) if found else 0
    ticks = [number for number in range(first - 12, first + span + 1) if number % step == 0]
    return alt.Axis(format="%Y-%m", values=[_month(number) for number in ticks], **LABELS)


def _month(number: int) -> alt.DateTime:
    return alt.DateTime(year=number // 12, month=number % 12 + 1, date=1, utc=True)


LABELS: dict[str, Any] = {"labelFlush": False, "labelOverlap": "greedy", "labelSeparation": 14}
"""Room between the labels of times: fonts differ between here and the reader's screen."""


def _span(found: Sequence[str]) -> int:
    """Months from the first to the last, both counted."""
    return _number(max(found)) - _number(min(found)) + 1 if found else 0


def _number(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:7]) - 1


def _months_scale(found: Sequence[str]) -> alt.Scale:
    """A year at least, so that a bar does not fill the chart."""
    end = _number(max(found)) + 1 if found else 12 * 2000
    start = end - max(12, _span(found))
    return alt.Scale(type="utc", domain=[_month(start), _month(end)])


def _unit(rows: Rows) -> str:
    """Whether the rows are per month or per day."""
    return "utcyearmonth" if all(len(row["at"]) == 7 for row in rows) else "utcyearmonthdate"


def _time(unit: str, rows: Rows) -> alt.X:
    found = sorted(row["at"] for row in rows)
    scale = alt.Scale(type="utc", padding=10)
    if not found or len(found[0]) == 7:
        return alt.X(f"{unit}(at):T", title=None, scale=scale, axis=_month_axis(found))
    if len(found[0]) > 10 and found[0][:10] == found[-1][:10]:
        axis, title = alt.Axis(format="%H:%M", tickCount=5, **LABELS), f"{found[0][:10]}, UTC"
        return alt.X(f"{unit}(at):T", title=title, scale=scale, axis=axis)
    days = 1 if found[0][:10] == found[-1][:10] else 5
    axis = alt.Axis(format="%Y-%m-%d", tickCount=days, tickMinStep=86_400_000, **LABELS)
    return alt.X(f"{unit}(at):T", title=None, scale=scale, axis=axis)
