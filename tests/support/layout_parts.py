"""Layouts composed of parts, so that forms come up that nobody wrote down. The same seed always gives the
same one."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from support.layouts import Layout, Part

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


# --- more of the world's variety ----------------------------------------------------------------

_MORE_DATES = (
    "{y}年{m}月{d}日", "{y}-{m}-{d} 星期{w}", "{y}-{m}-{d} {H}:{M} 星期{w}", "{y}年{n}月{j}日 {H}:{M}",
    "{y}/{n}/{j} {H}:{M}:{S}", "{y}.{n}.{j} {H}:{M}", "{y}-{m}-{d}T{H}:{M}:{S}+08:00", "（{y}-{m}-{d}）",
    "[{y}-{m}-{d} {H}:{M}]", "{y} 年 {m} 月 {d} 日",
)  # fmt: skip
UNREADABLE = (
    "{m}/{d}/{y}", "{d}.{m}.{y}", "{m}-{d} {H}:{M}", "{ago}", "{y}-{m}-{d} {half}{h}:{M}", "{Z}",
    "{yy}-{m}-{d} {H}:{M}", "{m}月{d}日", "{y}年{m}月{d}日 {H}时{M}分", "{H}:{M} {y}-{m}-{d}",
    "{y}-{m}-{d} 周{w} {H}:{M}", "{y}年{m}月{d}日 {half} {h}:{M}",
)  # fmt: skip
"""Times that say something else to a reader who does not know the site."""
_MORE_EXTRAS = (
    ("喜欢(", "L", ")"), ("点赞：", "L", ""), ("", "L", "人喜欢"), ("收藏 ", "N", ""), ("编号：", "I", ""),
    ("ID: ", "I", ""), ("No.", "I", ""), ("字数：", "W", ""), ("本文共 ", "W", " 字"), ("更新：", "U", ""),
    ("最后修改于 ", "U", ""), ("作者：", "A", ""), ("文/", "A", ""), ("by ", "A", ""), ("下载：", "N", "次"),
    ("预计阅读 ", "N", " 分钟"), ("阅读时长：", "N", "分钟"), ("评论 ", "N", ""), ("分享：", "L", ""),
    ("责编：", "A", ""), ("标签：", "返利", ""), ("栏目：", "社群", ""), ("转发(", "L", ")"),
    ("第 ", "N", " 期"),
)  # fmt: skip
_BARE = (("", "N", ""), ("", "L", ""), ("", "I", ""), ("", "A", ""))
_MORE_VIEWS = (
    ("阅读(", ")"), ("浏览 (", ")"), ("阅读量 ", ""), ("", "阅读"), ("已有", "人浏览"), ("Views: ", ""),
    ("", " views"),
    ("PV：", ""), ("【浏览", "次】"), ("关注度：", ""), ("已被阅读", "次"), ("点击率：", ""),
    ("瞧过的人 ", ""), ("", "+ 阅读"),
)  # fmt: skip
_MORE_SOURCES = ("转载自：", "来源于 ", "Source: ", "本文来自", "供稿：", "文章出自：", "（来源：")
_NO_LABELS = ("供稿：", "瞧过的人 ")
_MORE_PAGERS = (
    ("共{total}条 {page}/{pages}", ""), ("{page}/{pages} 共{total}条", ""),
    ("共有[{total}]条信息 分 {pages} 页 {size} 条/页", ""),
    ("", "{page} / {pages} 页 共 {total} 篇"), ("第 {first} - {last} 条，共 {total} 条", ""),
    ("记录总数 {total}", ""),
    ("共找到 {total} 篇文章，当前第 {page} 页", ""), ("Page {page} of {pages}, {total} items", ""),
    ("当前 {page}/{pages} 页 每页 {size} 条 共 {total} 条记录", ""), ("{total} 篇 · 第 {page} 页", ""),
    ("显示第{first}到第{last}条记录，总共{total}条记录", ""), ("{first}-{last} of {total}", ""),
)  # fmt: skip
_NO_TOTAL = (("", ""), ("第{page}页", ""), ("{page}/{pages}", ""), ("共{pages}页", ""))
_ADDRESSES = (
    "/news/view/{number}.html", "/article/{number}.html", "/a/{number}/", "/show.php?id={number}",
    "/{day}/{number}.html", "/news/show-3-{number}-1.html", "/p/{number}",
)  # fmt: skip


def varied(seed: int) -> Layout:
    """A layout with more of what sites do, some of it nothing that can be learned from."""
    form, pick = layout(seed), random.Random(f"varied {seed}")
    date, doubt = form.date, ""
    if pick.random() < 0.25:
        date = pick.choice(_MORE_DATES)
    if pick.random() < 0.08:
        date, doubt = pick.choice(UNREADABLE), "a time that says something else"
    parts, bare = _more_parts(form, pick)
    doubt = doubt or bare
    form = replace(form, date=date, parts=parts, doubt=doubt)
    form = _with_pager(form, pick)
    if any(label in _NO_LABELS for label, *_ in form.parts):
        form = replace(form, doubt=form.doubt or "a label that nobody knows")
    charset, declare = form.charset, pick.choice(("both", "both", "header", "meta", "none"))
    if pick.random() < 0.1:
        charset, declare = pick.choice(("utf-16", "big5")), "header"
    form = replace(
        form,
        charset=charset,
        declare=declare,
        rounded=pick.random() < 0.15 and not form.grouping,
        cut=pick.choice(("", "", "", "values", "breaks", "time", "icons", "parts")),
        shape=pick.choice((form.shape, form.shape, form.shape, "definitions", "cards")),
        beside=pick.choice(("", "", "", "", "rank", "topic", "remarks", "tags", "labels")),
        box=pick.choice(("", "", "", "featured", "left", "today", "latest")),
        twice=pick.random() < 0.2,
        address=pick.choice(_ADDRESSES),
    )
    return replace(form, cut="") if form.shape == "inline" and form.cut == "breaks" else form


def _more_parts(form: Layout, pick: random.Random) -> tuple[tuple[Part, ...], str]:
    """The parts of its marker, and why they can't be decided."""
    parts = [_other_label(part, pick) if pick.random() < 0.3 else part for part in form.parts]
    for extra in pick.sample(_MORE_EXTRAS, pick.choice((0, 0, 1, 1, 2))):
        parts.insert(pick.randrange(len(parts) + 1), extra)
    if pick.random() >= 0.05:
        return tuple(parts), ""
    parts.insert(pick.randrange(len(parts) + 1), pick.choice(_BARE))
    return tuple(parts), "a part without a label"


