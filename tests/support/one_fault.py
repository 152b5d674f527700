"""One thing wrong at a time, on pages of the sample site and on a crawl of it. Adding a fault is one line.

A crawl here is the desk with the site behind it, without Scrapy and the network, so that hundreds
take a minute; ``test_crawl_lasting.py`` has some of the same faults in whole crawls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from support.hui import read_page
from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.clock import now
from yiqihui_spider.crawl.controller import CrawlController
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import Summary, decide
from yiqihui_spider.errors import Exit
from yiqihui_spider.items import FailureItem, FetchTask, PageItem
from yiqihui_spider.sample.pages import article_address
from yiqihui_spider.sample.site import Response, SampleSite
from yiqihui_spider.session import Session, open_session

HOME = "http://127.0.0.1:1"
MARKER = re.compile(
    r"<div><span>(?P<source>[^<]*)</span><span><i></i>(?P<time>[^<]*)</span><em>(?P<views>\d+) 次</em></div>"
)
DUMPED = re.compile(
    r"(?m)^(?P<source>[^\d\n]*?|36氪)(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?P<views>\d+) 次$"
)

# --- markers -----------------------------------------------------------------------------------

Parts = tuple[str, str]
"""Time and count, as printed, the count with its word."""


def _time(form: str) -> Callable[[str, str], Parts]:
    """The time printed in another way: ``{y} {mo} {d} {h} {mi} {s}``, and without leading zeros
    ``{m1} {d1} {h1}``."""

    def change(time: str, views: str) -> Parts:
        year, month, day, hour, minute, second = re.findall(r"\d+", time)
        return form.format(
            y=year, mo=month, d=day, h=hour, mi=minute, s=second, m1=int(month), d1=int(day), h1=int(hour)
        ), f"{views} 次"

    return change


def _count(form: str) -> Callable[[str, str], Parts]:
    return lambda time, views: (time, form.format(v=int(views), c=f"{int(views):,}"))


UNREADABLE: dict[str, Callable[[str, str], Parts]] = {
    **{f"count {form or 'missing'}": _count(form) for form in (
        "暂无", "暂无 次", "", "次", "-- 次", "-5 次", "null 次", "NaN 次", "undefined次", "N/A",
        "? 次", "* 次",
        "{v}.{v}.1 次", "0{v} 次", "99999999999999999999 次", "加载中…", "阅读", "{v}", "{v} views",
        "{v} 回", "保密",
        "- 次", "— 次", "<!-- {v} --> 次", "<script>document.write({v})</script> 次", "约 次",
        "千 次", "万 次", "一千二百 次", "1e3 次", "0x1f 次", "1/2 次", "100-200 次", "٤٠٧ 次", "①②③ 次")},
    **{f"time {form or 'missing'}": _time(form) for form in (
        "3小时前", "昨天 {h}:{mi}", "刚刚", "5天前", "前天", "{mo}-{d} {h}:{mi}:{s}", "{h}:{mi}:{s}",
        "{y}-13-45 25:61:00",
        "{y}-02-30 {h}:{mi}:{s}", "0000-00-00 00:00:00", "", "1555119007", "Invalid Date",
        "NaN-NaN-NaN NaN:NaN:NaN",
        "{d}/{mo}/{y} {h}:{mi}:{s}", "Apr {d}, {y} {h}:{mi}", "二〇一九年四月十三日", "{y}-{mo}",
        "{y}年{mo}月",
        "null",
        "{y}{mo}{d}{h}{mi}{s}", "{y}-{mo}-{d}T{h}:{mi}:{s}+08:00", "{y}-{mo}-{d} {h}:{mi}:60",
        "农历三月初九", "民国108年{m1}月{d1}日 {h}:{mi}:{s}", "{y}-{mo}-{d} 24:00:00",
        "{y}-{mo}-{d} 上午{h}:{mi}", "{y}-{mo}-{d} {h}:{mi}:{s}.000", "1970-01-01 08:00:00")},
    "both missing": lambda time, views: ("", ""),
    "both ago": lambda time, views: ("3小时前", "暂无"),
}  # fmt: skip
"""Forms that say nothing certain: refused, or read as what they mean."""

WIDE = {48 + n: 0xFF10 + n for n in range(10)}

READABLE: dict[str, tuple[Callable[[str, str], Parts], Callable[[int], int]]] = {
    "as ever": (lambda time, views: (time, f"{views} 次"), lambda views: views),
    "thousands": (_count("{c} 次"), lambda views: views),
    "thousands, full width": (lambda time, views: (time, f"{int(views):,} 次".replace(",", ",")),
                              lambda views: views),
    "no space": (_count("{v}次"), lambda views: views),
    "more space": (_count("{v} &nbsp; 次"), lambda views: views),
    "ten thousands": (_count("1.2万 次"), lambda views: 12_000),
    "ten thousands and more": (_count("10万+ 次"), lambda views: 100_000),
    "and more": (_count("100000+ 次"), lambda views: 100_000),
    "hundred millions": (_count("1.5亿 次"), lambda views: 150_000_000),
    "zero": (_count("0 次"), lambda views: 0),
    "full width": (lambda time, views: (time, views.translate(WIDE) + " 次"), lambda views: views),
    **{f"time {form}": (_time(form), lambda views: views) for form in (
        "{y}/{mo}/{d} {h}:{mi}:{s}", "{y}.{mo}.{d} {h}:{mi}:{s}", "{y}年{mo}月{d}日 {h}:{mi}:{s}",
        "{y}年{m1}月{d1}日 {h}:{mi}:{s}", "{y}-{m1}-{d1} {h1}:{mi}:{s}", "{y}/{m1}/{d1} {h1}:{mi}:{s}",
        "{y}-{mo}-{d}&nbsp;{h}:{mi}:{s}", "{y}-{mo}-{d}  {h}:{mi}:{s}", "{y}-{mo}-{d} {h}：{mi}：{s}")},
}  # fmt: skip
"""Forms that say what they mean: each is read, with these views."""


def with_marker(text: str, which: int, form: Callable[[str, str], Parts], within: re.Pattern[str]) -> str:
    """A page or dump with its ``which``-th marker printed otherwise."""
    found = list(within.finditer(text))[which]
    time, count = form(found["time"], found["views"])
    if within is MARKER:
        made = f"<div><span>{found['source']}</span><span><i></i>{time}</span><em>{count}</em></div>"
    else:
        made = found["source"] + unescape(re.sub(r"<[^>]*>", "", time + count))
    return text[: found.start()] + made + text[found.end() :]


# --- crawls without a network ------------------------------------------------------------------

Answer = Response | FailureItem
Fault = Callable[["World", str, Response], Response]
"""What becomes of an answer; ``BrokenError`` where none comes."""


class BrokenError(Exception):
    """No answer, or a part of one: its reason and kind, and how much came."""

    def __init__(self, reason: str, kind: str, came: float | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.came = came


@dataclass
class World:
    """A site and what is wrong with it: one fault at one address, as long as it is there."""

    site: SampleSite
    target: str | None = None
    fault: Fault | None = None
    met: int = 0

    def get(self, target: str) -> Response:
        response = self.site.get(target)
        if self.fault is None or target != self.target:
            return response
        self.met += 1
        return self.fault(self, target, response)


@dataclass
class Crawled:
    code: Exit
    outcome: str
    summary: Summary
    steps: list[FetchTask]


def crawl(archive: Path, world: World, mode: str | None = None) -> Crawled:
    with open_session(archive, "crawl") as session:
        plan = CrawlOptions(start_urls=(HOME + "/news/",), mode=mode)  # type: ignore[arg-type]
        desk = CrawlController(session, plan)
        steps = []
        while step := desk.next_task():
            steps.append(step)
            _answer(desk, session, world, step)
        summary = desk.finish(interrupted=False)
        session.exit_code, session.outcome = decide(summary)
        return Crawled(Exit(session.exit_code), session.outcome, summary, steps)


def _answer(desk: CrawlController, session: Session, world: World, step: FetchTask) -> None:
    parts = urlsplit(step.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    cut: BrokenError | None = None
    try:
        response = world.get(target)
    except BrokenError as error:
        if error.came is None:
            desk.record_failure(FailureItem(step, str(error), error.kind))  # type: ignore[arg-type]
            return
        cut, response = error, world.site.get(target)
        response = replace(response, body=response.body[: int(len(response.body) * error.came)])
    capture = session.warc.write_response(
        url=step.url, request_headers=b"GET / HTTP/1.1\r\n\r\n", status=response.status, reason="X",
        headers=list(response.headers.items()), body=response.body, captured_at=now(),
        truncated="disconnect" if cut else None,
    )  # fmt: skip
    content_type = response.headers.get("Content-Type")
    capture = replace(
        capture, id=save_capture(session.db, session.run_id, capture, content_type=content_type)
    )
    if cut is not None:
        desk.record_failure(FailureItem(step, str(cut), "broken", capture))
    elif response.status != 200:
        kind = "unreachable" if response.status >= 500 else "http"
        desk.record_failure(FailureItem(step, f"{response.status} X", kind, capture))  # type: ignore[arg-type]
    else:
        text, page, reading = read_page(response.body, content_type, step.url)
        desk.record_page(
            PageItem(
                step.url, response.body, content_type, capture, step, text=text, page=page, reading=reading
            )
        )


# --- faults of a crawl -------------------------------------------------------------------------


def altered(change: Callable[[str], str]) -> Fault:
    """Another text than the site's."""

    def fault(world: World, target: str, response: Response) -> Response:
        text = change(response.text)
        if text == response.text:
            raise ValueError("the fault does not fault")
        return replace(response, body=text.encode())

    return fault


