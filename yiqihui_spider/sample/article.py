"""The sample articles: short texts of our own writing, one file each in ``articles/``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files

SUBHEAD = "## "
"""Opens a sub-heading among an article's blocks."""

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Article:
    number: int
    """The number in its address."""
    title: str
    published: str
    """As the site prints it: ``2019-04-13 09:30:07``."""
    source: str
    views: int
    categories: tuple[str, ...]
    blocks: tuple[str, ...]
    """Paragraphs, and sub-headings that begin with ``## ``."""
    detail_source: str | None = None
    """The source as its own page names it, where that differs."""
    detail_extra: int = 0
    """How many more views its own page counts."""
    excerpt: int | None = None
    """A listing shows only so many characters."""

    @property
    def fused(self) -> str:
        """The text as a listing shows it: nothing between paragraphs and headings."""
        return "".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The text as its own page shows it."""
        return tuple(block.removeprefix(SUBHEAD) for block in self.blocks)

    @property
    def listed(self) -> str:
        """The text of its listing entry, without the read-on link."""
        return self.fused if self.excerpt is None else self.fused[: self.excerpt] + "……"

    @property
    def marker(self) -> tuple[str, str, int]:
        return self.source, self.published, self.views

    @property
    def detail_marker(self) -> tuple[str, str, int]:
        source = self.source if self.detail_source is None else self.detail_source
        return source, self.published, self.views + self.detail_extra


def parse_article(number: int, text: str) -> Article:
    """Read one article file: header lines, an empty line, blocks one a line."""
    head, _, body = text.partition("\n\n")
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in head.splitlines())}
    return Article(
        number=number,
        title=fields["标题"],
        published=fields["时间"],
        source=fields["来源"],
        views=int(fields["阅读"]),
        categories=tuple(name.strip() for name in fields["栏目"].split(",")),
        blocks=tuple(line for line in body.splitlines() if line),
        detail_source=fields.get("详情来源"),
        detail_extra=int(fields.get("详情多读", "0")),
        excerpt=int(fields["摘录"]) if "摘录" in fields else None,
    )


@lru_cache(maxsize=1)
def load_articles() -> tuple[Article, ...]:
    """The packaged articles, newest first."""
    folder = files(__package__).joinpath("articles")
    found = [
        parse_article(int(entry.name.removesuffix(".txt")), entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".txt")
    ]
    return tuple(sorted(found, key=order, reverse=True))


def order(article: Article) -> tuple[str, int]:
    """The key by which listings are sorted; two articles may share a second."""
    return article.published, article.number


def invent(number: int, published: str, categories: tuple[str, ...] = ("社群",)) -> Article:
    """One more article for tests and benchmarks, put together from the packaged paragraphs.
    The same number always gives the same article; different numbers give different texts."""
    pool = [block for article in load_articles() for block in article.blocks if not block.startswith(SUBHEAD)]
    picked = [pool[(number * step + step) % len(pool)] for step in (7, 11, 13)]
    return Article(
        number=number,
        title=f"第{number}号见闻",
        published=published,
        source=("一起惠", "一起惠返利网", "")[number % 3],
        views=100 + number * 37 % 900,
        categories=categories,
        blocks=(f"这是第{number}号来信,由一位不愿留名的群主寄来。", *picked),
    )


def invent_many(count: int, categories: tuple[str, ...] = ("社群",)) -> tuple[Article, ...]:
    """``count`` invented articles, one every 97 minutes, newest first."""
    first = datetime(2019, 1, 1, 9, 30, 7)  # noqa: DTZ001 - the site prints times without a zone
    times = [(first + timedelta(minutes=97 * k)).strftime(TIME_FORMAT) for k in range(count)]
    return tuple(invent(10_000 + k, times[k], categories) for k in reversed(range(count)))
