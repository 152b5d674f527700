"""How the sample site's pages look: pure functions from articles to HTML and to flattened text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Literal

from yiqihui_spider.sample.article import SUBHEAD, Article
from yiqihui_spider.site import DEFAULT, built_in

_SITE = built_in(DEFAULT)
SECTION, LISTING_LEAF = _SITE.breadcrumb.section, _SITE.breadcrumb.listing

PagerStyle = Literal["numbers", "next", "off"]
"""All the words and numbers; the words alone; no pager at all."""

Sidebar = Literal["dates", "markers", "off"]
"""热门文章 with day and count, with whole markers (source, second, count), or none."""

Marker = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """One page of a listing: records ``first`` to ``last`` of ``total``, as the pager prints them."""

    first: int
    last: int
    total: int
    page: int
    pages: int

    @classmethod
    def of(cls, total: int, size: int, page: int) -> Cut:
        if total == 0:
            return cls(0, 0, 0, page, 1)
        return cls((page - 1) * size + 1, min(page * size, total), total, page, -(-total // size))

    @property
    def text(self) -> str:
        return f"{self.first}-{self.last}/{self.total} 记录{self.page}/{self.pages} 页"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page's content, and how links are written."""

    href: Callable[[str], str]
    """From an address on the site to what stands in the ``href`` of this page."""
    categories: dict[str, str]
    """Name to address."""
    popular: tuple[Article, ...]
    sidebar: Sidebar
    semantic: bool
    """``header``, ``nav``, ``aside``, ``footer`` where True, ``div`` throughout where False."""
    meta_charset: str | None

    def link(self, address: str, text: str) -> str:
        return f'<a href="{escape(self.href(address))}">{escape(text)}</a>'

    def block(self, name: str, inner: str) -> str:
        tag = name if self.semantic else "div"
        return f"<{tag}>{inner}</{tag}>"


def article_address(article: Article) -> str:
    return f"/news/view/{article.number}.html"