def _with_pager(form: Layout, pick: random.Random) -> Layout:
    doubt, pager = form.doubt, form.pager
    links = pick.choice(("numbers", "numbers", "numbers", "ellipsis", "brackets", "select"))
    if pick.random() < 0.35:
        pager = pick.choice(_MORE_PAGERS)
    needs_numbers = not re.search(r"\{(?:page|first)\}", "".join(pager))
    if pick.random() < 0.04:
        pager, doubt = pick.choice(_NO_TOTAL), doubt or "no total"
    if pick.random() < 0.02:
        links, doubt = "more", doubt or "only a link to more"
    size = pick.choice((8, 8, 5, 6, 7, 10, 12, 30))
    if size > 25 and not re.search(r"\{(?:pages|size)\}", "".join(pager)):
        doubt = doubt or "one page, and nothing that says that there are no more"
    numbers = form.numbers or needs_numbers or links == "ellipsis"
    return replace(form, doubt=doubt, pager=pager, links=links, size=size, numbers=numbers)


def _other_label(part: Part, pick: random.Random) -> Part:
    if part[1] == "V":
        label, unit = pick.choice(_MORE_VIEWS)
        return label, "V", unit
    if part[1] == "S":
        label = pick.choice(_MORE_SOURCES)
        return label, "S", "）" if label[0] == "（" else ""
    return part
