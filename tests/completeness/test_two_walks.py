"""Walks in a row, as runs make them: what a certificate said wrongly is put right by the next, and no article
that is listed is ever ``gone``, whatever befell the walks before."""

from __future__ import annotations

import pytest
from support.worlds import CHANGES, START, Count, Enumeration, Kinds, Node, Site, answer, holds, number_of

from yiqihui_spider.completeness.walk import _Walk
from yiqihui_spider.items import Certificate, WalkState

pytestmark = pytest.mark.thorough

SMALL = [Site(tuple(range(size, 0, -1)), size, per_page=2) for size in (3, 4)]


class TwoWalks(Enumeration):
    """After each world's walk a quiet full one, which knows what the first left on record."""

    def __init__(self, site: Site, mode: str, kinds: tuple[str, ...]) -> None:
        super().__init__(site, mode, kinds)
        self.gone: list[str] = []
        self.unhealed: list[str] = []
        self.walks = 0

    def _calm(self, node: Node, site: Site, kinds: Kinds) -> Count:
        first = self._certificate(node, site)
        if first is not None:
            self._again(first, site, kinds)
        return super()._calm(node, site, kinds)

    def _certificate(self, node: Node, site: Site) -> tuple[frozenset[int], frozenset[int]] | None:
        """What a walk that certifies leaves: the articles on record as listed, and those called absent."""
        seen: set[int] = set()
        now = node
        while not isinstance(now.step, Certificate):
            now = now.then(answer(site, number_of(now.step.url)))
        seen.update(article for page in now.pages for article in page.articles)
        if not now.step.certified:
            return None
        return frozenset((now.walk.live | seen) - now.step.absent), now.step.absent

    def _again(self, first: tuple[frozenset[int], frozenset[int]], site: Site, kinds: Kinds) -> None:
        live, absent = first
        node = Node(_Walk(WalkState("社群", START, "full", live=live)))
        while not isinstance(node.step, Certificate):
            node = node.then(answer(site, number_of(node.step.url)))
        self.walks += 1
        certificate = node.step
        story = f"{kinds}: {site.articles} {sorted(absent)} {sorted(certificate.absent)}"
        if not certificate.certified or not holds(node.walk, list(node.pages), certificate, site.articles):
            self.unhealed.append(story)
        if certificate.absent & set(site.articles):
            self.gone.append(story)


@pytest.mark.parametrize("mode", ["first", "full"])
def test_the_walk_after_puts_right_what_the_one_before_said(mode: str) -> None:
    walks, false = 0, set[Kinds]()
    for site in SMALL:
        worlds = TwoWalks(site, mode, (*CHANGES, "total one less"))
        count = worlds.run(2)
        walks += worlds.walks
        assert worlds.gone == []
        assert worlds.unhealed == []
        false |= count.false
    assert walks > 500
    assert ("back-date", "delete") in false, "there was something to put right"
