"""Learns made-up layouts of the sample site, and holds what comes of it against what the site is.

    python -m support.layout_runs --count 200 --seed 0

prints how many were mended with proof, how many refused, and how many proven wrongly: there must be none.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from support.layout_parts import varied
from support.layouts import Layout, LayoutSite
from yiqihui_spider.learn import AnswerKey, Known, Lesson, Page, Verdict, learn
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.sample.article import Article
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.site import SiteProfile, built_in, parse_profile

HOME = "http://www.178hui.com"
HUI = built_in("178hui")


def page(site: SampleSite, target: str) -> Page:
    response = site.get(target)
    return Page(target, HOME + target, response.body, response.headers["Content-Type"])


def targets(site: SampleSite, category: str, details: int = 2) -> list[str]:
    listings = [site.address(category, n) for n in range(1, site.pages(category) + 1)]
    return listings + [_address(site, n) for n in site.listings[category][:details]]


def _address(site: SampleSite, number: int) -> str:
    return site.article_path(number) if isinstance(site, LayoutSite) else f"/news/view/{number}.html"


def by_day_and_night() -> dict[int, Article]:
    """The sample's articles, some of them published after noon."""
    found = SampleSite().articles.values()
    return {
        one.number: replace(one, published=f"{one.published[:11]}{_hour(one):02}{one.published[13:]}")
        for one in found
    }


def _hour(article: Article) -> int:
    return (int(article.published[11:13]) + article.number % 4 * 4) % 24


def pages(site: SampleSite, *categories: str, details: int = 2) -> list[Page]:
    return [page(site, target) for name in categories for target in targets(site, name, details)]


def answer_key(site: SampleSite) -> AnswerKey:
    """What an archive of the site would know."""
    articles = tuple(
        Known(
            one.number,
            one.number,
            one.title,
            "\n".join(one.lines),
            one.source or None,
            one.published.replace(" ", "T") + "+08:00",
            one.views,
        )
        for one in site.articles.values()
    )
    sources = frozenset(one.source for one in site.articles.values() if one.source)
    return AnswerKey(articles, sources, frozenset(site.categories))


def aged(form: Layout, articles: dict[int, Article] | None = None, seed: int = 0) -> LayoutSite:
    """The site in its new layout, some time after it was known: views grown, a text edited, two new."""
    site = LayoutSite(dict(articles or SampleSite().articles), layout=form)
    pick = random.Random(seed)
    for number in list(site.articles):
        site.bump(number, pick.randrange(200))
    site.edit(4447, blocks=(*site.articles[4447].blocks[:-1], "最后一段改写过了。"))
    site.publish()
    site.publish("社群", "购物资讯")
    return site


def from_nothing(form: Layout) -> tuple[LayoutSite, Lesson]:
    site = LayoutSite(by_day_and_night(), layout=form)
    return site, learn(pages(site, "社群"), HUI, fresh=True)


def by_drift(form: Layout) -> tuple[LayoutSite, Lesson]:
    old = SampleSite(by_day_and_night())
    site = aged(form, old.articles, form.seed)
    known = [replace(one, understood=True) for one in pages(old, *old.categories, details=2)]
    new = pages(site, *site.categories)
    return site, learn([*known, *new], HUI, answer_key(old), asked=False)


# --- against the truth --------------------------------------------------------------------------


def mistakes(site: LayoutSite, profile: SiteProfile) -> Iterator[str]:
    """Where a profile reads a page of the site otherwise than it is, the pages it was not taught among
    them."""
    for name in site.categories:
        for n in range(1, site.pages(name) + 1):
            yield from _listing(site, profile, name, n)
        for number in site.listings[name]:
            yield from _detail(site, profile, site.articles[number])


def _listing(site: LayoutSite, profile: SiteProfile, name: str, n: int) -> Iterator[str]:
    one = page(site, site.address(name, n))
    reading = read_page(one.body, one.content_type, one.url, profile)[2]
    cut = site.cut(name, n)
    declared = reading.declared
    told = None if declared is None else (declared.first, declared.last, declared.total, declared.page)
    if told != (cut.first, cut.last, cut.total, cut.page):
        yield f"{one.name}: the pager says {told}"
    if reading.residues or reading.problems:
        yield f"{one.name}: {reading.problems} {[residue.text[:40] for residue in reading.residues]}"
    if reading.category != name:
        yield f"{one.name}: category {reading.category}"
    right = [_listed(site.layout, article) for article in site.on_page(name, n)]
    read = [(a.title, a.published_at[:19], a.views, a.source, a.body) for a in reading.articles]
    yield from (f"{one.name}: {a} not {b}" for a, b in zip(read, right, strict=False) if a != b)


def _listed(form: Layout, article: Article) -> tuple[object, ...]:
    return (
        article.title,
        form.kept_time(article.published).replace(" ", "T"),
        form.read_views(form.views(article)),
        (article.source or None) if form.has_source else None,
        article.listed,
    )


def _detail(site: LayoutSite, profile: SiteProfile, article: Article) -> Iterator[str]:
    one = page(site, site.article_path(article.number))
    reading = read_page(one.body, one.content_type, one.url, profile)[2]
    form, (source, published, views) = site.layout, site.detail_marker(article)
    right = (
        article.title,
        form.kept_time(published).replace(" ", "T"),
        form.read_views(views),
        (source or None) if form.has_source else None,
        "\n".join(article.lines),
    )
    read = [(a.title, a.published_at[:19], a.views, a.source, a.body) for a in reading.articles]
    if read != [right]:
        yield f"{one.name}: {read} not {right}"


# --- many of them -------------------------------------------------------------------------------


NAMES = ("mended", "refused", "doubtful, mended", "doubtful, refused", "wrongly proven")


@dataclass(frozen=True)
class Outcome:
    layout: Layout
    way: str
    lesson: Lesson
    wrong: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        if self.wrong:
            return "wrongly proven"
        kind = "doubtful, " if self.layout.doubt else ""
        return kind + ("mended" if self.lesson.verdict is Verdict.PROVEN else "refused")


def outcomes(count: int, seed: int) -> Iterator[Outcome]:
    for n in range(seed, seed + count):
        form = varied(n)
        for way, run in (("from nothing", from_nothing), ("drift", by_drift)):
            site, lesson = run(form)
            wrong: tuple[str, ...] = ()
            if lesson.verdict is Verdict.PROVEN and lesson.profile is not None:
                wrong = tuple(mistakes(site, parse_profile(lesson.profile, "learned")))
            yield Outcome(form, way, lesson, wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for one in outcomes(arguments.count, arguments.seed):
        counts[one.way, one.name] += 1
        if one.name in ("refused", "wrongly proven"):
            print(f"{one.layout.seed} {one.way}: {one.name}: {one.layout}", flush=True)
            for line in (*one.wrong[:3], *one.lesson.reasons[:3], *map(str, one.lesson.rivals[:2])):
                print(f"    {line[:300]}")
    for way in ("from nothing", "drift"):
        told = ", ".join(f"{counts[way, name]} {name}" for name in NAMES)
        print(f"{way}: {told}, of {arguments.count}")
    return 1 if any(name == "wrongly proven" for _, name in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