def status(code: int) -> Fault:
    return lambda world, target, response: replace(response, status=code, body="出错了".encode())


def instead(choose: Callable[[SampleSite, str], str]) -> Fault:
    """The page of another address."""
    return lambda world, target, response: world.site.get(choose(world.site, target))


def broken(reason: str, kind: str, came: float | None = None) -> Fault:
    def fault(world: World, target: str, response: Response) -> Response:
        raise BrokenError(reason, kind, came)

    return fault


def part(share: float) -> Fault:
    """A part of the document, properly sent."""
    return lambda world, target, response: replace(
        response, body=response.body[: int(len(response.body) * share)]
    )


def entry_of(text: str, which: int) -> tuple[int, int]:
    listing = re.search(r"(?s)</h2>\s*<ul>(.*?)</ul>", text)
    assert listing is not None
    found = list(re.finditer(r"(?s)<li>.*?</li>", listing[1]))
    which = min(which, len(found) - 1)
    return listing.start(1) + found[which].start(), listing.start(1) + found[which].end()


def without_entry(text: str) -> str:
    start, end = entry_of(text, 1)
    return text[:start] + text[end:]


def entry_twice(text: str) -> str:
    start, end = entry_of(text, 0)
    return text[:end] + text[start:end] + text[end:]


def turned(text: str) -> str:
    (a, b), (c, d) = entry_of(text, 0), entry_of(text, 1)
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:] if a != c else text + " "