def pager_items(cut: Cut, window: int, style: PagerStyle) -> list[tuple[str, int | None]]:
    """The pager's words and numbers, each with the page it leads to; None leads nowhere."""
    start = max(1, min(cut.page - window // 2, cut.pages - window + 1))
    numbers = [
        (str(n), None if n == cut.page else n) for n in range(start, min(start + window, cut.pages + 1))
    ]
    back, on = cut.page > 1, cut.page < cut.pages
    return [
        ("首页", 1 if back else None),
        ("上一页", min(cut.page - 1, cut.pages) if back else None),
        *(numbers if style == "numbers" else []),
        ("下一页", cut.page + 1 if on else None),
        ("尾页", cut.pages if on else None),
    ]


# --- HTML --------------------------------------------------------------------------------


def marker_html(marker: Marker) -> str:
    source, time, views = marker
    return f"<div><span>{escape(source)}</span><span><i></i>{time}</span><em>{views} 次</em></div>"


def breadcrumb_html(frame: Frame, trail: Iterable[tuple[str, str | None]]) -> str:
    steps = (escape(text) if address is None else frame.link(address, text) for text, address in trail)
    return f"<div>当前位置:{'&gt;'.join(steps)}</div>"


def trail(frame: Frame, category: str, leaf: str) -> list[tuple[str, str | None]]:
    return [("首页", "/"), (SECTION, "/news/"), (category, frame.categories[category]), (leaf, None)]


def entry_html(frame: Frame, article: Article) -> str:
    address = article_address(article)
    picture = f'<a href="{escape(frame.href(address))}"><img src="/static/pic.gif" alt=""></a>'
    read_on = frame.link(address, "阅读全文") if article.excerpt is not None else ""
    return (
        f"<li>{picture}\n<h3>{frame.link(address, article.title)}</h3>\n"
        f"<div>{escape(article.listed)}{read_on}</div>\n{marker_html(article.marker)}</li>"
    )


def pager_html(frame: Frame, cut: Cut, window: int, style: PagerStyle, address: Callable[[int], str]) -> str:
    if style == "off":
        return ""
    items = "".join(
        f"<span>{text}</span>" if page is None else frame.link(address(page), text)
        for text, page in pager_items(cut, window, style)
    )
    return f"<div><span>{cut.text}</span>{items}</div>"


def listing_html(frame: Frame, category: str, articles: Iterable[Article], pager: str) -> str:
    entries = "\n".join(entry_html(frame, article) for article in articles)
    crumbs = breadcrumb_html(frame, trail(frame, category, LISTING_LEAF))
    main = f"{crumbs}\n<h2>{escape(category)}</h2>\n<ul>\n{entries}\n</ul>\n{pager}"
    return document(frame, f"{category}_{SECTION}", main)


def blocks_html(article: Article) -> str:
    return "\n".join(
        f"<h3>{escape(block.removeprefix(SUBHEAD))}</h3>"
        if block.startswith(SUBHEAD)
        else f"<p>{escape(block)}</p>"
        for block in article.blocks
    )


def article_html(frame: Frame, article: Article, newer: Article | None, older: Article | None) -> str:
    category = article.categories[0]
    near = [(word, other) for word, other in (("上一篇", newer), ("下一篇", older)) if other is not None]
    steps = "".join(f"<p>{word}:{frame.link(article_address(a), a.title)}</p>" for word, a in near)
    related = "".join(f"<li>{frame.link(article_address(a), a.title)}</li>" for _, a in near)
    main = (
        f"{breadcrumb_html(frame, trail(frame, category, article.title))}\n<h1>{escape(article.title)}</h1>\n"
        f"{marker_html(article.detail_marker)}\n<div>\n{blocks_html(article)}\n</div>\n"
        f"<div>{steps}</div>\n<div><h4>相关文章</h4><ul>{related}</ul></div>"
    )
    return document(frame, f"{article.title}_{SECTION}", main)


def section_html(frame: Frame, latest: Iterable[Article]) -> str:
    topics = "".join(f"<li>{frame.link(address, name)}</li>" for name, address in frame.categories.items())
    news = "".join(f"<li>{frame.link(article_address(a), a.title)}</li>" for a in latest)
    crumbs = breadcrumb_html(frame, [("首页", "/"), (SECTION, None)])
    main = f"{crumbs}\n<h1>{SECTION}</h1>\n<ul>{topics}</ul>\n<h4>最新文章</h4><ul>{news}</ul>"
    return document(frame, SECTION, main)


def plain_html(frame: Frame, title: str, text: str) -> str:
    """A page that is neither listing nor article."""
    return document(frame, title, f"<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>")


def sidebar_html(frame: Frame) -> str:
    if frame.sidebar == "off":
        return ""
    rows = []
    for article in frame.popular:
        when = article.published if frame.sidebar == "markers" else article.published[:10]
        source = article.source if frame.sidebar == "markers" else ""
        link = frame.link(article_address(article), article.title)
        rows.append(f"<li>{link}{marker_html((source, when, article.views))}</li>")
    return frame.block("aside", f"<h4>热门文章</h4><ul>{''.join(rows)}</ul>")


def document(frame: Frame, title: str, main: str) -> str:
    """The whole page. Its script, comment and hidden part hold what only looks like content."""
    charset = f'<meta charset="{frame.meta_charset}">' if frame.meta_charset else ""
    topics = "".join(frame.link(address, name) for name, address in frame.categories.items())
    nav = f"{frame.link('/', '首页')}{frame.link('/news/', SECTION)}{topics}{frame.link('/zdm/', '值得买')}"
    footer = f"<p>{frame.link('/help/', '帮助中心')}<span>示例站点,文章均为虚构</span></p>"
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>{charset}<title>{escape(title)}</title>
<style>li {{ margin: 1em 0 }}</style>
<script>var last = "一起惠2019-01-01 00:00:0099 次";</script>
</head>
<body>
{frame.block("header", f"<div>一起惠示例站</div>{frame.block('nav', nav)}")}
<!-- 编辑部2019-01-02 00:00:0088 次 -->
<div style="display:none">隐藏2019-01-03 00:00:0077 次</div>
<div>
{main}
</div>
{sidebar_html(frame)}
{frame.block("footer", footer)}
</body>
</html>
"""


# --- flattened text ----------------------------------------------------------------------


def marker_text(marker: Marker) -> str:
    source, time, views = marker
    return f"{source}{time}{views} 次"


def listing_lines(
    category: str, articles: Iterable[Article], cut: Cut, window: int, style: PagerStyle
) -> list[str]:
    lines = [f"当前位置:首页>{SECTION}>{category}>{LISTING_LEAF}", category]
    for article in articles:
        read_on = "" if article.excerpt is None else "阅读全文"
        lines += [article.listed + read_on, marker_text(article.marker)]
    if style != "off":
        lines.append(cut.text + "".join(text for text, _ in pager_items(cut, window, style)))
    return lines


def article_lines(article: Article) -> list[str]:
    crumbs = f"当前位置:首页>{SECTION}>{article.categories[0]}>{article.title}"
    return [crumbs, article.title, marker_text(article.detail_marker), *article.lines]
