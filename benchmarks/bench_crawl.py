"""Pages a second: our crawl with everything on, against a bare Scrapy spider.

Both crawl the same generated listings on loopback: N categories of 30 pages of 20 entries, each
entry about 1,400 characters.  Ours walks, captures to WARC, splits, normalises, archives and indexes;
the bare one extracts the same entries with ``response.css`` into a JSON-lines feed.
Each runs in a process of its own; the server in a third.  Aim: 0.7 of the bare spider.

Usage: python benchmarks/bench_crawl.py [CATEGORIES]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from table import Cost, Row, median_cost, process, shown

AIM = 0.7
QUIET_SECONDS, QUIET_MEGABYTES = 0.5, 80
PER_PAGE = 20
PAGES_EACH = 30
"""Pages of one category's listing; the one the real site showed has 7."""
POOL = (
    "社群电商返利购物资讯平台用户商家品类生鲜团购补贴会员供应链直播小程序优惠券"
    "一起惠获悉日前表示已经将会通过新的模式完成增长"
)
HEAD = (
    '<html><head><meta charset="utf-8"></head><body><div>当前位置:<a href="/">首页</a>&gt;'
    '<a href="/news/">一起惠资讯</a>'
)


def entry(number: int) -> str:
    rng = random.Random(number)
    body = "".join(rng.choices(POOL, k=1400)) + f"第{number}号。"
    when = datetime(2019, 6, 1) - timedelta(minutes=37 * number)  # noqa: DTZ001 - printed without a zone
    return (
        f'<div class="e"><h3><a class="t" href="/news/view/{number}.html">标题{number}</a></h3>'
        f'<p class="b">{body}</p><p class="m"><span>一起惠</span>'
        f"<i>{when:%Y-%m-%d %H:%M:%S}</i><em>{number % 997} 次</em></p></div>"
    )


def section(categories: int) -> bytes:
    links = "".join(
        f'<a class="next" href="/news/list?cat={n}&page=1">分类{n}</a>' for n in range(categories)
    )
    return f"{HEAD}</div><div>{links}</div></body></html>".encode()


def listing(category: int, page: int) -> bytes:
    first, total = (page - 1) * PER_PAGE + 1, PAGES_EACH * PER_PAGE
    numbers = range(category * total + first, category * total + first + PER_PAGE)
    following = "下一页"
    if page < PAGES_EACH:
        following = f'<a class="next" href="/news/list?cat={category}&page={page + 1}">下一页</a>'
    return (
        f"{HEAD}&gt;<a>分类{category}</a>&gt;文章列表</div><h2>分类{category}</h2><div>"
        f"{''.join(map(entry, numbers))}</div>"
        f"<div>{first}-{first + PER_PAGE - 1}/{total} 记录{page}/{PAGES_EACH} 页{following}</div>"
        "</body></html>"
    ).encode()


def serve(categories: int) -> None:
    pages = [(category, page) for category in range(categories) for page in range(1, PAGES_EACH + 1)]
    cache = {f"/news/list?cat={c}&page={p}": listing(c, p) for c, p in pages} | {
        "/news/": section(categories)
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = cache.get(self.path, b"none")
            self.send_response(200 if self.path in cache else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


BARE = """
import scrapy
class Bare(scrapy.Spider):
    name = "bare"
    custom_settings = {"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
        "COOKIES_ENABLED": False, "CONCURRENT_REQUESTS": 1, "FEEDS": {"out.jsonl": {"format": "jsonlines"}}}
    async def start(self):
        yield scrapy.Request(URL)
    def parse(self, response):
        for e in response.css("div.e"):
            yield {"title": e.css("a.t::text").get(), "body": e.css("p.b::text").get(),
                   "marker": "".join(e.css("p.m ::text").getall())}
        for href in response.css("a.next::attr(href)").getall():
            yield response.follow(href)
"""


def rows(categories: int = 10) -> list[Row]:
    with served(categories) as url, tempfile.TemporaryDirectory() as folder:
        return _measured(url, Path(folder), categories)


@contextmanager
def served(categories: int) -> Iterator[str]:
    """The address of the section, on a server in a process of its own."""
    command = [sys.executable, __file__, "--serve", str(categories)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/news/"
        finally:
            server.terminate()


def _measured(url: str, folder: Path, categories: int) -> list[Row]:
    Path(folder, "bare.py").write_text(BARE.replace("URL", json.dumps(url)), "utf-8")
    bare = process([sys.executable, "-m", "scrapy", "runspider", "bare.py"], folder)
    pages = categories * PAGES_EACH
    got = Path(folder, "out.jsonl").read_text("utf-8").count("\n")
    assert got == pages * PER_PAGE, got
    ours = [sys.executable, "-m", "yiqihui_spider", "crawl", "--start-url", url, "--archive", "a.db",
            "--delay", "0", "--no-details", "--json"]  # fmt: skip
    new = process(ours, folder)
    known = process([*ours, "--mode", "full"], folder)
    quiet = median_cost(lambda: process(ours, folder))
    other = f"a bare spider: {_told(bare, pages)}"
    return [
        Row(f"{pages} pages of {PER_PAGE} new articles", _told(new, pages), other, bare.cpu / new.cpu, AIM),
        Row(f"{pages} pages of known articles", _told(known, pages), other, bare.cpu / known.cpu, AIM),
        Row(
            f"a quiet run over {categories} categories",
            f"{quiet.cpu:.2f} s of processor, {quiet.megabytes:.0f} MB",
            f"aims: {QUIET_SECONDS} s, {QUIET_MEGABYTES} MB",
            met=quiet.cpu <= QUIET_SECONDS and quiet.megabytes <= QUIET_MEGABYTES,
        ),
    ]


def _told(cost: Cost, pages: int) -> str:
    return f"{cost.cpu / pages * 1000:.1f} ms of processor a page, {pages / cost.seconds:.0f} pages/s"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        print(shown(rows(*map(int, sys.argv[1:2]))))
