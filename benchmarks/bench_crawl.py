"""Pages a second: our crawl with everything on, against a bare Scrapy spider.

Both crawl the same generated listing on loopback: N pages of 20 entries, each entry about
1,500 characters.  Ours walks, captures to WARC, splits, normalises, archives and indexes;
the bare one extracts the same entries with ``response.css`` into a JSON-lines feed.
Each runs in a process of its own; the server in a third.  Aim: 0.7 of the bare spider.

Usage: python benchmarks/bench_crawl.py [PAGES]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PER_PAGE = 20
POOL = (
    "社群电商返利购物资讯平台用户商家品类生鲜团购补贴会员供应链直播小程序优惠券"
    "一起惠获悉日前表示已经将会通过新的模式完成增长"
)


def entry(number: int, page: int) -> str:
    rng = random.Random(number)
    body = "".join(rng.choices(POOL, k=1400)) + f"第{number}号。"
    when = datetime(2019, 6, 1) - timedelta(minutes=37 * number)  # noqa: DTZ001
    return (
        f'<div class="e"><h3><a class="t" href="/news/view/{number}.html">标题{number}</a></h3>'
        f'<p class="b">{body}</p><p class="m"><span>一起惠</span>'
        f"<i>{when:%Y-%m-%d %H:%M:%S}</i><em>{number % 997} 次</em></p></div>"
    )


def listing(page: int, pages: int) -> bytes:
    first, total = (page - 1) * PER_PAGE + 1, pages * PER_PAGE
    entries = "".join(entry(number, page) for number in range(first, first + PER_PAGE))
    following = f'<a class="next" href="/list?page={page + 1}">下一页</a>' if page < pages else "下一页"
    return (
        '<html><head><meta charset="utf-8"></head><body><div>当前位置:<a href="/">首页</a>&gt;'
        '<a href="/news/">一起惠资讯</a>&gt;<a>社群</a>&gt;文章列表</div><h2>社群</h2><div>'
        f"{entries}</div><div>{first}-{first + PER_PAGE - 1}/{total} 记录{page}/{pages} 页{following}</div>"
        "</body></html>"
    ).encode()


def serve(pages: int) -> None:
    cache = {page: listing(page, pages) for page in range(1, pages + 1)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found = parts.path == "/list"
            body = cache[int(parse_qs(parts.query).get("page", ["1"])[0])] if found else b"none"
            self.send_response(200 if found else 404)
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


def timed(command: list[str], cwd: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(pages: int) -> None:
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(pages)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{int(server.stdout.readline())}/list?page=1"
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "bare.py").write_text(BARE.replace("URL", json.dumps(url)), "utf-8")
            run = [sys.executable, "-m", "scrapy", "runspider", "bare.py"]
            ours = [sys.executable, "-m", "yiqihui_spider", "crawl", "--start-url", url, "--archive", "a.db",
                    "--delay", "0", "--no-details", "--json"]  # fmt: skip
            idle_bare = timed([sys.executable, "-c", "import scrapy.cmdline, scrapy.crawler"], folder)
            bare, own = timed(run, folder), timed(ours, folder)
            rows = Path(folder, "out.jsonl").read_text("utf-8").count("\n")
    finally:
        server.terminate()
        server.wait()
    assert rows == pages * PER_PAGE, rows
    print(f"{pages} pages of {PER_PAGE} new articles (start-up of about {idle_bare:.1f} s is in both)")
    print(f"bare spider  {pages / bare:7.1f} pages/s   {bare:6.2f} s")
    print(f"yiqihui      {pages / own:7.1f} pages/s   {own:6.2f} s")
    print(f"ratio        {bare / own:7.2f}   (aim: 0.7)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