def in_entry(pattern: str, new: str, which: int = 1) -> Callable[[str], str]:
    def change(text: str) -> str:
        start, end = entry_of(text, which)
        return text[:start] + re.sub(pattern, new, text[start:end], flags=re.DOTALL) + text[end:]

    return change


def everywhere(pattern: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text, flags=re.DOTALL)


def marked(form: str, forms: Mapping[str, Callable[[str, str], Parts]] = UNREADABLE) -> Callable[[str], str]:
    """The first marker of the page's content (and of the page) can't be read."""
    return lambda text: with_marker(text, 0, forms[form], MARKER)


def other_page(site: SampleSite, target: str) -> str:
    return target[:-1] + ("2" if target.endswith("1") else "1")


def other_category(site: SampleSite, target: str) -> str:
    return re.sub(r"cat=\d", "cat=5" if "cat=3" in target else "cat=3", target)


def other_article(site: SampleSite, target: str) -> str:
    addresses = [article_address(one) for one in site.articles.values()]
    return addresses[(addresses.index(target) + 1) % len(addresses)]


LOGIN = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>用户登录</title></head><body>
<h1>用户登录</h1><form><p>用户名 <input name="u"></p><button>登录</button></form></body></html>"""

TITLE = r"(<h3><a [^>]*>)(.*?)(</a></h3>)"

ANYWHERE: dict[str, Fault] = {
    "500": status(500), "503": status(503), "404": status(404), "410": status(410), "403": status(403),
    "no answer": broken("timed out", "unreachable"),
    "cut off": broken("cut off", "broken", 0.6),
    "cut off at once": broken("cut off", "broken", 0.0),
    "login page": altered(lambda text: LOGIN),
    "empty page": altered(lambda text: ""),
    "white page": altered(lambda text: "<html><body></body></html>"),
    "not found, 200": instead(lambda site, target: "/nowhere"),
    "start page": instead(lambda site, target: "/news/"),
    "home page": instead(lambda site, target: "/"),
    "page of another section": instead(lambda site, target: "/help/"),
    "JSON": altered(lambda text: '{"code": 500, "data": null, "msg": "系统繁忙"}'),
    "a picture": lambda world, target, response: world.site.get("/static/pic.gif"),
    **{f"only {share:.0%} sent": part(share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)},
}  # fmt: skip
"""What can befall any page."""

LISTED: dict[str, Fault] = {
    "hidden entry": altered(without_entry),
    "entry twice": altered(entry_twice),
    "two entries turned": altered(turned),
    "no marker": altered(in_entry(r"<div><span>[^<]*</span><span><i>.*?</div>", "")),
    "no title": altered(in_entry(TITLE, "")),
    "empty title": altered(in_entry(TITLE, r"\1\3")),
    "no text": altered(in_entry(r"(</h3>\n<div>).*?(</div>)", r"\1\2")),
    "no time in any": altered(everywhere(r"<i></i>[^<]*", "<i></i>")),
    "no count in any": altered(everywhere(r"<em>\d+ 次</em>", "<em></em>")),
    "no pager": altered(everywhere(r"<span>\d+-\d+/\d+ 记录\d+/\d+ 页</span>", "")),
    "no pager and no links": altered(everywhere(r"<div><span>\d+-\d+/\d+ 记录.*?</div>", "")),
    "other word in the pager": altered(everywhere(r"(\d) 记录", r"\1 条")),
    "total one more": altered(everywhere(r"/(\d+) 记录",
    lambda m: f"/{int(m[1]) + 1} 记录")),  # type: ignore[arg-type]
    "total one less": altered(everywhere(r"/(\d+) 记录",
    lambda m: f"/{int(m[1]) - 1} 记录")),  # type: ignore[arg-type]
    "pager of another page": altered(everywhere(r"\d+-\d+/(\d+) 记录\d+/", r"7-9/\1 记录3/")),
    "no breadcrumb": altered(everywhere(r"<div>当前位置.*?</div>", "")),
    "other page": instead(other_page),
    "other category": instead(other_category),
    "empty list": altered(lambda text: everywhere(
        r"(</h2>\n<ul>).*?(</ul>)", r"\1\2")(everywhere(
            r"<div><span>\d+-\d+/\d+ 记录.*?</div>", "<div><span>0-0/0 记录1/1 页</span></div>")(text))),
    "an article": instead(lambda site, target: article_address(next(iter(site.articles.values())))),
    "no entries": altered(everywhere(r"(</h2>\n<ul>).*?(</ul>)", r"\1\2")),
    "link to another's number": altered(in_entry(r"/news/view/\d+\.html", "/news/view/4447.html")),
    **{f"marker: {form}": altered(marked(form)) for form in UNREADABLE},
}  # fmt: skip

DETAIL: dict[str, Fault] = {
    "another article": instead(other_article),
    "a listing": instead(lambda site, target: site.address("社群")),
    "no text": altered(everywhere(r"(</span><em>\d+ 次</em></div>\n<div>)(?!<span>).*?(</div>\n<div>)",
    r"\1\2")),
    "no title": altered(everywhere(r"<h1>.*?</h1>", "")),
    "no breadcrumb": altered(everywhere(r"<div>当前位置.*?</div>", "")),
    "first paragraph only": altered(everywhere(r"(</em></div>\n<div>\n<p>.*?</p>).*?(\n</div>\n<div>)",
    r"\1\2")),
    **{f"marker: {form}": altered(marked(form)) for form in UNREADABLE},
}  # fmt: skip


def faults_of(target: str) -> dict[str, Fault]:
    if "list" in target:
        return ANYWHERE | LISTED
    return ANYWHERE | DETAIL if "view" in target else ANYWHERE
