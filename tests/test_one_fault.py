"""One thing wrong at a time: no false row, no invented edit, the other pages read; and nothing of it
is left once the site has recovered."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from one_fault import (
    DUMPED,
    HOME,
    MARKER,
    READABLE,
    UNREADABLE,
    Crawled,
    World,
    crawl,
    faults_of,
    with_marker,
)
from roads import small_site

from yiqihui_spider.characters import squeeze
from yiqihui_spider.expected import not_understood
from yiqihui_spider.items import ArticleItem, Reading
from yiqihui_spider.read import read_page
from yiqihui_spider.sample.article import Article
from yiqihui_spider.sample.site import SampleSite

ALL = os.environ.get("ROADS") == "all"
"""The whole product, which takes a while: ``make roads``."""
SITE = SampleSite()


def time_of(article: Article) -> str:
    return article.published.replace(" ", "T") + "+08:00"


def texts_of(article: Article) -> set[str]:
    return {squeeze(article.fused), squeeze(article.listed)}


# --- pages -------------------------------------------------------------------------------------


class Sheet(NamedTuple):
    """A page, and the articles whose markers it holds, in order."""

    url: str
    text: str
    content_type: str
    articles: list[Article]

    def read(self, text: str) -> Reading:
        return read_page(text.encode(), self.content_type, self.url)[2]


def sheets() -> Iterator[Sheet]:
    for category in SITE.categories:
        for page in range(1, SITE.pages(category) + 1):
            listed = SITE.on_page(category, page)
            target = SITE.address(category, page)
            yield Sheet(HOME + target, SITE.get(target).text, "text/html; charset=utf-8", listed)
            yield Sheet("file:///a.txt", SITE.dump(category, page), "text/plain; charset=utf-8", listed)
    for number, article in SITE.articles.items():
        target = f"/news/view/{number}.html"
        yield Sheet(HOME + target, SITE.get(target).text, "text/html; charset=utf-8", [article])
        yield Sheet("file:///a.txt", SITE.dump_article(number), "text/plain; charset=utf-8", [article])


SHEETS = {f"{n} {sheet.url.rpartition('/')[2]}": sheet for n, sheet in enumerate(sheets())}


def is_true(row: ArticleItem, article: Article, views: Iterable[int]) -> bool:
    """Whether a row says of an article what is so, as far as its page carries it."""
    return (
        row.published_at == time_of(article)
        and row.views in views
        and row.source in (article.source or None, article.detail_source or article.source or None)
        and row.title in (None, article.title)
        and row.site_id in (None, article.number)
        and squeeze(row.body) in texts_of(article)
    )


def views_of(article: Article) -> set[int | None]:
    return {article.views, article.views + article.detail_extra}


def untrue(reading: Reading, articles: list[Article]) -> list[ArticleItem]:
    return [
        row
        for row in reading.articles
        if not any(is_true(row, article, views_of(article)) for article in articles)  # type: ignore[arg-type]
    ]


def within(sheet: Sheet) -> object:
    return MARKER if "<html" in sheet.text else DUMPED


@pytest.mark.parametrize("name", SHEETS)
def test_a_marker_that_cannot_be_read_makes_no_false_row(name: str) -> None:
    sheet = SHEETS[name]
    told: list[tuple[object, ...]] = []
    for which, article in enumerate(sheet.articles):
        for form, make in UNREADABLE.items():
            text = with_marker(sheet.text, which, make, MARKER if "<html" in sheet.text else DUMPED)
            reading = sheet.read(text)
            if false := untrue(reading, sheet.articles):
                told.append((article.number, form, "false", false))
            missing = {time_of(one) for one in sheet.articles} - {
                row.published_at for row in reading.articles
            }
            if missing and reading.kind == "listing" and not_understood(reading) is None:
                told.append((article.number, form, "silent", missing))
            if "<html" in sheet.text and missing - {time_of(article)}:
                told.append((article.number, form, "others lost", missing))
    assert told == []


@pytest.mark.parametrize("name", SHEETS)
def test_a_marker_printed_otherwise_is_read(name: str) -> None:
    sheet = SHEETS[name]
    told: list[tuple[object, ...]] = []
    for which, article in enumerate(sheet.articles):
        for form, (make, count) in READABLE.items():
            text = with_marker(sheet.text, which, make, MARKER if "<html" in sheet.text else DUMPED)
            reading = sheet.read(text)
            exact = [
                is_true(
                    row, one, {count(views) for views in views_of(one)} if one is article else views_of(one)
                )  # type: ignore[arg-type]
                for row, one in zip(reading.articles, sheet.articles, strict=False)
            ]
            if exact != [True] * len(sheet.articles) or not_understood(reading):
                told.append((article.number, form, exact, not_understood(reading), unescape(text)[:0]))
    assert told == []


# --- crawls ------------------------------------------------------------------------------------

ARTICLES = """
    SELECT site_id, url, title, label, published_at, source, views, body, content_hash, state,
      (SELECT max(version) FROM article_versions v WHERE v.article_id = a.id) AS versions,
      (SELECT group_concat(category || coalesce(missing_since, '')) FROM (SELECT * FROM article_categories c
         WHERE c.article_id = a.id ORDER BY category)) AS categories
    FROM articles a ORDER BY site_id, published_at
