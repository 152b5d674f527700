"""What is said of a lesson in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from yiqihui_spider.items import ArticleItem, ParsedPage
from yiqihui_spider.learn.frame import Crumb
from yiqihui_spider.learn.sights import ODD_DATES, Sight, spots


def breadcrumb_text(crumb: Crumb) -> str | None:
    if not crumb.home:
        return None
    steps = [crumb.home, crumb.section, "{category}", crumb.listing]
    return (f"{crumb.opening}:" if crumb.opening else "") + " > ".join(step for step in steps if step)


def nothing_found(sights: Sequence[Sight]) -> list[str]:
    """Why nothing could be learned from these pages."""
    if not any(sight.text for sight in sights):
        return ["there is no page of text in what was given"]
    dates = sum(len(spots(sight.text)) for sight in sights)
    odd = [match.group() for sight in sights for match in ODD_DATES.finditer(sight.text)]
    if len(odd) > dates:
        return [f"times such as {odd[0]!r} do not say the year, or which part is which"]
    if dates:
        return ["no dates repeat beside texts as the markers of a list do"]
    return ["there is no date on these pages: nothing says where an article ends"]


def differences(one: Sequence[ParsedPage], other: Sequence[ParsedPage]) -> list[str]:
    """Where two readings of the same pages differ."""
    told: list[str] = []
    for here, there in zip(one, other, strict=True):
        for a, b in zip(here.articles, there.articles, strict=False):
            told += _between(a, b)
        if len(here.articles) != len(there.articles):
            told.append(f"{len(here.articles)} or {len(there.articles)} entries")
        if here.declared != there.declared:
            told.append(f"the pager says {here.declared} or {there.declared}")
    return list(dict.fromkeys(told))


def _between(one: ArticleItem, other: ArticleItem) -> list[str]:
    told: list[str] = []
    for name in ("published_at", "views", "source", "title", "body"):
        a, b = getattr(one, name), getattr(other, name)
        if a != b:
            told.append(f"{one.title or one.body[:12]}: {name} {_short(a)} or {_short(b)}")
    return told


def _short(value: object) -> str:
    return "none" if value is None else str(value)[:30]
