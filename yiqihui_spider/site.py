"""All that is known about this one site: hosts, grammar, zone, link patterns.

The day the site changes, or for a sister site, this is the file to edit.  Facts come
from one real listing page and from public traces of the site; what nobody has seen is
marked as an assumption.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from yiqihui_spider import characters
from yiqihui_spider.characters import MARKS

HOST = "www.178hui.com"
HOSTS = ("www.178hui.com", "178hui.com", "m.178hui.com")

PAST_HOSTS = ("news.178hui.com",)
"""Where articles once stood: old captures name it, no crawl goes there."""

START_URL = "http://www.178hui.com/news/"
"""The section's start page. An assumption: nobody here has seen it; ``--start-url`` overrides it."""

ZONE = timezone(timedelta(hours=8))
"""Times on the site carry no zone; the site is in China (an assumption, recorded as such)."""

ARTICLE_PATH = re.compile(r"/news/view/([0-9]{1,18})\.html?\Z")
"""A detail page's path; the number is the article's ``site_id`` (18 digits fit in 64 bits)."""

SECTION = "一起惠资讯"
LISTING_LEAF = "文章列表"
"""Last step of a listing page's breadcrumb."""

OWN_SOURCES = ("一起惠返利网", "一起惠")
"""The site's own signatures, longest first."""

READ_ON = ("阅读全文", "查看全文", "全文", "查看更多", "阅读更多", "[详情]", "详情")
"""Link texts that lead on to the whole text and are not titles."""

FURNITURE_HEADINGS = (
    "相关文章", "相关阅读", "相关资讯", "相关推荐", "推荐阅读", "猜你喜欢",
    "热门文章", "热门资讯", "最新文章", "最新资讯", "上一篇", "下一篇", "分享到",
)  # fmt: skip
"""Lines that open a block around the article, not of it."""
SHARING = "分享到"
"""The one of them that may stand between an article's title and its marker."""


# --- how the site prints things ----------------------------------------------------------

_D = "[0-9０-９]"
_DASH = "[-－–—‐‑−]"
_COLON = "[:：]"
_SLASH = "[/／]"
SPACES, NEWLINES = characters.SPACES, characters.NEWLINES
_S = f"[{SPACES}]"
_N = f"[{NEWLINES}]"
NEWLINE = re.compile(_N)
INK = re.compile(rf"[^\s{MARKS}]")
"""Anything but white space."""
LINE_REST = re.compile(rf"{_S}*(?={_N}|\Z)")
"""The rest of a line that holds nothing more."""

PLAIN_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")

COUNT = re.compile(f"次(?:(?<={_D}次)|(?<={_S}次))")
"""Where a marker may end. Starts with a plain character: that search is ten times as fast as
one for a date, and a marker is looked for only in the few characters before it."""

STAMP = re.compile(
    rf"({_D}{{4}}){_DASH}({_D}{{2}}){_DASH}({_D}{{2}}){_S}{{1,4}}({_D}{{2}}){_COLON}({_D}{{2}}){_COLON}({_D}{{2}})"
    rf"{_S}{{0,4}}({_D}{{0,40}}){_S}{{0,4}}次\Z"
)
"""The marker without its source: year to second, then views. Seconds are always two digits."""
STAMP_WIDTH = 72
"""Nothing that :data:`STAMP` matches is longer."""

YEARS = ("1995", "2100")
"""First and last year in which a marker may say that something was published (an assumption)."""
VIEW_DIGITS = 12
"""More digits are no view count (an assumption); sums of such counts still fit a table's 64 bits."""

SENTENCE_ENDS = "。！？!?；;…"
FULL_STOP = re.compile("[。！？]")
OPENERS = tuple("“‘「『（(【《〈")
CLOSERS = "”’」』）)】》〉\"'.~～"
"""What may stand after a sentence's end, or end a body without one."""

SOURCE_ALONE = 30
"""A source on a marker line of its own is no longer than this (characters; an assumption)."""
MARKER_WIDTH = 80
"""A longer line that ends in a marker holds more than the marker."""
SOURCE_GLUED = 10
"""An unknown source glued to a body's last sentence is no longer than this."""

SENTENCE_END = re.compile(rf"[{SENTENCE_ENDS}{CLOSERS}]|阅读全文|查看全文|查看更多|阅读更多")
"""What may stand right before a source, or a time without one, that is glued to a body."""

FINISHED = (*SENTENCE_ENDS, *CLOSERS, "阅读全文", "查看全文", "查看更多", "阅读更多")

NOT_A_SOURCE = re.compile("[是了我你他她它这那就也没吗呢吧被把]|[在于从到自至的为和与及，,、：:（(“‘《「『]$")
"""What an outlet's name does not hold, or not end in: ``他在2019-04-13 …`` is part of a sentence."""
COUNTED = (
    "点击", "浏览", "阅读", "访问", "播放", "下载", "转发", "登录", "数", "后", "的", "，", ",", "。", "、",
    "”", "’", "」", "』", "）", ")", "》",
)  # fmt: skip
"""After ``次`` these carry a sentence on: no marker in the middle of a line is followed by them."""

