"""Listings and walks for tests of the archive's parts: who is listed, and a walk that proves it."""

from __future__ import annotations

from sqlite_utils import Database

from support.archive_rows import add_capture, day
from yiqihui_spider.archive.state import walks
from yiqihui_spider.items import Certificate, PageSeen

LIST = "http://x.test/list/"
PROVEN = Certificate(True, (), 3, 3)


def page(number: int, *articles: int) -> PageSeen:
    return PageSeen(f"{LIST}{number}", None, articles, (True,) * len(articles))


def list_article(db: Database, article: int, category: str, first: str, last: str | None = None) -> None:
    db.execute(
        "INSERT INTO article_categories (article_id, category, first_listed_at, last_listed_at)"
        " VALUES (?, ?, ?, ?)",
        [article, category, first, last or first],
    )


def certified_full(db: Database, run: int, *articles: int, at: str = day(1)) -> int:
    """A certified full walk of 社群 that saw these articles, which it leaves listed."""
    walk = walks.open_walk(db, run, "社群", LIST, "full", at)
    capture = add_capture(db, run, LIST, at)
    walks.record_page(db, walk, page(1, *articles), capture)
    for article in articles:
        list_article(db, article, "社群", at)
    walks.finish_walk(db, walk, PROVEN, at)
    return walk
