"""A page's text with every span named: what it was taken for, and why. Pure.

``explain`` prints it, and the reading room lays it over a captured page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from html import escape

from yiqihui_spider.characters import printable
from yiqihui_spider.items import (
    ArticleItem,
    Entry,
    Pager,
    PageText,
    ParsedPage,
    Segment,
    SegmentKind,
    Span,
    SplitPage,
)

KINDS: dict[SegmentKind, str] = {
    "breadcrumb": "the way to the page",
    "heading": "the page's heading",
    "body": "the text of an article",
    "marker": "source, time and views of an article",
    "pager": "what the page says of its place in the listing",
    "furniture": "what stands around the content: menus, side bars, footer",
    "residue": "what nothing explains",
    "blank": "white space",
}
"""Every kind of span, in plain words."""


@dataclass(frozen=True, slots=True)
class Named:
    """A stretch of a page's text, ``text[start:end]``, with what it was taken for."""

    kind: SegmentKind
    start: int
    end: int
    text: str
    reason: str
    """Why it is of this kind, or what was read from it, in plain words."""
    entry: int | None = None
    """Which of the page's articles it belongs to, from 1."""


def named_segments(text: PageText, page: SplitPage, reading: ParsedPage | None = None) -> tuple[Named, ...]:
    """The page's text cut into named stretches: joined, their texts are ``text.text``.

    ``reading`` adds the titles that the page's links tell.
    """
    articles = reading.articles if reading is not None else ()
    return tuple(_named(segment, text.text, page, articles) for segment in page.segments)


def summary(segments: tuple[Named, ...]) -> dict[str, int]:
    """Characters by kind, in the order of ``KINDS``; kinds that do not occur are left out."""
    counted = {kind: sum(len(one.text) for one in segments if one.kind == kind) for kind in KINDS}
    return {kind: count for kind, count in counted.items() if count}


def _named(segment: Segment, text: str, page: SplitPage, articles: tuple[ArticleItem, ...]) -> Named:
    span = segment.span
    number = _entry_at(page.entries, span) if segment.kind in ("body", "marker") else None
    reason = segment.reason or _reason(segment, page, articles, number)
    return Named(segment.kind, span.start, span.end, span.of(text), reason, number)


def _entry_at(entries: tuple[Entry, ...], span: Span) -> int | None:
    return next(
        (n for n, entry in enumerate(entries, 1) if _meet(entry.body, span) or _meet(entry.marker, span)),
        None,
    )


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _reason(segment: Segment, page: SplitPage, articles: tuple[ArticleItem, ...], number: int | None) -> str:
    if segment.kind == "breadcrumb" and page.breadcrumb:
        return " > ".join(page.breadcrumb)
    if segment.kind == "pager":
        met = [_pager(one) for one in page.pagers if _meet(one.span, segment.span)]
        return met[0] if met else KINDS["pager"]
    if number is None:
        return KINDS[segment.kind]
    if segment.kind == "marker":
        return _marker(page.entries[number - 1])
    title = next((one.title for one in articles if _meet(one.span, segment.span)), None)
    return f"{KINDS['body']}, {title}" if title else KINDS["body"]


def _pager(pager: Pager) -> str:
    place = f"page {pager.page} of {pager.pages}"
    return f"records {pager.first} to {pager.last} of {pager.total}, {place}"


def _marker(entry: Entry) -> str:
    views = "no count" if entry.views is None else f"{entry.views:,} views"
    printed = f" (printed {entry.views_printed})" if entry.views_printed else ""
    return f"{entry.source or 'no source'}, {entry.time}, {views}{printed}"


# --- as a page ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explained:
    """One page with what was made of it; ``name`` is what people call it."""

    name: str
    url: str
    segments: tuple[Named, ...]
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        return {
            "page": self.name,
            "url": self.url,
            "characters": summary(self.segments),
            "problems": list(self.problems),
            "segments": [asdict(one) for one in self.segments],
        }


def label(one: Named) -> str:
    """A stretch's name: ``marker 3: 一起惠, 2019-04-13 09:30:07, 407 views``."""
    return f"{heading(one)}: {one.reason}"


def heading(one: Named) -> str:
    return one.kind if one.entry is None else f"{one.kind} {one.entry}"


def counts(segments: tuple[Named, ...]) -> str:
    """``body 1,204, marker 70, residue 12 characters``."""
    return ", ".join(f"{kind} {count:,}" for kind, count in summary(segments).items()) + " characters"


COLOURS: dict[SegmentKind, str] = {
    "breadcrumb": "#bfe3f5",
    "heading": "#d6d0f7",
    "body": "#e2efd9",
    "marker": "#ffe29a",
    "pager": "#c9d8ff",
    "furniture": "#e4e4e4",
    "residue": "#ffb3b3",
    "blank": "#f6f6f6",
}

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

STYLE = """
body { font: 16px/1.7 system-ui, sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem;
       color: #111; background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border: 1px solid #ccc; padding: .5rem }
.name { font-size: .7rem; border-radius: .3rem; padding: 0 .3rem; background: #0002; user-select: none }
.residue { outline: 2px solid #b00020 }
li span, pre > span { color: #111 }
"""


def as_html(pages: Iterable[Explained]) -> str:
    """One document that needs nothing else and runs nothing: all of the pages' own text is text."""
    style = STYLE + "".join(f".{kind} {{ background: {colour} }}\n" for kind, colour in COLOURS.items())
    legend = "".join(f"<li><span class={kind}>{kind}</span> {told}</li>" for kind, told in KINDS.items())
    return (
        '<!DOCTYPE html>\n<html lang="zh-Hans"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>What the pages' text was taken for</title><style>{style}</style></head><body>\n"
        f"<ul>{legend}</ul>\n{''.join(map(_section, pages))}</body></html>\n"
    )


def _section(page: Explained) -> str:
    problems = "".join(f"<li>{_shown(problem)}</li>" for problem in page.problems)
    return (
        f"<h1>{_shown(page.name)}</h1>\n<p>{_shown(page.url)}</p>\n<p>{counts(page.segments)}</p>\n"
        + (f"<ul>{problems}</ul>\n" if problems else "")
        + f"<pre>{''.join(map(_span, page.segments))}</pre>\n"
    )


def _span(one: Named) -> str:
    if one.kind == "blank":
        return f"<span class=blank>{_shown(one.text)}</span>"
    name = f'<span class="name">{heading(one)}</span>'
    return f'<span class="{one.kind}" title="{_shown(label(one))}">{name}{_shown(one.text)}</span>'


def _shown(text: str) -> str:
    """Text as text, with what no reader sees, or what would reorder it, as escapes."""
    return escape(printable(text))
