"""What a monitor compares with, and what it answers. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from yiqihui_spider.watch.chance import SURPRISE, most, rate, tail
from yiqihui_spider.watch.counts import CrawlCounts

Share = tuple[int, int]
"""So many of so many."""


@dataclass(frozen=True, slots=True)
class History:
    crawls: tuple[CrawlCounts, ...] = ()
    """Those that this monitor found in order, oldest first."""
    last: tuple[CrawlCounts, ...] = ()
    """The two crawls right before this one, whatever was found."""
    learned: tuple[CrawlCounts, ...] = ()
    """Those whose lasting trouble is the new normal."""

    @property
    def settled(self) -> tuple[CrawlCounts, ...]:
        """The history without the last two crawls, which may be trouble that begins."""
        return tuple(one for one in self.crawls if all(one is not other for other in self.last))

    @property
    def left_out(self) -> list[tuple[bool, CrawlCounts]]:
        """Of the last two, those that are not in the history."""
        return [(False, one) for one in self.last if all(one is not other for other in self.crawls)]


@dataclass(frozen=True, slots=True)
class Verdict:
    wrong: bool
    value: float | None
    low: float | None
    high: float | None
    message: str


def not_measured(what: str) -> Verdict:
    return Verdict(False, None, None, None, f"not judged: {what}")


def percent(share: float) -> str:
    """
    >>> percent(0.5), percent(0.004)
    ('50 %', '0.4 %')
    """
    return f"{100 * share:.{0 if share >= 0.1 or share == 0 else 1}f} %"


@dataclass(frozen=True, slots=True)
class ShareRule:
    """A share that should not rise: so many of so many, against what the history leads to expect.

    Little data is added up, over up to three crawls in a row; the last of them must show it too.
    """

    of: Callable[[CrawlCounts], Share]
    what: str
    """``{count} of {all} addresses met an error``."""
    least: int = 3
    """So many there must be, whatever the chances."""
    part: float = 0.1
    """And such a part of all."""
    lasting: bool = False
    """One crawl alone says nothing: the one before must show it too."""

    def judge(self, history: History, now: CrawlCounts) -> Verdict:
        count, all_ = self.of(now)
        if not all_:
            return not_measured("nothing of it in this crawl")
        expected = rate(self.of(one) for one in history.settled)
        usual = most(all_, expected) / all_
        message = self.what.format(count=count, all=all_)
        told = Verdict(False, count / all_, 0.0, usual, message)
        pooled = 0, 0
        for one in (now, *reversed(history.last)):
            pooled = pooled[0] + self.of(one)[0], pooled[1] + self.of(one)[1]
            if self.lasting and one is now:
                continue
            shown = all(self._share(each) > expected for each in (now, one))
            if shown and self._surprising(*pooled, expected):
                if pooled[1] > all_:
                    message += f", {pooled[0]} of {pooled[1]} in the last crawls"
                high = usual if usual < count / all_ else expected
                return Verdict(True, count / all_, 0.0, high, f"{message}; usual: {percent(expected)}")
        return told

    def _share(self, crawl: CrawlCounts) -> float:
        count, all_ = self.of(crawl)
        return count / all_ if all_ else 0.0

    def _surprising(self, count: int, all_: int, expected: float) -> bool:
        enough = count >= self.least and count >= self.part * all_
        return enough and tail(count, all_, expected) < SURPRISE
