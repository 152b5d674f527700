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
from support.hui import read_page, verify
from support.one_fault import (
    ANYWHERE,
    DUMPED,
    HOME,
    MARKER,
    READABLE,
    UNREADABLE,
    World,
    crawl,
    faults_of,
    with_marker,
)
from support.roads import small_site

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.characters import squeeze
from yiqihui_spider.crawl.page_check import not_understood
from yiqihui_spider.items import ArticleItem, ParsedPage
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


class PageSection(NamedTuple):
    """A page, and the articles whose markers it holds, in order."""

    url: str
    text: str
    content_type: str
    articles: list[Article]

    def read(self, text: str) -> ParsedPage:
        return read_page(text.encode(), self.content_type, self.url)[2]


def sheets() -> Iterator[PageSection]:
    for category in SITE.categories:
        for page in range(1, SITE.pages(category) + 1):
            listed = SITE.on_page(category, page)
            target = SITE.address(category, page)
            yield PageSection(HOME + target, SITE.get(target).text, "text/html; charset=utf-8", listed)
            yield PageSection("file:///a.txt", SITE.dump(category, page), "text/plain; charset=utf-8", listed)
    for number, article in SITE.articles.items():
        target = f"/news/view/{number}.html"
        yield PageSection(HOME + target, SITE.get(target).text, "text/html; charset=utf-8", [article])
        yield PageSection("file:///a.txt", SITE.dump_article(number), "text/plain; charset=utf-8", [article])


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


def untrue(reading: ParsedPage, articles: list[Article]) -> list[ArticleItem]:
    return [
        row
        for row in reading.articles
        if not any(is_true(row, article, views_of(article)) for article in articles)  # type: ignore[arg-type]
    ]


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


TARGETS = [
    "/news/",
    "/news/list.php?cat=3&page=1",
    "/news/list.php?cat=3&page=2",
    "/news/list.php?cat=5&page=1",
    "/news/list.php?cat=5&page=2",
    *(f"/news/view/{number}.html" for number in small_site().articles),
]
CASES = [(target, name) for target in TARGETS for name in faults_of(target)]


def some(cases: list[tuple[str, str]], count: int) -> list[tuple[str, str, bool]]:
    """Every fault at one place at least, and more by lot; from the first, or after a good crawl."""
    if ALL:
        return [(*case, before) for case in cases for before in (False, True)]
    dice = random.Random(20190413)
    shuffled = dice.sample(cases, len(cases))
    once = {name: (target, name) for target, name in shuffled}
    return [(*case, dice.random() < 0.5) for case in sorted({*once.values(), *shuffled[:count]})]


@pytest.mark.parametrize(("target", "name", "before"), some(CASES, 24))
def test_a_fault_that_lasts_and_then_is_mended(
    target: str, name: str, before: bool, tmp_path: Path, undisturbed: list[Row]
) -> None:
    """``before``: after a good crawl, else from the first one on."""
    archive = tmp_path / "archive.db"
    world = World(small_site())
    if before:
        assert crawl(archive, world).code == 0
    world.target, world.fault = target, faults_of(target)[name]
    for mode in (None, "full"):
        met = world.met
        done = crawl(archive, world, mode)
        assert false_rows(archive, world.site) == []
        have = {one["site_id"] for one in query(archive, ARTICLES)}
        assert before or elsewhere(world.site, target, name) <= have
        if world.met > met and (before or (target, name) not in EMPTIED):
            assert_code(int(done.code), target, name, query(archive, ARTICLES), undisturbed)
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert [problem for check in verify(db, archive) for problem in check.problems] == []
    world.fault = None
    for _ in range(2):
        recovered = crawl(archive, world, "full")
    assert (int(recovered.code), recovered.summary.failures) == (0, [])
    assert query(archive, ARTICLES) == undisturbed


@pytest.mark.parametrize(("name", "before"), [("500", True), ("login page", True), ("start page", False)])
def test_a_category_that_answers_as_none_is_told_of_in_every_run(
    name: str, before: bool, tmp_path: Path, undisturbed: list[Row]
) -> None:
    """However often: giving it up would lose it without a word, and its site may recover unseen."""
    archive, target = tmp_path / "archive.db", "/news/list.php?cat=3&page=1"
    world = World(small_site(), target, faults_of(target)[name])
    if before:
        assert crawl(archive, World(small_site())).code == 0
    for _ in range(9):
        done = crawl(archive, world)
        assert done.code in (3, 4)
        assert any("cat=3" in line for line in done.summary.failures)
        assert false_rows(archive, world.site) == []
    world.fault = None
    for mode in (None, "full"):
        assert crawl(archive, world, mode).code == 0
    assert query(archive, ARTICLES) == undisturbed


EMPTIED = {(target, "empty list") for target in TARGETS if target.endswith("page=1")}
"""Of a category that was never read nobody can tell that it is not empty."""
UNREACHED = {"no answer", "cut off", "cut off at once", "500", "503"}
REFUSED = {"404", "410", "403", "not found, 200"}


def assert_code(code: int, target: str, name: str, rows: list[Row], undisturbed: list[Row]) -> None:
    """0 only where nothing is missing; 75 and 1 where not even the start page can be had."""
    if target == "/news/" and name in UNREACHED | REFUSED:
        assert code == (75 if name in UNREACHED else 1)
    elif code == 0:
        assert plain(rows) == plain(undisturbed)
    else:
        assert code in (3, 4)


def plain(rows: list[Row]) -> list[Row]:
    """Without what is a matter of which page was read last."""
    return [{**row, "body": squeeze(str(row["body"])), "views": None, "source": None} for row in rows]


def elsewhere(site: SampleSite, target: str, name: str) -> set[int]:
    """The articles that another listing page shows than the one at fault, as far as that must be found:
    behind a first page that never came or is another, no other is known."""
    if target == "/news/":
        return set()
    away = name in UNREACHED | REFUSED | set(ANYWHERE) or name in ("other category", "an article")
    return {
        one.number
        for category in site.categories
        if not away or site.address(category, 1) != target
        for page in range(1, site.pages(category) + 1)
        if site.address(category, page) != target
        for one in site.on_page(category, page)
    }
