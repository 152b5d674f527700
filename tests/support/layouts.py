"""The sample site in made-up layouts: markers, pagers, breadcrumbs and HTML put together at random.

A :class:`Layout` is composed of parts, so that forms come up that nobody wrote down. The same seed
always gives the same one. What a page of it says is known to the character: it is the sample's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from typing import Literal

from yiqihui_spider.sample import pages
from yiqihui_spider.sample.article import Article
from yiqihui_spider.sample.pages import Cut, Frame, article_address
from yiqihui_spider.sample.site import SampleSite

Place = Literal["after", "before"]
Part = tuple[str, str, str]
"""Label, value and unit of one part of a marker: ``("浏览：", "407", "次")``."""


@dataclass(frozen=True)
class Layout:
    seed: int
    date: str
    """``strftime``-like, with {y} {m} {d} {H} {M} {S} and unpadded {n} {j} for month and day."""
    parts: tuple[Part, ...]
    """Values ``T`` (time), ``S`` (source), ``V`` (views), or anything else as it stands."""
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

    # --- a marker ------------------------------------------------------------------------

    def time(self, published: str) -> str:
        y, m, d = published[:10].split("-")
        clock = dict(zip("HMS", published[11:].split(":"), strict=True))
        return self.date.format(y=y, m=m, d=d, n=int(m), j=int(d), **clock)

    def printed(self, marker: tuple[str, str, int], number: int) -> list[str]:
        source, published, views = marker
        values = {
            "T": self.time(published),
            "S": source,
            "V": f"{views:,}" if self.grouping else str(views),
            "N": str(number % 7),
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
        kept = published[:10] if "{H}" not in self.date else published[: 19 if "{S}" in self.date else 16]
        return kept + "0000-00-00 00:00:00"[len(kept) :]

    # --- HTML ----------------------------------------------------------------------------

    def marker_html(self, shown: list[str]) -> str:
        texts = [escape(one) for one in shown]
        between = escape(self.between)
        if self.shape == "dl":
            return "<dl>" + "".join(f"<dd>{one}</dd>" for one in texts) + "</dl>"
        if self.shape == "list":
            return "<ul class=meta>" + "".join(f"<li>{one}</li>" for one in texts) + "</ul>"
        if self.shape == "spans":
            gap = between if between.strip() else "\n"
            return f"<p class=info>{gap.join(f'<span>{one}</span>' for one in texts)}</p>"
        if self.shape == "inline":
            return f" <small>{between.join(texts)}</small>"
        if self.shape == "table":
            cells = "".join(f"<td>{one}</td>" for one in texts)
            return f"<table><tr>{cells}</tr></table>"
        if self.shape == "footer":
            return f"<footer><em>{between.join(texts)}</em></footer>"
        return f"<div class=meta>{between.join(texts)}</div>"

    def entry_html(self, frame: Frame, article: Article) -> str:
        address = article_address(article)
        read_on = frame.link(address, "阅读全文") if article.excerpt is not None else ""
        marker = self.marker_html(self.printed(article.marker, article.number))
        body = f"{escape(article.listed)}{read_on}"
        title = frame.link(address, article.title)
        before, after = (marker, "") if self.place == "before" else ("", marker)
        if self.shape == "flat":
            return f"{title}<br>\n{before}<div>{body}</div>\n{after}"
        if self.shape == "article":
            return f"<article><h2>{title}</h2>{before}<p>{body}</p>{after}</article>"
        if self.shape == "inline" and after:
            return f"<li><h3>{title}</h3><div>{body}{after}</div></li>"
        if self.shape == "dl":
            return f"<div class=item><h4>{title}</h4>{before}<div>{body}</div>{after}</div>"
        if self.shape == "table":
            rows = f"<tr><td><p>{title}</p></td></tr>"
            middle = f"<tr><td><p>{body}</p></td></tr>"
            line = f"<tr><td>{marker}</td></tr>"
            return rows + (line + middle if before else middle + line)
        return f"<li><h3>{title}</h3>{before}<div>{body}</div>{after}</li>"

    def list_html(self, entries: list[str]) -> str:
        inner = "\n".join(entries)
        if self.shape == "table":
            return f"<table>{inner}</table>"
        if self.shape in ("flat", "article", "dl"):
            return f"<div>{inner}</div>"
        return f"<ul>{inner}</ul>"

    def pager_html(self, frame: Frame, cut: Cut, window: int, address: Callable[[int], str]) -> str:
        items = pages.pager_items(cut, window, "numbers" if self.numbers else "next")
        named = dict(zip(("首页", "上一页", "下一页", "尾页"), self.words, strict=True))
        shown = " ".join(
            f"<span>{named.get(text, text)}</span>" if page is None
            else frame.link(address(page), named.get(text, text))
            for text, page in items
        )  # fmt: skip
        told = {
            "first": cut.first, "last": cut.last, "total": cut.total, "page": cut.page, "pages": cut.pages,
            "size": 8,
        }  # fmt: skip
        before, after = (escape(one.format(**told)) for one in self.pager)
        return f"<div class=pages><span>{before}</span> {shown} <span>{after}</span></div>"

    def crumb_html(self, frame: Frame, trail: list[tuple[str, str | None]]) -> str:
        opening, separator, _ = self.crumb
        if not separator:
            return ""
        steps = (escape(text) if address is None else frame.link(address, text) for text, address in trail)
        return f"<div>{opening}{escape(separator).join(steps)}</div>"


# --- composing ----------------------------------------------------------------------------

_DATES = ("{y}-{m}-{d}", "{y}/{m}/{d}", "{y}年{m}月{d}日", "{y}-{n}-{j}", "{y}年{n}月{j}日", "{y}.{m}.{d}")
_CLOCKS = (" {H}:{M}:{S}", " {H}:{M}:{S}", " {H}:{M}", " {H}:{M}", "")
_TIME_LABELS = ("", "", "时间：", "发布时间：", "日期：", "发布于 ", "发表时间:", "Date: ", "刊发：", "于 ")
_SOURCE_LABELS = ("来源：", "文章来源：", "来自: ", "出处：", "来源 ", "via ", "稿源：", "来源/")
_VIEW_LABELS = (
    ("浏览：", "次"), ("阅读(", ")"), ("点击：", ""), ("", "次浏览"), ("", " 次围观"), ("人气：", ""),
    ("访问量：", ""),
    ("", "人看过"), ("阅读 ", ""), ("查看: ", ""), ("浏览量:", "次"), ("", "人阅读"), ("热度 ", " 度"),
    ("点击数:", ""),
)  # fmt: skip
_EXTRAS = (("评论：", "N", ""), ("作者：", "小惠", ""), ("赞(", "N", ")"), ("分类：", "社群", ""),
           ("", "N", "条评论"),
           ("编辑：", "admin", ""))  # fmt: skip
_BETWEEN = (" ", " | ", "　", " · ", " / ", "  ", "，", " - ")
_PAGERS = (
    ("{first}-{last}/{total} 记录{page}/{pages} 页", ""),
    ("共 {total} 条记录 第 {page} / {pages} 页", ""),
    ("页次：{page}/{pages}页，共{total}条", ""),
    ("总记录数：{total} 总页数：{pages} 当前为第 {page} 页", ""),
    ("{total} 条记录 {page}/{pages} 页", ""),
    ("页次：{page}/{pages} 每页{size} 总数{total}", ""),
    ("第{page}页，共{pages}页，{total}篇文章", ""),
    ("显示 {first} 到 {last} 篇，共 {total} 篇，{page}/{pages}", ""),
    ("", "共{total}条，第{page}页/共{pages}页"),
    ("共 {pages} 页/{total} 条记录", ""),
    ("共{pages}页 {total}条", ""),
    ("{total}条", ""),
    ("总计 {total} 个记录，共 {pages} 页。", ""),
)
_UNPAGED = tuple(one for one in _PAGERS if "{page}" not in "".join(one))
_WORDS = (
    ("首页", "上一页", "下一页", "尾页"), ("首页", "上页", "下页", "末页"),
    ("第一页", "前一页", "后一页", "最末页"),
    ("« 首页", "‹ 上一页", "下一页 ›", "末页 »"), ("|<", "<", ">", ">|"),
    ("首页", "<上一页", "下一页>", "尾页"),
)  # fmt: skip
_CRUMBS = (
    ("当前位置:", ">", "文章列表"), ("您的位置：", " > ", ""), ("", " » ", ""),
    ("您现在的位置：", " > ", "列表"),
    ("当前位置：", " › ", "资讯列表"), ("位置: ", " / ", "列表"), ("", " - ", ""),
    ("所在位置：", "→", "文章列表"),
    ("", ">", "全部文章"),
)  # fmt: skip
SHAPES = ("div", "spans", "list", "dl", "table", "flat", "article", "footer", "inline")
NOISE = ("", "side bar", "side bar", "comments", "look-alikes")


def layout(seed: int) -> Layout:
    """A layout put together from parts."""
    pick = random.Random(seed)
    time = (pick.choice(_TIME_LABELS), "T", "")
    source = (pick.choice(_SOURCE_LABELS), "S", "")
    views = pick.choice(_VIEW_LABELS)
    parts: list[Part] = [time]
    if pick.random() < 0.75:
        parts.append(source)
    if pick.random() < 0.85:
        parts.append((views[0], "V", views[1]))
    parts += pick.sample(_EXTRAS, pick.choice((0, 0, 1, 1, 2)))
    pick.shuffle(parts)
    numbers = pick.random() < 0.8
    pager = pick.choice(_PAGERS if numbers else [one for one in _PAGERS if one not in _UNPAGED])
    return Layout(
        seed=seed,
        date=pick.choice(_DATES) + pick.choice(_CLOCKS),
        parts=tuple(parts),
        between=pick.choice(_BETWEEN),
        place=pick.choice(("after", "before")),
        shape=pick.choice(SHAPES),
        pager=pager,
        words=pick.choice(_WORDS),
        numbers=numbers,
        crumb=pick.choice(_CRUMBS),
        charset=pick.choice(("utf-8", "utf-8", "gbk", "gb2312", "gb18030", "utf-8")),
        noise=pick.choice(NOISE),
        grouping=pick.random() < 0.2,
        omit_label=pick.random() < 0.5,
    )


# --- the site -----------------------------------------------------------------------------


@dataclass
class LayoutSite(SampleSite):
    """The sample site as a layout prints it."""

    layout: Layout = field(default_factory=lambda: layout(0))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.charset = self.layout.charset

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
        entries = [form.entry_html(frame, one) for one in self.on_page(category, page)]
        pager = form.pager_html(frame, cut, self.window, lambda number: self.address(category, number))
        heading = f"<h2>{category}</h2>"
        main = f"{crumb}\n{heading}\n{form.list_html(entries)}\n{pager}"
        return self._noisy(frame, pages.document(frame, f"{category}_{pages.SECTION}", main))

    def _article(self, frame: Frame, article: Article) -> str:
        form, category = self.layout, article.categories[0]
        steps = [(pages.SECTION, "/news/"), (category, frame.categories[category]), (article.title, None)]
        marker = form.marker_html(form.printed(article.detail_marker, article.number))
        comments = _COMMENTS if form.noise == "comments" else ""
        main = (
            f"{self._crumb(frame, steps)}\n<h1>{escape(article.title)}</h1>\n{marker}\n"
            f"<div>\n{pages.blocks_html(article)}\n</div>\n{comments}"
        )
        return self._noisy(frame, pages.document(frame, f"{article.title}_{pages.SECTION}", main))

    def _crumb(self, frame: Frame, steps: list[tuple[str, str | None]]) -> str:
        last = len(steps) - 1
        trail = [(text, None if n == last else address) for n, (text, address) in enumerate(steps)]
        return self.layout.crumb_html(frame, [("首页", "/"), *trail])

    def _noisy(self, frame: Frame, html: str) -> str:
        if self.layout.noise not in ("side bar", "look-alikes"):
            return html
        rows = []
        for article in frame.popular:
            shown = self.layout.printed(article.marker, article.number)
            meta = article.published[:10] + f" {article.views}"
            if self.layout.noise == "look-alikes":
                meta = self.layout.between.join(shown)
            rows.append(
                f"<li>{frame.link(article_address(article), article.title)}<i>{escape(meta)}</i></li>"
            )
        aside = f"<div class=side><h4>热门文章</h4><ul>{''.join(rows)}</ul></div>"
        return html.replace("</body>", f"{aside}</body>")


_COMMENTS = (
    "<div><h4>相关文章</h4><ul><li><a href='/news/view/4102.html'>再看一篇</a></li></ul></div>"
    "<div class=comments><h4>最新文章</h4><ul><li><a href='/news/view/4117.html'>旧闻一则</a>"
    " 2019-01-02 08:00</li></ul></div>"
)
