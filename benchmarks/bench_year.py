"""A year of hourly crawls of a site with daily news and drifting counts: what each costs, and no more.

Nothing goes over HTTP: answers are made here, and kept, read, archived and judged by the parts that a crawl
uses (session, evidence in WARC files, controller, pipelines' functions, monitors), in one process. The site
has one category of 139 articles at first, 20 a page, and three new ones a day; from 8 to 23 o'clock some of
the counts on its first page grow each hour, at night nothing moves. A run asks for robots.txt, the section
and page 1 twice; one a week walks everything.

Aim: at most 1.5 KB of database for a run that finds nothing new, and no run dearer at the end than at the
beginning.

Usage: python benchmarks/bench_year.py [RUNS] [--keep FILE]
"""

from __future__ import annotations

import argparse
import logging
import random
import resource
import sqlite3
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bench_crawl import HEAD, POOL
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse
from table import Row, shown

from yiqihui_spider.crawl import capture
from yiqihui_spider.crawl.controller import CrawlController
from yiqihui_spider.crawl.meter import Meter, consult
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import decide
from yiqihui_spider.items import FetchTask, PageItem
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.session import Session, open_session

HOST = "http://www.178hui.com"
RUNS = 365 * 24
PER_PAGE = 20
NEWS_AT = (9, 13, 18)
QUIET_BYTES = 1500
FLAT = 0.8
LIMIT = 10_000_000


@dataclass
class Site:
    """The news site as it stands at one hour."""

    hour: datetime
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    views: list[int] = field(default_factory=lambda: [100 + 7 * number for number in range(139)])
    """Of the articles, oldest first."""
    printed: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.hour

    def pass_an_hour(self) -> str:
        """What happens: ``news``, ``drift`` or, at night, nothing."""
        self.hour += timedelta(hours=1)
        if self.hour.hour in NEWS_AT:
            self.views.append(self.rng.randrange(3))
            return "news"
        if 8 <= self.hour.hour < 23:
            for number in self.rng.sample(range(1, PER_PAGE + 1), 5):
                self.views[-number] += self.rng.randint(1, 9)
            return "drift"
        return "quiet"

    def article(self, number: int) -> str:
        if number not in self.printed:
            rng = random.Random(number)
            body = "".join(rng.choices(POOL, k=700)) + f"第{number}号。"
            when = self.began + timedelta(hours=8 * (number - 138), minutes=number % 60)
            self.printed[number] = (
                f'<h3><a href="/news/view/{1000 + number}.html">标题第{number}号说的是什么</a></h3>'
                f"<p>{body}</p><p><span>一起惠</span><i>{when:%Y-%m-%d %H:%M:%S}</i>"
            )
        return f"{self.printed[number]}<em>{self.views[number]} 次</em></p>"

    def listing(self, page: int) -> str:
        total = len(self.views)
        pages = -(-total // PER_PAGE)
        first = (page - 1) * PER_PAGE + 1
        last = min(total, first + PER_PAGE - 1)
        entries = "".join(self.article(total - place) for place in range(first, last + 1))
        following = f'<a href="/news/list-3-{page + 1}.html">下一页</a>' if page < pages else "下一页"
        return (
            f"{HEAD}&gt;<a>社群</a>&gt;文章列表</div><h2>社群</h2><div>{entries}</div>"
            f"<div>{first}-{last}/{total} 记录{page}/{pages} 页{following}</div></body></html>"
        )

    def answer(self, url: str) -> Response:
        path = url.removeprefix(HOST)
        if path == "/robots.txt":
            return TextResponse(
                url, headers={"Content-Type": "text/plain"}, body=b"User-agent: *\nAllow: /\n"
            )
        text = f'{HEAD}</div><div><a href="/news/list-3-1.html">社群</a></div></body></html>'
        if path.startswith("/news/list-3-"):
            text = self.listing(int(path.removeprefix("/news/list-3-").removesuffix(".html")))
        return HtmlResponse(url, headers={"Content-Type": "text/html; charset=utf-8"}, body=text.encode())


@dataclass(slots=True)
class Run:
    kind: str
    cpu: float
    bytes: int
    exit_code: int


def crawl(path: Path, site: Site, mode: str | None) -> int:
    """One run, as ``yiqihui crawl`` makes it; its exit code."""
    capture.now = lambda: site.hour.isoformat()
    with open_session(path, "crawl") as session:
        options = CrawlOptions(start_urls=(f"{HOST}/news/",), mode=mode, details=False)  # type: ignore[arg-type]
        controller = CrawlController(session, options)
        meter = Meter(started_at=site.hour.isoformat())
        _fetch(session, site, meter, f"{HOST}/robots.txt", None)
        while (task := controller.next_task()) is not None:
            controller.record_page(_fetch(session, site, meter, task.url, task))
        summary = controller.finish(interrupted=False)
        session.stats |= {"requests": len(meter.asked), "pages": summary.pages}
        session.exit_code, session.outcome = decide(summary)
        session.monitors = consult(session, meter, summary)
        return int(session.exit_code)


def _fetch(session: Session, site: Site, meter: Meter, url: str, task: FetchTask | None) -> PageItem:
    response = site.answer(url)
    request = Request(url, cb_kwargs={"task": task} if task else {})
    meter.request_reached_downloader(request)
    meter.response_downloaded(response, request)
    kept = capture.save_response(session, request, response, LIMIT)
    content_type = response.headers["Content-Type"].decode()
    text, page, reading = read_page(response.body, content_type, url, session.site)
    return PageItem(url, response.body, content_type, kept, task=task, text=text, page=page, reading=reading)


def size(path: Path) -> int:
    """Bytes in use, free pages not counted."""
    db = sqlite3.connect(path)
    pages, free, each = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    db.close()
    return int((pages - free) * each)


def year(path: Path, runs: int) -> Iterator[Run]:
    site = Site(datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=runs))
    for number in range(runs):
        kind = site.pass_an_hour() if number else "first"
        weekly = number % 168 == 0
        before, began = size(path) if number else 0, _cpu()
        code = crawl(path, site, "full" if weekly else None)
        yield Run("weekly" if weekly else kind, _cpu() - began, size(path) - before, code)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


