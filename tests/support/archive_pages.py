"""Pages for tests of the archive: an archive being filled with pages of our own making."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from sqlite_utils import Database

from yiqihui_spider.archive.articles import ordering, store
from yiqihui_spider.archive.articles.store import SavedPage
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.items import ArticleItem, Capture, Declared, PageItem, PageKind, ParsedPage, Residue, Span

CITY = (
    "城南的菜市场去年翻新了屋顶,摊位却比从前少了一半。留下来的摊主说,老顾客还认得路,新来的年轻人多半先在手机上看好了价钱。"
    "市场办公室把空出来的位置改成了取货点,傍晚六点以后最热闹。"
)
RIVER = (
    "一家做雨伞的小工厂把仓库搬到了河边。厂长算过账,省下的租金够给每位工人添一把新椅子,"
    "而送货的车只要多绕两公里。头三个月退货少了一成,原因谁也说不清。"
)
SCHOOL = (
    "镇上的小学开了一门课,教孩子们记账。第一周的作业是把家里一天的开销写下来,"
    "有个孩子写了七页,连给猫买的鱼也算了进去。老师说,数字背后是一家人的日子。"
)


def at(day: int, hour: int = 6, minute: int = 0) -> str:
    """A moment in November 2026, UTC."""
    return f"2026-11-{day:02d}T{hour:02d}:{minute:02d}:00+00:00"


def url_of(site_id: int) -> str:
    return f"http://www.178hui.com/news/view/{site_id}.html"


def entry(body: str, site_id: int | None = None, *, views: int = 100, **values: Any) -> ArticleItem:
    """An article on a page; with a number it has an address, too."""
    values.setdefault("published_at", "2019-06-04T09:17:24+08:00")
    values.setdefault("url", None if site_id is None else url_of(site_id))
    values.setdefault("span", Span(10, 10 + len(body)))
    return ArticleItem(body=body, site_id=site_id, views=views, **values)


@contextmanager
def filling(path: Path) -> Iterator[Filling]:
    filled = Filling(path)
    try:
        with mock.patch.object(ordering, "clock_now", return_value=at(30, 23)):
            yield filled
    finally:
        filled.db.close()


class Filling:
    """An archive and the pages put into it."""

    def __init__(self, path: Path) -> None:
        self.db: Database = open_archive(path)
        self.offsets = itertools.count(0, 1000)
        self.run = self.new_run()

    def new_run(self) -> int:
        self.run = store.begin_run(self.db, "crawl", "test/1", pid=1, host="here")
        return self.run

    def capture(self, url: str, when: str, **values: Any) -> Capture:
        values = {"payload_digest": "sha1:ABC", "warc_file": "a.warc.gz", "http_status": 200} | values
        return Capture(url=url, captured_at=when, warc_offset=next(self.offsets), warc_length=900, **values)

    def item(
        self,
        when: str,
        articles: Sequence[ArticleItem],
        *,
        kind: PageKind = "listing",
        category: str | None = "社群",
        residues: tuple[Residue, ...] = (),
        declared: Declared | None = None,
        **capture: Any,
    ) -> PageItem:
        url = (
            articles[0].url
            if kind == "article" and articles[0].url
            else "http://www.178hui.com/news/list-1.html"
        )
        reading = ParsedPage(kind, category, declared, tuple(articles), residues)
        return PageItem(url, b"...", "text/html", self.capture(url, when, **capture), reading=reading)

    def listing(self, when: str, *articles: ArticleItem, run: int | None = None, **values: Any) -> SavedPage:
        item = self.item(when, articles, **values)
        return store.save_page(self.db, run or self.run, item, parser_version="1")

    def detail(self, when: str, article: ArticleItem, run: int | None = None, **values: Any) -> SavedPage:
        item = self.item(when, [article], kind="article", **values)
        return store.save_page(self.db, run or self.run, item, parser_version="1")

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.db.execute(sql, parameters)]

    def one(self, sql: str, *parameters: object) -> Any:
        """The only row, or its only value."""
        (row,) = self.rows(sql, *parameters)
        return row[0] if len(row) == 1 else row

    def versions(self) -> list[tuple[Any, ...]]:
        sql = "SELECT version, title, body, seen_at FROM article_versions ORDER BY article_id, version"
        return self.rows(sql)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables that pages fill, with their ids."""
        tables = (
            "captures", "residues", "articles", "article_versions", "excerpts", "former_times", "view_counts",
            "article_categories", "sightings", "absences", "walk_pages",
        )  # fmt: skip
        rows = {table: list(self.db.query(f"SELECT * FROM {table}")) for table in tables}
        for row in rows["captures"]:
            del row["repeats"]  # which of equal pages has the rows is a matter of order, and of no meaning
        return {table: sorted((tuple(row.values()) for row in rows[table]), key=repr) for table in tables}
