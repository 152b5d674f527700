"""The room's pages as HTML: templates, words in the reader's language, the values put into them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from yiqihui_spider.archive.search.query import find
from yiqihui_spider.report.environment import environment

SHOWN_URL = 90


@cache
def style() -> str:
    """The one style sheet."""
    parts = [files("yiqihui_spider.report") / "palette.css", files("yiqihui_spider.report") / "charts.css"]
    return "".join(part.read_text("utf-8") for part in (*parts, files(__package__) / "room.css"))


def label(row: Mapping[str, Any]) -> str:
    """What to call an article."""
    return str(row["label"]).strip() or f"article {row['id']}"


def highlighted(text: str, hits: Sequence[Sequence[int]]) -> Markup:
    """A text with ``<mark>`` around the places given."""
    parts, done = Markup(""), 0
    for start, end in hits:
        parts += text[done:start] + Markup("<mark>{}</mark>").format(text[start:end])
        done = end
    return parts + text[done:]


def marked(text: str, query: str) -> Markup:
    return highlighted(text, find(text, query) if query else ())


def shown_url(url: str) -> str:
    """An address short enough to stand in a table: of a long one both ends."""
    return url if len(url) <= SHOWN_URL else f"{url[: SHOWN_URL - 31]}…{url[-30:]}"


@cache
def _environment(lang: str) -> Environment:
    made = environment("yiqihui_spider.serving", "pages", lang)
    made.filters |= {
        "label": label,
        "marked": marked,
        "hits": highlighted,
        "shown_url": shown_url,
    }
    made.globals |= {
        "zone": "+08:00",
        "style_hash": hashlib.sha256(style().encode()).hexdigest()[:12],
    }
    return made


def page(name: str, lang: str, other_language: str, **values: Any) -> str:
    return _environment(lang).get_template(f"{name}.html").render(other_language=other_language, **values)


FRAME = Markup(
    '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<title>{}</title><style>{}</style></head><body class="frame">{}</body></html>'
)


def frame(title: str, inside: str) -> str:
    """What stands in the frame of a capture; ``inside`` is HTML made inert."""
    return FRAME.format(title, Markup(style()), Markup(inside))


PART = 12_000
"""Characters of an article's text on one page."""


def paragraphs(body: str, part: int) -> tuple[list[str], int]:
    """The paragraphs of one part of a text, and how many parts there are.

    >>> paragraphs("第一段。\\n\\n第二段。", 1)
    (['第一段。', '第二段。'], 1)
    """
    parts: list[str] = []
    while body:
        cut = len(body) if len(body) <= PART else (body.rfind("\n", PART // 2, PART) + 1 or PART)
        parts.append(body[:cut])
        body = body[cut:]
    shown = parts[min(max(part, 1), len(parts)) - 1] if parts else ""
    return [one.strip() for one in re.split(r"\n+", shown) if one.strip()], max(len(parts), 1)
