"""What makes a set of page readings proof of a whole listing.

Pure functions of what each page declared and held.  Why these rules suffice, and the one
case where they don't, is told in docs/completeness.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, pairwise

from yiqihui_spider.items import Declared, PageSeen


def total_of(page: PageSeen) -> int:
    """Articles the page says the listing has; only for pages without a :func:`fault`."""
    return _declared(page).total


def pages_of(page: PageSeen) -> int:
    """Pages the page says the listing has; an empty listing still has its page 1."""
    return max(1, _declared(page).pages)


def _declared(page: PageSeen) -> Declared:
    if page.declared is None:
        raise ValueError(f"{page.url} declared nothing")
    return page.declared


def count(number: int, noun: str = "article") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def fault(page: PageSeen, asked: int) -> str | None:
    """Why this answer is not the page that was asked for, whole; None if it is."""
    declared = page.declared
    if declared is None:
        return f"page {asked} came without its pager: cut off, or not a listing page"
    if declared.total == 0 and declared.last == 0 and not page.articles:
        return None if asked == 1 else f"page {asked} came empty, declaring 0 articles"
    if declared.page != asked:
        return f"asked for page {asked}, got page {declared.page}"
    if not (1 <= declared.first <= declared.last <= declared.total and declared.page <= declared.pages):
        return (
            f"page {asked} declared {declared.first}-{declared.last} of {declared.total}, "
            f"page {declared.page} of {declared.pages}: there is no such range"
        )
    width = declared.last - declared.first + 1
    if len(page.articles) != width:
        return (
            f"page {asked} held {count(len(page.articles))} where its range "
            f"{declared.first}-{declared.last} promises {width}"
        )
    return None


def blemishes(pages: Mapping[int, PageSeen]) -> list[str]:
    """What stands against a certificate and would be the same on a second reading."""
    found = []
    for number, page in sorted(pages.items()):
        if page.residue_chars:
            found.append(
                f"page {number} holds {count(page.residue_chars, 'character')} that nothing explains"
            )
        if len(set(page.articles)) < len(page.articles):
            found.append(f"page {number} lists an article twice")
        if further := beyond(page):
            found.append(f"page {number} links to page {further}, but declares only {pages_of(page)}")
    return found


def beyond(page: PageSeen) -> int | None:
    """The page after the last one declared, if this page links to it all the same."""
    further = pages_of(page) + 1
    return further if further in page.page_urls else None


def contradictions(pages: Mapping[int, PageSeen], *, whole: bool) -> list[str]:
    """Where the readings can't all be of one listing.

    ``pages`` is by page number.  ``whole``: they are meant to be all its pages, not only
    the beginning.
    """
    ordered = sorted(pages.items())
    found = [
        text
        for (number, page), (after, following) in pairwise(ordered)
        for text in _seam(number, _declared(page), after, _declared(following))
    ]
    if not ordered or found:
        return found
    declared = _declared(ordered[-1][1])
    begin, first = ordered[0][0], _declared(ordered[0][1]).first
    if begin == 1 and first > 1:
        found.append(f"page 1 starts at {first}")
    if whole and declared.last != declared.total:
        found.append(f"the last page ends at {declared.last} of {declared.total}")
    entries = list(chain.from_iterable(page.articles for page in pages.values()))
    if len(set(entries)) != len(entries):
        found.append(f"only {len(set(entries))} different articles on pages that declare {len(entries)}")
    return found


def _seam(number: int, one: Declared, after: int, other: Declared) -> list[str]:
    if other.total != one.total:
        return [
            f"page {after} declared {count(other.total)}, page {number} had {one.total}: the listing moved"
        ]
    if other.pages != one.pages:
        return [f"page {after} declared {count(other.pages, 'page')}, page {number} had {one.pages}"]
    if after == number + 1 and other.first != one.last + 1:
        return [f"page {after} starts at {other.first} where page {number} ended at {one.last}"]
    return []


def head_change(before: PageSeen, again: PageSeen) -> str | None:
    """How page 1 differs from what it was; None when it starts as it did."""
    was, now = _declared(before), _declared(again)
    newcomers = len(set(again.articles) - set(before.articles))
    if now.total != was.total:
        return f"page 1 declared {count(now.total)} when read again, {was.total} before: the listing moved"
    if again.articles != before.articles:
        new = f" ({count(newcomers, 'new article')})" if newcomers else ""
        return f"page 1 had changed when read again{new}: the listing moved"
    if now != was:
        return "page 1 declared another range when read again"
    return None


def back_dated(pages: Mapping[int, PageSeen], live: frozenset[int]) -> set[int]:
    """Articles the archive did not know, standing below ones it did: put in not at the head."""
    order = [article for _, page in sorted(pages.items()) for article in page.articles]
    known = [place for place, article in enumerate(order) if article in live]
    return {article for article in order[known[0] :] if article not in live} if known else set()


@dataclass(slots=True)
class _Kept:
    page: PageSeen
    depth: int
    """How many articles stood below the page's first one."""
    until: int
    """The last moment at which the page is proven to have been as read."""


