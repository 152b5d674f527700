"""Reading HTML: a listing page of 20 articles and an article's own page, beside general extractors.

Every tool gets the same pages of the sample site, with texts of the real site's length. What each got
right is counted: the title, the time to the second, the exact text, and on a listing page the articles
as separate ones. The peers were not made for listing pages with whole texts; that is the point.

Aim: ten times as fast as trafilatura on both.

Usage: python benchmarks/bench_html.py
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

from table import Row, cpu_of, shown

from yiqihui_spider import read_page
from yiqihui_spider.sample.article import Article
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.site import built_in

AIM = 10.0
CHARACTERS = 1400
"""Of an article on the one real page, about."""
ROUNDS = 3
HOST = "http://www.178hui.com"
SITE = built_in("178hui")


def long_site() -> SampleSite:
    """The sample site, each article as long as the real site's, no two alike."""
    site = SampleSite(page_size=20)
    rng = random.Random(7)
    blocks = [block for article in site.articles.values() for block in article.blocks if len(block) > 30]
    for number, article in list(site.articles.items()):
        longer = list(article.blocks)
        while sum(map(len, longer)) < CHARACTERS:
            longer.append(rng.choice(blocks))
        site.articles[number] = replace(article, blocks=tuple(longer), excerpt=None)
    return site


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    html: str
    articles: tuple[Article, ...]
    listing: bool


def pages() -> list[Page]:
    site = long_site()
    made = []
    for category in site.categories:
        for number in range(1, site.pages(category) + 1):
            target = site.address(category, number)
            made.append(
                Page(HOST + target, site.get(target).text, tuple(site.on_page(category, number)), True)
            )
    for article in site.articles.values():
        target = f"/news/view/{article.number}.html"
        made.append(Page(HOST + target, site.get(target).text, (article,), False))
    return made


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool says of one article."""

    title: str | None
    time: str | None
    body: str | None


def ours(page: Page) -> list[Found]:
    read = read_page(page.html.encode(), page.url, content_type="text/html; charset=utf-8", site=SITE)
    return [Found(one.title, one.published_at[:19].replace("T", " "), one.body) for one in read.articles]


def trafilatura(page: Page) -> list[Found]:
    import trafilatura

    text = trafilatura.extract(page.html, url=page.url, output_format="json", with_metadata=True)
    told = json.loads(text) if text else {}
    return [Found(told.get("title"), told.get("date"), told.get("text"))]


def newspaper4k(page: Page) -> list[Found]:
    import newspaper

    article = newspaper.Article(page.url, language="zh", fetch_images=False)
    article.download(input_html=page.html)
    article.parse()
    time = article.publish_date
    return [Found(article.title, time and time.strftime("%Y-%m-%d %H:%M:%S"), article.text)]


def readability(page: Page) -> list[Found]:
    import lxml.html
    from readability import Document

    document = Document(page.html)
    return [Found(document.title(), None, lxml.html.fromstring(document.summary()).text_content())]


def resiliparse(page: Page) -> list[Found]:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(page.html)
    return [Found(tree.title, None, extract_plain_text(tree, main_content=True))]


TOOLS: dict[str, Callable[[Page], list[Found]]] = {
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "readability-lxml": readability,
    "resiliparse": resiliparse,
}


@dataclass
class Score:
    seconds: float = 0.0
    titles: int = 0
    times: int = 0
    bodies: int = 0
    separate: int = 0
    articles: int = 0

    def right(self) -> str:
        share = {"titles": self.titles, "times": self.times, "bodies": self.bodies, "separate": self.separate}
        return ", ".join(f"{name} {count / self.articles:.0%}" for name, count in share.items())


def score(tool: Callable[[Page], list[Found]], chosen: list[Page]) -> Score:
    told = Score(articles=sum(len(page.articles) for page in chosen))
    told.seconds = cpu_of(lambda: [tool(page) for page in chosen], ROUNDS) / len(chosen)
    for page in chosen:
        found = tool(page)
        told.separate += len(page.articles) if len(found) == len(page.articles) else 0
        for article in page.articles:
            _count(told, article, found)
    return told


def _count(told: Score, article: Article, found: list[Found]) -> None:
    wanted = _squeezed("".join(article.lines))
    told.bodies += any(one.body is not None and _squeezed(one.body) == wanted for one in found)
    told.titles += any(one.title == article.title for one in found)
    told.times += any(one.time == article.published for one in found)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def rows() -> list[Row]:
    made = pages()
    found = []
    for listing, name in ((True, "a listing page"), (False, "an article's page")):
        chosen = [page for page in made if page.listing == listing]
        mine = score(ours, chosen)
        for tool, function in TOOLS.items():
            try:
                other = score(function, chosen)
            except ImportError:
                found.append(Row(f"{name}, beside {tool}", _shown(mine), "not installed"))
                continue
            aim = AIM if tool == "trafilatura" else None
            ratio = other.seconds / mine.seconds
            found.append(Row(f"{name}, beside {tool}", _shown(mine), _shown(other), ratio, aim))
    return found


def _shown(told: Score) -> str:
    return f"{told.seconds * 1000:.2f} ms ({told.right()})"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(shown(rows()))
