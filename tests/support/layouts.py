"""The sample site in made-up layouts: markers, pagers, breadcrumbs and HTML put together at random.

A :class:`Layout` says how a page looks; ``layout_parts`` puts them together. What a page of it says is
known to the character: it is the sample's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from typing import Literal

from yiqihui_spider.sample import pages
from yiqihui_spider.sample.article import TIME_FORMAT, Article
from yiqihui_spider.sample.pages import Cut, Frame, article_address
from yiqihui_spider.sample.site import Response, SampleSite

Place = Literal["after", "before"]
Part = tuple[str, str, str]
"""Label, value and unit of one part of a marker: ``("浏览：", "407", "次")``."""


@dataclass(frozen=True)
class Layout:
    seed: int
    date: str
    """``strftime``-like, with {y} {m} {d} {H} {M} {S} and unpadded {n} {j} for month and day; {w} the day of
    the week; {yy}, {half} {h}, {Z} and {ago} are of times that no form can hold."""
    parts: tuple[Part, ...]
    """Values ``T`` (time), ``S`` (source), ``V`` (views), or anything else as it stands: see ``printed``."""
    between: str
    place: Place
    shape: str
    pager: tuple[str, ...]
    """What stands before the links and behind them; ``{total}`` and the like are filled in."""
    words: tuple[str, str, str, str]
    """First, previous, next and last."""
    numbers: bool
    crumb: tuple[str, str, str]
    """Opening, separator, last step of a listing."""
    charset: str
    noise: str
    grouping: bool = False
    """Counts with thousands divided by commas."""
    omit_label: bool = False
    """Where there is no source its label is missing, too."""
    rounded: bool = False
    """Counts of ten thousand and more as ``1.2万``, and many of them."""
    cut: str = ""
    """How elements cut a marker apart: ``values``, ``breaks``, ``time``, ``icons``, ``parts``."""
    beside: str = ""
    """What else an entry holds: ``tags``, ``rank``, ``topic``, ``remarks``."""
    box: str = ""
    """What else a page holds: ``featured``, ``left``, ``today``, ``latest``."""
    links: str = "numbers"
    """What a pager's links are: ``numbers``, ``ellipsis``, ``brackets``, ``select``, ``more``."""
    twice: bool = False
    """The pager stands above the list, too."""
    address: str = "/news/view/{number}.html"
    size: int = 8
    declare: Literal["both", "header", "meta", "none"] = "both"
    doubt: str = ""
    """Why it must not be learned at all, or not from nothing."""

    # --- a marker ------------------------------------------------------------------------

    def time(self, published: str) -> str:
        y, m, d = published[:10].split("-")
        clock = dict(zip("HMS", published[11:].split(":"), strict=True))
        when = datetime.strptime(published, TIME_FORMAT)  # noqa: DTZ007 - printed without a zone
        ago = (datetime(2024, 1, 1) - when).days  # noqa: DTZ001
        return self.date.format(
            y=y, m=m, d=d, n=int(m), j=int(d), **clock, yy=y[2:], w="一二三四五六日"[when.weekday()],
            half="上午" if when.hour < 12 else "下午", h=f"{(when.hour + 11) % 12 + 1:02}",
            Z=(when - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%SZ"), ago=f"{ago}天前",
        )  # fmt: skip

    def views(self, article: Article) -> int:
        return article.views * 31 if self.rounded else article.views

    def count(self, number: int) -> str:
        if self.rounded and number >= 10_000:
            return f"{number / 10_000:.1f}万"
        return f"{number:,}" if self.grouping else str(number)

    def printed(self, marker: tuple[str, str, int], article: Article) -> list[str]:
        """``N`` a few, ``L`` many, ``I`` the article's number, ``W`` its length, ``U`` a later time,
        ``A`` one of some names."""
        source, published, views = marker
        later = datetime.strptime(published, TIME_FORMAT) + timedelta(days=1 + article.number % 9)  # noqa: DTZ007
        values = {
            "T": self.time(published),
            "S": source,
            "V": self.count(views),
            "N": str(article.number % 7),
            "L": self.count(views * 3 // 5 + article.number % 11),
            "I": str(article.number),
            "W": self.count(len(article.fused)),
            "U": self.time(later.strftime(TIME_FORMAT)),
            "A": ("小惠", "阿强", "老王", "桐木")[article.number % 4],
        }
        shown = []
        for label, value, unit in self.parts:
            if value == "S" and not source and self.omit_label:
                continue
            shown.append(f"{label}{values.get(value, value)}{unit}")
        return shown

    @property
    def has_views(self) -> bool:
        return any(value == "V" for _, value, _ in self.parts)

    @property
    def has_source(self) -> bool:
        return any(value == "S" for _, value, _ in self.parts)

    def kept_time(self, published: str) -> str:
        """A time as far as the layout prints it."""
        kept = published[:10]
        if "{S}" in self.date or "{Z}" in self.date:
            kept = published
        elif "{M}" in self.date:
            kept = published[:16]
        return kept + "0000-00-00 00:00:00"[len(kept) :]

    def read_views(self, views: int) -> int | None:
        """As far as the layout prints them."""
        if not self.has_views:
            return None
        return round(views / 10_000, 1) * 10_000 // 1 if self.rounded and views >= 10_000 else views  # type: ignore[return-value]

    # --- HTML ----------------------------------------------------------------------------

    def marker_html(self, shown: list[str]) -> str:
        texts = [self._cut_apart(one) for one in shown]
        between = "<br>" if self.cut == "breaks" else escape(self.between)
        if self.shape == "dl":
            return "<dl>" + "".join(f"<dd>{one}</dd>" for one in texts) + "</dl>"
        if self.shape == "list":
            return "<ul class=meta>" + "".join(f"<li>{one}</li>" for one in texts) + "</ul>"
        if self.shape == "spans":
            gap = between if between.strip() else "\n"
            return f"<p class=info>{gap.join(f'<span>{one}</span>' for one in texts)}</p>"
        if self.shape in ("inline", "line"):
            return f" <small>{between.join(texts)}</small>"
        if self.shape == "table":
            cells = "".join(f"<td>{one}</td>" for one in texts)
            return f"<table><tr>{cells}</tr></table>"
        if self.shape == "footer":
            return f"<footer><em>{between.join(texts)}</em></footer>"
        if self.cut == "parts":
            return f"<div class=meta>{''.join(f'<div>{one}</div>' for one in texts)}</div>"
        return f"<div class=meta>{between.join(texts)}</div>"

    def _cut_apart(self, text: str) -> str:
        if self.cut == "values":
            return re.sub("[0-9][0-9,.:万]*", lambda match: f"<b>{match.group()}</b>", escape(text))
        if self.cut == "time" and re.search("[0-9]{4}", text):
            return (
                f'<time datetime="2019-04-13T09:30:07+08:00" title="2018-01-01 08:00">{escape(text)}</time>'
            )
        return ("<i class='icon-eye'></i>" if self.cut == "icons" else "") + escape(text)

    def entry_html(self, frame: Frame, article: Article, rank: int) -> str:
        address = article_address(article)
        read_on = frame.link(address, "阅读全文") if article.excerpt is not None else ""
        source, published, _ = article.marker
        marker = self.marker_html(self.printed((source, published, self.views(article)), article))
        body = f"{escape(article.listed)}{read_on}"
        title = frame.link(address, article.title)
        if self.beside == "rank":
            title = f"<i>{rank}</i>{title}"
        elif self.beside == "topic":
            title = frame.link(frame.categories[article.categories[0]], f"[{article.categories[0]}]") + title
        elif self.beside == "remarks":
            marker += frame.link(f"{address}#c", f"评论({article.number % 7})")
        elif self.beside == "tags":
            names = _TAGS[article.number % 5 :][: 1 + article.number % 3]
            shown = " ".join(frame.link(f"/tag/{name}/", name) for name in names)
            marker += f"<div class=tags>标签：{shown}</div>"
        elif self.beside == "labels":
            marker = f"<p class=tags>关键词: {'、'.join(_TAGS[article.number % 7 :][:3])}</p>{marker}"
        before, after = (marker, "") if self.place == "before" else ("", marker)
        return self._entry(title, before, body, after)

    def _entry(self, title: str, before: str, body: str, after: str) -> str:
        if self.shape == "line":
            return f"<li>{title} {before}{after}<p>{body}</p></li>"
        if self.shape == "flat":
            return f"{title}<br>\n{before}<div>{body}</div>\n{after}"
        if self.shape == "article":
            return f"<article><h2>{title}</h2>{before}<p>{body}</p>{after}</article>"
        if self.shape == "inline" and after:
            return f"<li><h3>{title}</h3><div>{body}{after}</div></li>"
        if self.shape == "dl":
            return f"<div class=item><h4>{title}</h4>{before}<div>{body}</div>{after}</div>"
        if self.shape == "definitions":
            return f"<dt>{title}</dt>" + "".join(f"<dd>{one}</dd>" for one in (before, body, after) if one)
        if self.shape == "cards":
            picture = '<a class=pic href="/static/pic.gif"><img src="/static/pic.gif" alt=""></a>'
            return (
                f"<div class=card>{picture}<div class=txt><b>{title}</b>"
                f"{before}<p>{body}</p><div class=foot>{after}</div></div></div>"
            )
        if self.shape == "table":
            rows = f"<tr><td><p>{title}</p></td></tr>"
            middle = f"<tr><td><p>{body}</p></td></tr>"
            line = f"<tr><td>{before or after}</td></tr>"
            return rows + (line + middle if before else middle + line)
        return f"<li><h3>{title}</h3>{before}<div>{body}</div>{after}</li>"

    def list_html(self, entries: list[str]) -> str:
        inner = "\n".join(entries)
        if self.shape == "table":
            return f"<table>{inner}</table>"
        if self.shape == "definitions":
            return f"<dl>{inner}</dl>"
        if self.shape in ("flat", "article", "dl", "cards"):
            return f"<div>{inner}</div>"
        return f"<ul>{inner}</ul>"

    def pager_html(self, frame: Frame, cut: Cut, window: int, address: Callable[[int], str]) -> str:
        told = {
            "first": cut.first, "last": cut.last, "total": cut.total, "page": cut.page, "pages": cut.pages,
            "size": self.size,
        }  # fmt: skip
        before, after = (escape(one.format(**told)) for one in self.pager)
        links = self._page_links(frame, cut, window, address)
        return f"<div class=pages><span>{before}</span> {links} <span>{after}</span></div>"

    def _page_links(self, frame: Frame, cut: Cut, window: int, address: Callable[[int], str]) -> str:
        if self.links == "more":
            return frame.link(address(cut.page + 1), "加载更多") if cut.page < cut.pages else "没有更多了"
        items = pages.pager_items(cut, window, "numbers" if self.numbers else "next")
        if self.links == "ellipsis":
            near = [n for n in range(1, cut.pages + 1) if n in (1, cut.pages) or abs(n - cut.page) < 2]
            words = [one for one in items if one[0] in ("上一页", "下一页")]
            shown: list[tuple[str, int | None]] = []
            for n in near:
                shown += [("…", None)] if shown and shown[-1][0] != str(n - 1) else []
                shown.append((str(n), None if n == cut.page else n))
            items = [*words[:1], *shown, *words[1:]]
        named = dict(zip(("首页", "上一页", "下一页", "尾页"), self.words, strict=True))
        told = [self._page_link(frame, named.get(text, text), page, address) for text, page in items]
        if self.links == "select":
            choices = "".join(f"<option>第{n}页</option>" for n in range(1, cut.pages + 1))
            told.append(f"<select>{choices}</select>")
        return " ".join(told)

    def _page_link(self, frame: Frame, name: str, page: int | None, address: Callable[[int], str]) -> str:
        name = f"[{name}]" if self.links == "brackets" and name.isdecimal() else name
        return f"<span>{name}</span>" if page is None else frame.link(address(page), name)

    def crumb_html(self, frame: Frame, trail: list[tuple[str, str | None]]) -> str:
        opening, separator, _ = self.crumb
        if not separator:
            return ""
        steps = (escape(text) if address is None else frame.link(address, text) for text, address in trail)
        return f"<div>{opening}{escape(separator).join(steps)}</div>"


# --- the site -----------------------------------------------------------------------------


@dataclass
class LayoutSite(SampleSite):
    """The sample site as a layout prints it."""

    layout: Layout = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.charset, self.declare = self.layout.charset, self.layout.declare
        self.page_size = self.layout.size

    # --- its own addresses ---------------------------------------------------------------

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Response:
        return super().get(self._plain(target), headers)

    def _plain(self, target: str) -> str:
        """As the sample site knows it."""
        form = (
            re.escape(self.layout.address).replace(r"\{number\}", "([0-9]+)").replace(r"\{day\}", "[0-9/]+")
        )
        match = re.fullmatch(form, target)
        if match is not None:
            return f"/news/view/{match[1]}.html"
        return "/nowhere" if target.startswith("/news/view/") else target

    def article_path(self, number: int) -> str:
        day = self.articles[number].published[:10].replace("-", "/") if number in self.articles else "2018"
        return self.layout.address.format(number=number, day=day)

    def _href(self, address: str, page_path: str) -> str:
        match = re.fullmatch(r"/news/view/([0-9]+)\.html(.*)", address)
        return self.article_path(int(match[1])) + match[2] if match else super()._href(address, page_path)

    # --- its pages -----------------------------------------------------------------------

    def _frame(self, path: str) -> Frame:
        return replace(super()._frame(path), sidebar="off")

    def _listing(self, frame: Frame, path: str, query: str) -> str | None:
        found = self._which_listing(path, query)
        if found is None:
            return None
        category, page = found
        page = max(1, min(page, self.pages(category)))
        form, cut = self.layout, self.cut(category, page)
        steps = [(pages.SECTION, "/news/"), (category, frame.categories[category])]
        crumb = self._crumb(frame, [*steps, *([(form.crumb[2], None)] if form.crumb[2] else [])])
        shown = self.on_page(category, page)
        entries = [form.entry_html(frame, one, cut.first + n) for n, one in enumerate(shown)]
        pager = form.pager_html(frame, cut, self.window, lambda number: self.address(category, number))
        heading = f"<h2>{category}</h2>"
        featured = [form.entry_html(frame, one, n + 1) for n, one in enumerate(frame.popular[:2])]
        above = (
            f"<div class=top><h4>推荐阅读</h4>{form.list_html(featured)}</div>"
            if form.box == "featured"
            else ""
        )
        above += pager if form.twice else ""
        main = f"{crumb}\n{heading}\n{above}\n{form.list_html(entries)}\n{pager}"
        return self._noisy(frame, pages.document(frame, f"{category}_{pages.SECTION}", main))

    def _article(self, frame: Frame, article: Article) -> str:
        form, category = self.layout, article.categories[0]
        steps = [(pages.SECTION, "/news/"), (category, frame.categories[category]), (article.title, None)]
        marker = form.marker_html(form.printed(self.detail_marker(article), article))
        comments = _COMMENTS if form.noise == "comments" else ""
        main = (
            f"{self._crumb(frame, steps)}\n<h1>{escape(article.title)}</h1>\n{marker}\n"
            f"<div>\n{pages.blocks_html(article)}\n</div>\n{comments}"
        )
        return self._noisy(frame, pages.document(frame, f"{article.title}_{pages.SECTION}", main))

    def detail_marker(self, article: Article) -> tuple[str, str, int]:
        source, published, views = article.detail_marker
        return source, published, views - article.views + self.layout.views(article)

    def _crumb(self, frame: Frame, steps: list[tuple[str, str | None]]) -> str:
        last = len(steps) - 1
        trail = [(text, None if n == last else address) for n, (text, address) in enumerate(steps)]
        return self.layout.crumb_html(frame, [("首页", "/"), *trail])

    def _noisy(self, frame: Frame, html: str) -> str:
        form = self.layout
        if form.box == "left":
            html = html.replace("<body>", f"<body>{self._aside(frame, alike=False)}", 1)
        if form.box == "today":
            html = html.replace("<body>", f"<body>{_TODAY}", 1).replace("</body>", f"{_FOOT}</body>")
        if form.box == "latest":
            html = html.replace("</body>", f"{_REMARKS}</body>")
        if form.noise in ("side bar", "look-alikes"):
            html = html.replace("</body>", f"{self._aside(frame, alike=form.noise == 'look-alikes')}</body>")
        return html

    def _aside(self, frame: Frame, *, alike: bool) -> str:
        rows = []
        for article in frame.popular:
            meta = article.published[:10] + f" {article.views}"
            if alike:
                meta = self.layout.between.join(self.layout.printed(article.marker, article))
            rows.append(
                f"<li>{frame.link(article_address(article), article.title)}<i>{escape(meta)}</i></li>"
            )
        return f"<div class=side><h4>热门文章</h4><ul>{''.join(rows)}</ul></div>"


_TAGS = ("返利", "拼单", "群主", "退货", "新手", "返利网", "社群", "大促")
_TODAY = "<div class=bar>今天是2024年5月1日 星期三 在线 128 人</div>"
_FOOT = "<p>© 2012-2024 示例站 京ICP备12345678号-1 本页更新于 2024-05-01 08:00:00 访问量：1234567</p>"
_REMARKS = (
    "<div><h4>最新评论</h4><ul><li>小惠：时间：2019-06-20 08:00 来源：网友 浏览：9次</li>"
    "<li>阿强 2019-06-19 09:00:00 说：一起惠2019-06-19 09:00:0012 次</li></ul></div>"
)
_COMMENTS = (
    "<div><h4>相关文章</h4><ul><li><a href='/news/view/4102.html'>再看一篇</a></li></ul></div>"
    "<div class=comments><h4>最新文章</h4><ul><li><a href='/news/view/4117.html'>旧闻一则</a>"
    " 2019-01-02 08:00</li></ul></div>"
)
