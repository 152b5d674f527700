"""Titles with every odd thing in or about them, and listings with titles on lines of their own."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from yiqihui_spider.sample.pages import listing_lines
from yiqihui_spider.sample.site import SampleSite

SITE = "http://www.178hui.com"
CATEGORY = "社群"

CHARACTERS = {
    "zero-width space": "\u200b",
    "byte-order mark": "\ufeff",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "next line": "\x85",
    "vertical tab": "\x0b",
    "form feed": "\x0c",
    "unit separator": "\x1f",
    "soft hyphen": "\xad",
    "word joiner": "\u2060",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "embedding": "\u202a",
    "override": "\u202e",
    "pop": "\u202c",
    "isolate": "\u2066",
    "joiner": "\u200d",
    "variation": "\ufe0f",
    "no-break space": "\xa0",
    "ideographic space": "\u3000",
    "tab": "\t",
    "line feed": "\n",
    "carriage return": "\r\n",
}
MARKUP = {
    "br": "<br>",
    "br with spaces": " <br /> ",
    "two br": "<br><br>",
    "wbr": "<wbr>",
    "comment": "<!-- 编辑 -->",
    "image": '<img src="/a.gif" alt="新">',
    "hidden": '<span style="display:none">隐藏</span>',
    "script": "<script>document.write('x')</script>",
    "zero-width entity": "&#8203;",
    "no-break entity": "&nbsp;",
    "line separator entity": "&#x2028;",
    "soft hyphen entity": "&shy;",
}


def at(place: int) -> Callable[[str, str], str]:
    return lambda title, odd: f"{escape(title[:place])}{odd}{escape(title[place:])}"


PLACES = {"before": at(0), "within": at(2), "behind": lambda title, odd: escape(title) + odd}
STYLES = {
    "bold": lambda title: f"<b>{escape(title)}</b>",
    "bold within": lambda title: f"{escape(title[:1])}<b>{escape(title[1:3])}</b>{escape(title[3:])}",
    "nested spans": lambda title: (
        f"<span><span>{escape(title[:1])}</span><span>{escape(title[1:])}</span></span>"
    ),
    "entities": lambda title: "".join(f"&#{ord(char)};" for char in title),
    "block": lambda title: f"<div>{escape(title)}</div>",
    "span, br and image": lambda title: f'<img src="/x.gif"><br><span>{escape(title)}</span>',
}
ODD: dict[str, Callable[[str], str]] = {
    **{
        f"{name} {where}": lambda title, put=put, odd=odd: put(title, odd)
        for where, put in PLACES.items()
        for name, odd in (CHARACTERS | MARKUP).items()
    },
    **STYLES,
}

SAMPLE = SampleSite()
NUMBERS = {article.title: article.number for article in SAMPLE.on_page(CATEGORY, 1)}


def wrapped(line: str, width: int) -> list[str]:
    return [line[at : at + width] for at in range(0, len(line), width)]


Layout = Callable[[str, str, str], list[str]]
LAYOUTS: dict[str, Layout] = {
    "lines": lambda title, body, marker: [title, body, marker],
    "empty lines": lambda title, body, marker: ["", title, "", body, "", marker, ""],
    "indented": lambda title, body, marker: [f"   {title}", f"   {body}", f"   {marker}"],
    "bullets": lambda title, body, marker: [f"  * {title}", f"    {body}", f"    {marker}"],
    "wrapped": lambda title, body, marker: [title, *wrapped(body, 38), marker],
    "wrapped, apart": lambda title, body, marker: ["", title, "", *wrapped(body, 38), "", marker],
    "paragraphs": lambda title, body, marker: [title, *body.replace("。", "。\n").split("\n"), marker],
}


def flattened(layout: Layout, odd: Callable[[str], str], end: str) -> str:
    lines = listing_lines(CATEGORY, (), SAMPLE.cut(CATEGORY, 1), 9, "numbers")
    entries = [
        line
        for a in SAMPLE.on_page(CATEGORY, 1)
        for line in layout(odd(a.title), a.listed, f"{a.source}{a.published}{a.views} 次")
    ]
    return end.join([*lines[:2], *entries, *lines[2:]])
