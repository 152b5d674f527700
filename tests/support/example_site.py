"""The made-up site of docs/site-profiles.md, 市集周报, over HTTP: other hosts, words, addresses,
pager and markers than 178hui's, the markers before the texts, and no seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.paths import ROOT
from yiqihui_spider.sample.server import SampleServer, serve
from yiqihui_spider.sample.site import Response

PROFILE = ROOT / "docs" / "example-site.toml"
PER_PAGE = 4
CATEGORIES = {"手作": 1, "菜谱": 2}


@dataclass
class Article:
    number: int
    category: str
    title: str
    source: str
    time: str
    views: int
    paragraphs: tuple[str, ...]

    @property
    def marker(self) -> str:
        return f"来自 {self.source} | {self.time} | {self.views} 人读过"


def _articles() -> list[Article]:
    made = [("竹篮", "手作"), ("陶碗", "手作"), ("豆腐", "菜谱")]
    found = []
    for n in range(20):
        what, category = made[n % 3]
        found.append(
            Article(
                900 - n,
                category,
                f"第{n + 1}期：{what}怎么做",
                ("市集周报", "36号院", "老街手记")[n % 3],
                # two articles of one minute stay two
                f"2020年5月{28 - n // 2}日 9:{40 if n < 2 else 40 - n}",
                1000 + 17 * n,
                (
                    f"第{n + 1}期说的是{what}，材料在集市第{n + 3}排就能买到。",
                    f"上次在2020年5月1日 10:20 写过一回，{n + 2}位读者试过，都说不难。",
                ),
            )
        )
    return found


@dataclass
class ExampleSite:
    articles: list[Article] = field(default_factory=_articles)

    def listed(self, category: str) -> list[Article]:
        return [one for one in self.articles if one.category == category]

    def pages(self, category: str) -> int:
        return -(-len(self.listed(category)) // PER_PAGE)

    # --- pages -----------------------------------------------------------------------------

    def get(self, target: str, headers: Mapping[str, str] = {}) -> Response:
        url = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/robots.txt":
            return Response(200, {"Content-Type": "text/plain"}, b"User-agent: *\nAllow: /\n")
        if url.path == "/ji/":
            return _page("市集周报", self._section())
        if url.path == "/ji/list.php":
            names = [name for name, number in CATEGORIES.items() if str(number) == asked.get("lm")]
            if names and asked.get("p", "1").isdigit():
                return _page(names[0], self.listing(names[0], int(asked.get("p", "1"))))
        if url.path == "/read.php":
            wanted = [one for one in self.articles if str(one.number) == asked.get("id")]
            if wanted:
                return _page(f"{wanted[0].title} - 市集周报", self._article(wanted[0]))
        return Response(404, {"Content-Type": "text/html; charset=utf-8"}, "没有这一页".encode())

    def _section(self) -> str:
        links = "".join(
            f'<li><a href="/ji/list.php?lm={number}&amp;p=1">{name}</a></li>'
            for name, number in CATEGORIES.items()
        )
        return f'<div>您的位置：<a href="/">主页</a> &gt; 市集周报</div><ul>{links}</ul>'

    def listing(self, category: str, page: int) -> str:
        every = self.listed(category)
        shown = every[(page - 1) * PER_PAGE : page * PER_PAGE]
        crumb = f'<div>您的位置：<a href="/">主页</a> &gt; 市集周报 &gt; {category} &gt; 全部文章</div>'
        entries = "".join(
            f'<article><h3><a href="/read.php?id={one.number}">{escape(one.title)}</a></h3>'
            f"<p>{escape(one.marker)}</p><div>{escape(''.join(one.paragraphs))}</div></article>"
            for one in shown
        )
        return f"{crumb}<h2>{category}</h2><main>{entries}{self._pager(category, page)}</main>{_ASIDE}"

    def _pager(self, category: str, page: int) -> str:
        pages = self.pages(category)

        def link(word: str, number: int) -> str:
            return f'<a href="/ji/list.php?lm={CATEGORIES[category]}&amp;p={number}">{word}</a>'

        numbers = " ".join(link(str(n), n) for n in range(1, pages + 1))
        onward = link("下页", page + 1) if page < pages else "下页"
        counts = f"第 {page}/{pages} 页，共 {len(self.listed(category))} 篇"
        return f"<p>{counts} {link('第一页', 1)} {numbers} {onward} {link('最末页', pages)}</p>"

    def _article(self, one: Article) -> str:
        text = "".join(f"<p>{escape(line)}</p>" for line in one.paragraphs)
        crumb = f"<div>您的位置：主页 &gt; 市集周报 &gt; {one.category} &gt; {escape(one.title)}</div>"
        return f"{crumb}<h1>{escape(one.title)}</h1><p>{escape(one.marker)}</p><div>{text}</div>{_ASIDE}"

    # --- as text ---------------------------------------------------------------------------

    def dump(self, category: str, page: int) -> str:
        """A listing page flattened to text, titles on lines of their own."""
        shown = self.listed(category)[(page - 1) * PER_PAGE : page * PER_PAGE]
        lines = [f"您的位置：主页>市集周报>{category}>全部文章", category]
        for one in shown:
            lines += [one.title, one.marker, "".join(one.paragraphs)]
        total = len(self.listed(category))
        return "\n".join(
            [*lines, f"第{page}/{self.pages(category)}页，共{total}篇 第一页 1 2 下页 最末页", ""]
        )


_ASIDE = '<div>大家在看<ul><li><a href="/read.php?id=3">很久以前的一篇</a></li></ul></div>'


def _page(title: str, body: str) -> Response:
    head = f"<meta charset='utf-8'><title>{escape(title)}</title>"
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return Response(200, {"Content-Type": "text/html; charset=utf-8"}, html.encode())


@contextmanager
def example_server(site: ExampleSite | None = None) -> Iterator[SampleServer]:
    made: Any = site or ExampleSite()
    with serve(made) as server:
        yield server