_READ_ON = "|".join(re.escape(words) for words in READ_ON)
READ_ON_AFTER = re.compile(
    rf"\s{{0,8}}[\[【(（]?(?:{_READ_ON})[\]】)）>＞»…]{{0,4}}(?={_S}{{0,8}}(?:{_N}|\Z))"
)
"""A read-on link right after a marker, to the end of the line."""
READ_ON_TAIL = re.compile(
    rf"(?:(?:(?<=…)|(?<=\.\.\.)|(?<={_N}))\s{{0,8}}[\[【(（]?(?:{_READ_ON})|(?:阅读全文|查看全文))[\]】)）>＞»…]{{0,4}}\Z"
)
"""The same at the end of a body: after an ellipsis, on a line of its own, or unmistakable."""
READ_ON_WIDTH = 30
"""Nothing that :data:`READ_ON_TAIL` matches is longer."""
READ_ON_MARKS = "[]【】()（）<>＜＞»›….·"
"""What may stand around such a link's text."""

TITLE_LABEL = re.compile(r"[^。！？!?；;，,、…]{1,12}")
"""What may stand before a title on its line: a category in brackets, a number."""

NO_CATEGORIES = (
    "首页",
    SECTION,
    LISTING_LEAF,
    "更多",
    "更多>>",
    "更多>",
    "上一页",
    "下一页",
    "尾页",
    *READ_ON,
)
"""Short link texts that name no category."""

PAGER_WORD = re.compile(rf"记录(?=\s{{0,4}}{_D})")
PAGER_HEAD = re.compile(
    rf"(?<![0-9０-９])({_D}{{1,9}}){_S}{{0,4}}{_DASH}{_S}{{0,4}}({_D}{{1,9}})"
    rf"{_S}{{0,4}}{_SLASH}{_S}{{0,4}}({_D}{{1,9}})\s{{0,4}}记录\Z"
)
PAGER_FOOT = re.compile(rf"\s{{0,4}}({_D}{{1,9}})\s{{0,4}}{_SLASH}\s{{0,4}}({_D}{{1,9}})\s{{0,4}}页")
PAGER_WIDTH = 60
"""Nothing that :data:`PAGER_HEAD` matches is longer."""
FIRST_PAGE, PREVIOUS_PAGE, NEXT_PAGE = "首页", "上一页", "下一页"
LAST_PAGE = ("尾页", "末页")
PAGER_LINK = re.compile("|".join((FIRST_PAGE, PREVIOUS_PAGE, NEXT_PAGE, *LAST_PAGE)))
_LINK_MARKS = f"[{SPACES}<>＜＞«»‹›…0-9０-９]"
_LINK_WORD = rf"(?:\.\.\.|{PAGER_LINK.pattern})"
PAGER_LINKS = re.compile(rf"(?={_LINK_MARKS}|{_LINK_WORD}){_LINK_MARKS}*(?:{_LINK_WORD}{_LINK_MARKS}*)*")
"""A run of page numbers and link words. There is one way only to divide any text by it."""

BREADCRUMB_WORD = "当前位置"
BREADCRUMB = re.compile(rf"{BREADCRUMB_WORD}{_S}{{0,4}}{_COLON}{_S}{{0,4}}(?=首页)")
BREADCRUMB_STEP = re.compile("[>＞»›]")
BREADCRUMB_LEAF = re.compile(rf"[>＞»›]{_S}{{0,4}}{LISTING_LEAF}")
BREADCRUMB_WIDTH = 400
"""A longer line that opens with a breadcrumb has more glued to it."""

_HEADINGS = "|".join(h for h in FURNITURE_HEADINGS if h not in ("上一篇", "下一篇"))
FURNITURE_OPENING = re.compile("|".join(FURNITURE_HEADINGS))
FURNITURE_LINE = re.compile(
    rf"(?:(?:{_HEADINGS})(?:推荐|阅读|排行榜?|列表|更多)?(?:[{SPACES}:：>＞»|][^{NEWLINES}。，！？]{{0,300}})?"
    rf"|(?:上一篇|下一篇)(?:[{SPACES}:：>＞»|][^{NEWLINES}。]{{0,120}}|[^{NEWLINES}{SENTENCE_ENDS}，,]{{0,80}}))"
    rf"(?={_N}|\Z)"
)
"""A whole line that opens a block around the article: the heading alone, or a heading and links
after it. A sentence that begins with the same words (``最新资讯显示，……。``) is none."""


def site_id(path: str) -> int | None:
    """The article's number in a detail page's address path, or None.

    >>> site_id("/news/view/5561.html")
    5561
    """
    match = ARTICLE_PATH.search(path)
    return int(match.group(1)) if match else None


def is_own_host(host: str) -> bool:
    """Whether articles on this host are numbered as the site's own: its hosts and those below
    them, and this machine, which stands in for the site.

    >>> [is_own_host(name) for name in ("news.178hui.com", "127.0.0.1", "178hui.com.example")]
    [True, True, False]
    """
    host = host.lower().rstrip(".")
    if host in ("localhost", "::1") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", host):
        return True
    return any(host == own or host.endswith("." + own) for own in HOSTS)


def is_read_on(text: str) -> bool:
    """Whether a link with this text leads on to the whole article.

    >>> is_read_on("[阅读全文] >>"), is_read_on("全文检索怎么做")
    (True, False)
    """
    return text.strip(SPACES + NEWLINES + READ_ON_MARKS) in READ_ON


def published_at(printed: str) -> str:
    """A printed time with its zone.

    >>> published_at("2019-04-13 09:30:07")
    '2019-04-13T09:30:07+08:00'
    """
    return datetime.fromisoformat(printed).replace(tzinfo=ZONE).isoformat()
