"""The reading room over a large archive: how long each page takes, and how large it is.

The archive holds articles in three categories, each seen in a listing and once more a month later,
with the captures and walks behind them.

Aim: every page under 100 KB and 200 ms at 200,000 articles.

Usage: python benchmarks/bench_room.py [ARTICLES] [--keep FILE] [--check]
With --check the exit code is 1 if an aim is missed.  A kept FILE is used again if it exists.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench_search import articles, build, place
from sqlite_utils import Database
from table import Row, shown

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.search.index import direct_indexing
from yiqihui_spider.serving.app import make_datasette

AIM_MS, AIM_BYTES = 200.0, 100_000
ROUNDS = 5
CATEGORIES = ("社群", "购物资讯", "电商")
SOURCES = ("一起惠", "一起惠返利网", "36氪", "河边日报", None)

AROUND = """
    INSERT INTO runs (id, command, started_at, finished_at, outcome, exit_code, software)
      VALUES (1, 'crawl', '2026-10-01T06:00:00+00:00', NULL, NULL, NULL, 'bench/1');
    UPDATE articles SET site_id = 1000 + id,
      url = 'http://www.178hui.com/news/view/' || (1000 + id) || '.html',
      label = title, views = (id * 7919) % 5000, views_at = '2026-11-01T06:00:00+00:00',
      first_seen_at = '2026-10-01T06:00:00+00:00', last_seen_at = '2026-11-01T06:00:00+00:00',
      source = (SELECT value FROM json_each(:sources) WHERE key = articles.id % 5);
    INSERT INTO captures (id, run_id, url, kind, captured_at, http_status, payload_digest, warc_file,
        warc_offset, warc_length, category, declared_total, entries, elapsed_ms, parser_version)
      SELECT visit.key * 1000000 + id, 1, 'http://www.178hui.com/news/list-' || id || '.html', 'listing',
        strftime('%Y-%m-%dT%H:%M:%S+00:00', visit.value, '+' || id || ' minutes'), 200,
        'sha1:' || visit.key || '-' || id, visit.key || 'bench.warc.gz', id * 1000, 900, '社群',
        :articles / 3, 20, 100 + id % 200, '1'
      FROM json_each('["2026-10-01T06:00:00", "2026-11-01T06:00:00"]') AS visit CROSS JOIN articles
      WHERE id <= :articles / 20 + 1;
    INSERT INTO entry_facts (id, article_id, title, content_hash, body_chars, published_at)
      SELECT id, id, title, 'x', body_chars, published_at FROM articles;
    INSERT INTO observations (capture_id, position, facts_id, views, span_start, span_end, counted)
      SELECT visit.value * 1000000 + (id - 1) / 20 + 1, (id - 1) % 20, id, views / (2 - visit.value), 0, 10, 1
      FROM json_each('[0, 1]') AS visit CROSS JOIN articles;
    INSERT INTO article_categories (article_id, category, first_listed_at, last_listed_at)
      SELECT id, (SELECT value FROM json_each(:categories) WHERE key = articles.id % 3),
        '2026-10-01T06:00:00+00:00', '2026-11-01T06:00:00+00:00' FROM articles;
    INSERT INTO walks (run_id, category, started_at, finished_at, declared_total, distinct_articles,
        certified)
      SELECT 1, value, '2026-10-01T06:00:00+00:00', '2026-10-01T06:30:00+00:00', :articles / 3,
        :articles / 3, 1
      FROM json_each(:categories);
    UPDATE articles SET state = 'missing' WHERE id % 1000 = 0;
    INSERT INTO absences (article_id, last_seen_at, missing_at)
      SELECT id, '2026-10-01T06:00:00+00:00', '2026-11-01T06:00:00+00:00'
      FROM articles WHERE state = 'missing'
"""
"""What a crawl would have left beside the articles."""

PAGES = {
    "front": "/",
    "front in Chinese": "/?lang=zh",
    "search, in half of all": f"/search?q={quote('拼团')}",
    "search, two words": f"/search?q={quote('社群 GMV')}",
    "search, rare": f"/search?q={quote('云仓店')}",
    "search, page 50": f"/search?q={quote('拼团')}&page=50",
    "search, by relevance": f"/search?q={quote('社群')}&sort=relevance",
    "search, filtered": f"/search?q={quote('拼团')}&category=电商&source=36氪&since=2015&until=2016",
    "browsing": "/search?q=",
    "browsing, filtered": f"/search?q=&category={quote('社群')}&since=2014",
    "article": "/article/471",
    "database": "/yiqihui",
    "table of articles": "/yiqihui/articles",
    "row of an article": "/yiqihui/articles/471",
    "search, one character": f"/search?q={quote('群')}",
    "search, in every text": f"/search?q={quote('我们')}",
    "search, in none": f"/search?q={quote('绝无此词')}",
    "search, one category": f"/search?q={quote('拼团')}&category={quote('电商')}",
    "browsing, no such category": f"/search?q=&category={quote('无此')}",
    "table of captures": "/yiqihui/captures",
    "table of sightings": "/yiqihui/sightings",
    "view of months": "/yiqihui/articles_by_month",
    "view of sources": "/yiqihui/source_share",
    "view of growth": "/yiqihui/view_growth",
    "ready query of growth": "/yiqihui/fastest_growing",
}


def fill(db: Database, count: int) -> None:
    made = articles(count, random.Random(5))
    for _ in range(0, count, 1000):
        build(db, [article for _, article in zip(range(1000), made, strict=False)])
    values = {"sources": _json(SOURCES), "categories": _json(CATEGORIES), "articles": count}
    with direct_indexing(db):  # no text changes, so the index need not know
        for statement in AROUND.split(";"):
            db.execute(statement, values)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _json(values: tuple[str | None, ...]) -> str:
    import json

    return json.dumps(values, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page took."""

    first: float
    """Milliseconds of the first time, the caches cold."""
    median: float
    bytes: int
    status: int

    @property
    def right(self) -> bool:
        return self.status == 200 and self.median < AIM_MS and self.bytes < AIM_BYTES


async def measure(path: Path) -> dict[str, Shown]:
    datasette: Any = make_datasette(path)
    await datasette.invoke_startup()
    found = {}
    for name, url in PAGES.items():
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            answer = await datasette.client.get(url)
            times.append((time.perf_counter() - started) * 1000)
        found[name] = Shown(times[0], statistics.median(times), len(answer.content), answer.status_code)
    for database in datasette.databases.values():
        database.close()
    return found


def as_rows(found: dict[str, Shown]) -> list[Row]:
    return [
        Row(
            f"the page “{name}”",
            f"{one.median:.0f} ms, first {one.first:.0f} ms, {one.bytes:,} bytes",
            f"aims: {AIM_MS:.0f} ms, {AIM_BYTES:,} bytes",
            met=one.right,
            note="" if one.status == 200 else f"status {one.status}",
        )
        for name, one in found.items()
    ]


def rows(count: int = 200_000) -> list[Row]:
    with place(None) as path:
        db = open_archive(path)
        fill(db, count)
        db.close()
        return as_rows(asyncio.run(measure(path)))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int, nargs="?", default=200_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    with place(given.keep) as path:
        if not path.exists():
            db = open_archive(path)
            fill(db, given.articles)
            db.close()
        found = asyncio.run(measure(path))
    print(shown(as_rows(found)))
    return 1 if given.check and not all(one.right for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
