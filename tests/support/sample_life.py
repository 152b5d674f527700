"""An archive with a past: the sample site visited four times in 2019, at fixed times.

For documents and tests that show what an archive holds: edits, growing views, an article
that goes and one that comes back.  No network: the site's answers are captured, read and
archived by the same parts that a crawl uses, with the walk's own planner saying what to read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlite_utils import Database

from support.hui import read_page
from yiqihui_spider.archive.articles import disappearance, store
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.state import queue, walks
from yiqihui_spider.completeness.walk import is_full, next_read
from yiqihui_spider.items import Certificate, PageItem, PageSeen
from yiqihui_spider.parse.read import PARSER_VERSION
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.warc.writer import WarcWriter

ORIGIN = "http://www.178hui.com"
VISITS = ("2019-06-20", "2019-07-04", "2019-07-18", "2019-08-01")


class Life:
    """Walks the site as it is, at a clock of its own: one second a page."""

    def __init__(self, path: Path, site: SampleSite) -> None:
        self.site = site
        self.db: Database = open_archive(path)
        self.warc = WarcWriter(path.parent / "warc", software="sample life")
        self.moment = datetime.fromisoformat("2019-01-01T00:00:00+00:00")
        self.run = 0

    def close(self) -> None:
        self.warc.close()
        self.db.close()

    @property
    def now(self) -> str:
        return self.moment.isoformat()

    def visit(self, day: str, *, details: bool = True) -> None:
        self.moment = datetime.fromisoformat(f"{day}T01:00:00+00:00")
        self.run = store.begin_run(self.db, "crawl", "sample/1", pid=os.getpid(), host="sample")
        for category in self.site.categories:
            self._walk(category)
        for row in list(queue.pending(self.db, self.run)) if details else []:
            with self.db.atomic():
                self._save(self._fetch(row["url"]))
                queue.settle(self.db, row["url"], "article")
        store.finish_run(self.db, self.run, "certified", 0, {})

    def _walk(self, category: str) -> None:
        start = ORIGIN + self.site.address(category)
        walk = walks.open_walk(self.db, self.run, category, start, "full", self.now)
        while True:
            state = walks.load_walk(self.db, walk)
            read = next_read(state)
            if isinstance(read, Certificate):
                with self.db.atomic():
                    mode = "full" if is_full(state) else "incremental"
                    walks.finish_walk(self.db, walk, read, self.now, mode=mode)
                    disappearance.apply_certificate(self.db, walk, category, read, self.now)
                return
            with self.db.atomic():
                item = self._fetch(read.url)
                saved = self._save(item)
                assert item.reading is not None
                reading = item.reading
                seen = PageSeen(
                    read.url,
                    reading.declared,
                    saved.article_ids,
                    saved.new_or_changed,
                    reading.page_urls,
                    reading.next_url,
                    reading.residue_chars,
                    reading.problems,
                    read.label,
                )
                walks.record_page(self.db, walk, seen, saved.capture_id)
                for url in saved.details_to_fetch:
                    queue.want(self.db, self.run, url, "article", category, walk, added_at=self.now)

    def _fetch(self, url: str) -> PageItem:
        self.moment += timedelta(seconds=1)
        parts = urlsplit(url)
        answer = self.site.get(parts.path + (f"?{parts.query}" if parts.query else ""))
        capture = self.warc.write_response(
            url=url,
            request_headers=None,
            status=answer.status,
            reason="OK",
            headers=list(answer.headers.items()),
            body=answer.body,
            captured_at=self.now,
        )
        content_type = answer.headers["Content-Type"]
        text, page, reading = read_page(answer.body, content_type, url)
        return PageItem(url, answer.body, content_type, capture, text=text, page=page, reading=reading)

    def _save(self, item: PageItem) -> store.SavedPage:
        return store.save_page(self.db, self.run, item, parser_version=PARSER_VERSION)


def sample_life(path: Path) -> None:
    """Make the archive: four visits, and between them edits, growth, a departure, a return."""
    life = Life(path, SampleSite(origin=ORIGIN))
    try:
        for visit, change in zip(VISITS, changes(life.site), strict=True):
            change()
            life.visit(visit)
    finally:
        life.close()


def changes(site: SampleSite) -> Iterator[Callable[[], None]]:
    """What happens to the site before each visit."""
    numbers = sorted(site.articles)
    away = []

    def first() -> None:
        pass

    def second() -> None:
        for index, number in enumerate(numbers):
            site.bump(number, 3 + index * index % 40)
        site.edit(
            numbers[2], blocks=(*site.articles[numbers[2]].blocks, "补记:文中提到的活动已经延长到七月底。")
        )
        away.append(site.delete(numbers[5]))

    def third() -> None:
        for index, number in enumerate(numbers):
            if number in site.articles:
                site.bump(number, 2 + index % 7)
        site.edit(numbers[2], title="(更新)" + site.articles[numbers[2]].title)
        away.append(site.delete(numbers[9]))

    def fourth() -> None:
        site.insert(away[1])

    yield from (first, second, third, fourth)