@dataclass(slots=True)
class Evidence:
    """Which of the pages read earlier still are what they were.

    New articles come in at the head.  So the number of articles *below* an article can only
    fall, and it falls exactly when one of them is deleted.  An article seen twice with as
    many below it as before proves that nothing below it changed in between: every page read
    in between, at or below that article, is still good, as far as the total is the same.

    Where the number has risen, something was put in below: then nothing read before counts.
    Nor where an article kept its number while one below it lost some: a deletion, made up
    for by an article put in between the two, as it happens below one that is pinned on top.
    """

    kept: dict[int, _Kept] = field(default_factory=dict)
    """The latest reading of each page, by page number."""
    doubled: bool = False
    """Whether an article was back, for the second time, where it had stood under the same total, and
    elsewhere in between: it is listed twice, and reading on would not mend it. Once is no proof: an
    article that was deleted and put back, or a total that was wrong once, looks the same."""
    _back: set[int] = field(default_factory=set)
    """Articles that were back once."""
    _seen: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Article to (moment, articles below it) when last seen."""
    _stood: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """The same the other way round: (total, articles below) to (moment, article last seen there)."""

    def add(self, moment: int, number: int, page: PageSeen) -> bool:
        """Take in a reading without fault. False if it shows that articles were back-dated."""
        declared = _declared(page)
        below = {
            article: declared.total - declared.first - place for place, article in enumerate(page.articles)
        }
        earlier = {article: self._seen[article] for article in below if article in self._seen}
        steady = all(below[article] <= then for article, (_, then) in earlier.items())
        if steady and not self._made_up_for(declared.total, below, earlier):
            self._extend(moment, below, earlier)
        else:
            steady = False
            back = {
                article
                for article, (_, then) in earlier.items()
                if below[article] > then
                and self._stood.get((declared.total, below[article]), (0, 0))[1] == article
            }
            self.doubled = not back.isdisjoint(self._back)
            self._back |= back
            self.forget()
        for article, depth in below.items():
            self._seen[article] = moment, depth
            self._stood[declared.total, depth] = moment, article
        self.kept[number] = _Kept(page, declared.total - declared.first, moment)
        return steady

    def _extend(self, moment: int, below: dict[int, int], earlier: dict[int, tuple[int, int]]) -> None:
        proven: dict[int, int] = {}
        for article, (since, then) in earlier.items():
            if below[article] == then:
                proven[since] = max(then, proven.get(since, 0))
        for since, depth in proven.items():
            for kept in self.kept.values():
                if kept.depth <= depth and kept.until >= since:
                    kept.until = moment

    def _made_up_for(
        self, total: int, below: Mapping[int, int], earlier: Mapping[int, tuple[int, int]]
    ) -> bool:
        """Whether what stands below a steady article on this page did so when that was last seen.

        ``below``: article to the articles below it, in page order; ``earlier``: the same with
        the moment, when last seen.
        """
        steady_since: int | None = None
        for article, depth in below.items():
            since, then = earlier.get(article, (-1, depth))
            moment, stood = self._stood.get((total, depth), (-1, article))
            if steady_since is not None and (
                (then > depth and since >= steady_since) or (stood != article and moment >= steady_since)
            ):
                return True
            if article in earlier and then == depth:
                steady_since = since if steady_since is None else min(since, steady_since)
        return False

    def forget(self) -> None:
        self.kept.clear()
        self._seen.clear()
        self._stood.clear()

    def good(self, number: int, total: int, moment: int) -> bool:
        """Is the page, as last read, proven to have stood so at ``moment``, under this total?"""
        kept = self.kept.get(number)
        return kept is not None and kept.until >= moment and total_of(kept.page) == total

    def readings(self, last: int) -> dict[int, PageSeen]:
        """The latest readings of pages 1 to ``last``, as far as there are any."""
        return {number: kept.page for number, kept in self.kept.items() if number <= last}