WARMING = 200
"""Runs at the beginning that are not looked at: the monitors have no past yet."""

KINDS = {
    "quiet": "a run that finds nothing new",
    "drift": "a run that finds 5 of 20 counts grown",
    "news": "a run that finds a new article",
}


def measured(path: Path, count: int = RUNS) -> list[Row]:
    logging.disable(logging.WARNING)
    runs = list(year(path, count))
    assert {run.exit_code for run in runs} == {0}, {run.exit_code for run in runs}
    quarter = count // 4
    early, late = runs[WARMING : WARMING + quarter], runs[-quarter:]
    found = [row for kind in KINDS for row in _of_kind(kind, runs[WARMING:], early, late)]
    first, last = (sum(run.bytes for run in some) / 1e6 for some in (early, late))
    files = [file.stat().st_size for file in (path.parent / "warc").iterdir()]
    note = (
        f"{path.stat().st_size / 1e6:.1f} MB of database in all; WARC files: {len(files)} with "
        f"{sum(files) / 1e6:.1f} MB"
    )
    growth = f"{count:,} runs: growth of the database, last quarter"
    flat = Row(growth, f"{last:.2f} MB", f"first quarter: {first:.2f} MB", first / last, FLAT, note=note)
    return [*found, flat]


def _of_kind(kind: str, runs: list[Run], early: list[Run], late: list[Run]) -> list[Row]:
    grown = statistics.mean(run.bytes for run in runs if run.kind == kind)
    first, last = (
        statistics.median(run.cpu for run in some if run.kind == kind) * 1000 for some in (early, late)
    )
    size = Row(f"{KINDS[kind]}: database", f"{grown:,.0f} bytes")
    if kind == "quiet":
        size = replace(size, other=f"aim: {QUIET_BYTES:,} bytes", met=grown <= QUIET_BYTES)
    took = f"{KINDS[kind]}: processor time, last quarter"
    return [size, Row(took, f"{last:.0f} ms", f"first quarter: {first:.0f} ms", first / last, FLAT)]


def rows(count: int = RUNS) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder, "year.db"), count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=int, nargs="?", default=RUNS)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    found = rows(given.runs) if given.keep is None else measured(given.keep, given.runs)
    print(shown(found))
    print(*(row.note for row in found if row.note), sep="\n")


if __name__ == "__main__":
    main()
