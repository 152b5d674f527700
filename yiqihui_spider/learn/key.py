"""What is known of a site's articles: the answers by which a reading of new pages is judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from yiqihui_spider.characters import squeeze

_BEGINNING = 24
"""So many characters of a text tell it from the others, as a rule."""


@dataclass(frozen=True)
class Known:
    """An article that the archive holds."""

    id: int
    site_id: int | None
    title: str | None
    body: str
    source: str | None
    published_at: str
    """ISO 8601, with the site's zone."""
    views: int | None

    @property
    def time(self) -> str:
        return self.published_at[:19].replace("T", " ")

    @cached_property
    def text(self) -> str:
        """The body without white space."""
        return squeeze(self.body)

    @property
    def beginning(self) -> str:
        return self.text[:_BEGINNING]

    @property
    def name(self) -> str:
        return f"article {self.id}, {self.time} {self.title or self.body[:20]}"


def agrees(time: str, known: str) -> bool:
    """Whether a time as printed, to the second, the minute or the day, is that of an article.

    >>> agrees("2019-04-13 09:30", "2019-04-13 09:30:07"), agrees("2019-04-13", "2019-04-12 09:30:07")
    (True, False)
    """
    return known.startswith(time)


@dataclass(frozen=True)
class AnswerKey:
    articles: Sequence[Known] = ()
    sources: frozenset[str] = frozenset()
    """Names that stood where a marker names its source."""
    categories: frozenset[str] = frozenset()
    by_number: dict[int, Known] = field(init=False, default_factory=dict)
    by_title: dict[str, Known | None] = field(init=False, default_factory=dict)
    by_day: dict[str, list[Known]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.articles:
            if one.site_id is not None:
                self.by_number[one.site_id] = one
            if one.title:
                title = squeeze(one.title)
                self.by_title[title] = None if title in self.by_title else one
            self.by_day.setdefault(one.time[:10], []).append(one)

    def __bool__(self) -> bool:
        return bool(self.articles)

    def on_page(self, squeezed: str, titles: Iterable[str]) -> list[Known]:
        """The articles whose text stands on a page, by its beginning, beside their title where they
        have one among the page's links: a quotation is none."""
        shown = set(map(squeeze, titles))
        return [
            one
            for one in self.articles
            if one.beginning and one.beginning in squeezed
            and (not one.title or not shown or squeeze(one.title) in shown or one.text in squeezed)
        ]  # fmt: skip