"""
OTHERS = "SELECT category, declared, archived, certified FROM completeness ORDER BY category"

Row = dict[str, object]


def query(archive: Path, sql: str) -> list[Row]:
    with closing(sqlite3.connect(f"{archive.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql)]


def false_rows(archive: Path, site: SampleSite) -> list[Row]:
    return [row for row in query(archive, ARTICLES) if not bears_out(site, row)]


def bears_out(site: SampleSite, row: Row) -> bool:
    article = next((one for one in site.articles.values() if one.number == row["site_id"]), None)
    if article is None:
        same = (one for one in site.articles.values() if time_of(one) == row["published_at"])
        article = next((one for one in same if squeeze(str(row["body"])) in texts_of(one)), None)
    if article is None:
        return False
    return (
        row["url"] in (None, f"{HOME}/news/view/{article.number}.html")
        and row["title"] in (None, article.title)
        and row["published_at"] == time_of(article)
        and row["source"] in (article.source or None, article.detail_source or article.source or None)
        and row["views"] in {*views_of(article), None}
        and squeeze(str(row["body"])) in texts_of(article)
        and row["versions"] == 1
        and row["state"] == "present"
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    archive = tmp_path_factory.mktemp("undisturbed") / "archive.db"
    for mode in (None, "full"):
        assert crawl(archive, World(small_site()), mode).code == 0
    rows = query(archive, ARTICLES)
    assert [row["versions"] for row in rows] == [1] * 6
    return rows


TARGETS = ["/news/", *(target for target in (
    "/news/list.php?cat=3&page=1", "/news/list.php?cat=3&page=2", "/news/list.php?cat=5&page=1",
    "/news/list.php?cat=5&page=2", *(f"/news/view/{number}.html" for number in small_site().articles)))]  # fmt: skip
CASES = [(target, name) for target in TARGETS for name in faults_of(target)]


def some(cases: list[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """Every fault at one place at least, and more by lot."""
    if ALL:
        return cases
    dice = random.Random(20190413)
    shuffled = dice.sample(cases, len(cases))
    once = {name: (target, name) for target, name in shuffled}
    return sorted({*once.values(), *shuffled[:count]})


@pytest.mark.parametrize(("target", "name"), some(CASES, 20))
def test_a_fault_that_lasts_and_then_is_mended(
    target: str, name: str, tmp_path: Path, undisturbed: list[Row]
) -> None:
    archive = tmp_path / "archive.db"
    world = World(small_site(), target, faults_of(target)[name])
    for mode in (None, "full"):
        met = world.met
        done = crawl(archive, world, mode)
        assert false_rows(archive, world.site) == []
        if world.met > met:
            assert done.code in expected(target, name), done.summary
        behind = {one["site_id"] for one in query(archive, ARTICLES)}
        assert elsewhere(world.site, target) <= behind
    world.fault = None
    recovered: Crawled | None = None
    for _ in range(2):
        recovered = crawl(archive, world, "full")
    assert recovered is not None
    assert (int(recovered.code), recovered.summary.failures) == (0, [])
    assert query(archive, ARTICLES) == undisturbed


def expected(target: str, name: str) -> set[int]:
    return {3, 4}


def elsewhere(site: SampleSite, target: str) -> set[int]:
    """The articles that another listing page shows than the one at fault."""
    if target == "/news/":
        return set()
    return {
        one.number
        for category in site.categories
        for page in range(1, site.pages(category) + 1)
        if site.address(category, page) != target
        for one in site.on_page(category, page)
    }
