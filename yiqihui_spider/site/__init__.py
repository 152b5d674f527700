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
NEWS_HOST = "news.178hui.com"
"""Where articles once stood, each at ``/{number}.html``."""
HOSTS = ("www.178hui.com", "178hui.com", "m.178hui.com", NEWS_HOST)

PAST_HOSTS = ("news.178hui.com",)
"""Where articles once stood: old captures name it, no crawl goes there."""

START_URL = "http://www.178hui.com/news/"
"""The section's start page. An assumption: nobody here has seen it; ``--start-url`` overrides it."""

ZONE = timezone(timedelta(hours=8))
"""Times on the site carry no zone; the site is in China (an assumption, recorded as such)."""

ARTICLE_PATH = re.compile(r"/news/view/([0-9]{1,18})\.html?\Z")
"""A detail page's path; the number is the article's ``site_id`` (18 digits fit in 64 bits)."""
NEWS_PATH = re.compile(r"/([0-9]{1,18})\.html?\Z")
"""The same on :data:`NEWS_HOST`."""

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
LINE = re.compile(rf"[^\s{MARKS}][^{NEWLINES}]*")
"""A line that holds anything but white space, from the first of it on."""
LINE_REST = re.compile(rf"{_S}*(?={_N}|\Z)")
"""The rest of a line that holds nothing more."""

COLONS = re.compile(_COLON + "|[时点分]")
PLAIN_DIGITS = str.maketrans("０１２３４５６７８９．，", "0123456789.,")

SENTENCE_ENDS = "。！？!?；;…"
SENTENCE_BREAK = re.compile(f"[{SENTENCE_ENDS}，,、:：]")
_UNIT = "万萬亿億千wWkK"
UNITS = {"千": 10**3, "k": 10**3, "万": 10**4, "萬": 10**4, "w": 10**4, "亿": 10**8, "億": 10**8}
"""What a number is multiplied by; such a count is not exact."""
_MORE = "[+＋余多]"
"""After a number: at least so many."""

COUNT = re.compile(f"次(?<=[0-9０-９{SPACES}{_UNIT}+＋余多]次)")
"""Where a marker may end. Starts with a plain character: that search is ten times as fast as
one for a date, and a marker is looked for only in the few characters before it."""

_DATE = (
    rf"({_D}{{4}})(?:(?:{_DASH}|[/／.．])({_D}{{1,2}})(?:{_DASH}|[/／.．])({_D}{{1,2}})(?:{_S}{{1,4}}|T)"
    rf"|{_S}?年{_S}?({_D}{{1,2}}){_S}?月{_S}?({_D}{{1,2}}){_S}?日{_S}{{0,4}})"
)
_CLOCK = rf"({_D}{{1,2}}){_COLON}({_D}{{2}})(?:{_COLON}({_D}{{2}}))?"
WHEN = re.compile(_DATE + _CLOCK)
"""A date, year first, and a time of day; seconds, where there are any, are always two digits."""
_VIEWS = rf"(?:{_DASH}|[+＋])?{_D}[0-9０-９,，.．]{{0,40}}{_S}?(?:[{_UNIT}]{_MORE}?|{_MORE}[{_UNIT}]?)?"
VIEWS = re.compile(
    rf"(?P<number>{_D}{{1,40}}|{_D}{{1,3}}(?:[,，]{_D}{{3}}){{1,12}}|{_D}{{1,40}}[.．]{_D}{{1,4}}(?={_S}?[{_UNIT}]))"
    rf"{_S}?(?P<unit>[{_UNIT}]?)(?P<more>{_MORE}?)"
)
"""A count of views as a whole that can be read: 407, 1,526, 1.2万, 10万+."""
PLAIN_STAMP = re.compile("([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})([0-9]{1,12}) ?次\\Z")
"""The form in which the site printed it in 2019."""
PLAIN_WIDTH = 33
"""Nothing that :data:`PLAIN_STAMP` matches is longer."""
STAMP = re.compile(rf"{_DATE}{_CLOCK}({_S}{{0,4}})((?:{_VIEWS})?){_S}{{0,4}}次\Z")
"""The marker without its source: time, then views."""
STAMP_WIDTH = 100
"""Nothing that :data:`STAMP` matches is longer."""

TIME_LABELS = ("时间", "日期")
"""One of these is in every marker with labels."""
_GAP = rf"[{SPACES}{NEWLINES}|｜丨]{{0,8}}"
_TIME_LABEL = "(?:发布|发表|更新)?(?:时间|日期)[:：]"
_SOURCE_LABEL = "(?:文章|信息)?(?:来源|出处)[:：]"
_VIEWS_LABEL = "(?:(?:浏览|阅读|点击|访问)(?:量|数|次数)?|人气|热度)[:：]"
_PART_END = rf"(?={_GAP}(?:{_TIME_LABEL}|{_SOURCE_LABEL}|{_VIEWS_LABEL}|\Z)|{_S}{{0,4}}(?:{_N}|\Z))"
_PART = f"[^{NEWLINES}|｜丨:：]"
LABELLED = {
    "time": re.compile(
        rf"{_GAP}{_TIME_LABEL}{_S}{{0,4}}(?P<value>{_D}[^{NEWLINES}|｜丨]{{4,30}}?){_PART_END}"
    ),
    "source": re.compile(rf"{_GAP}{_SOURCE_LABEL}{_S}{{0,4}}(?P<value>{_PART}{{0,30}}?){_PART_END}"),
    "views": re.compile(
        rf"{_GAP}{_VIEWS_LABEL}{_S}{{0,4}}(?P<value>{_PART}{{0,30}}?){_S}{{0,4}}次?{_PART_END}"
    ),
}
"""The parts of a marker with labels, ``时间：2019-04-13 09:30 来源：一起惠 浏览：407次``, in any order."""
LABELLED_WIDTH = 160
"""No marker with labels is longer."""

_SEPARATOR = rf"(?:{_DASH}|[/／.．])"
_ANY_DATE = (
    rf"(?:{_D}{{1,4}}{_S}?(?:{_SEPARATOR}|年){_S}?{_D}{{1,2}}{_S}?(?:{_SEPARATOR}|月){_S}?{_D}{{1,4}}日?"
    rf"|{_D}{{1,2}}月{_D}{{1,2}}日|{_D}{{1,2}}{_DASH}{_D}{{1,2}}(?={_S}{{1,4}}{_D}{{1,2}}{_COLON}))"
)
_ANY_CLOCK = (
    rf"{_D}{{1,2}}(?:{_COLON}{_D}{{1,2}}(?:{_COLON}{_D}{{2}})?|[时点]{_D}{{1,2}}分(?:{_D}{{1,2}}秒)?)"
)
_AGO = (
    rf"(?:(?:{_D}{{1,4}}|[一二两三四五六七八九十几半]{{1,3}}){_S}?(?:秒钟?|分钟?|个?小时|个?钟头|天|日|周|个?星期|个?月|年)"
    rf"{_S}?[以之]?前|刚刚|刚才|[昨前今][天日])"
)
WHENISH = re.compile(
    rf"(?P<date>{_ANY_DATE}(?:{_S}{{0,4}}T?(?P<clock>{_ANY_CLOCK}))?)|(?P<ago>{_AGO}(?:{_S}{{0,4}}{_ANY_CLOCK})?)|{_ANY_CLOCK}"
)
"""What says when, readable or not: the parts of a marker whose rest can't be read."""
_NO_COUNT = (
    "(?:(?:阅读|浏览|点击|访问|人气|热度)(?:量|数|次数)?[:：]?)?"
    "(?:暂无数据|暂无|未知|没有|无|不详|保密|加载中|null|NULL|undefined|NaN|[Nn]/?[Aa]|-{1,3}|—{1,2}|[?？]{1,3})"
)
SUSPECT_REST = re.compile(rf"[^{NEWLINES}\u3400-\u9fff\uf900-\ufaff]{{1,40}}次?{_S}{{0,4}}(?={_N}|\Z)")
"""What may follow on the line of a marker that can't be read, and is no text of the next entry."""
NO_COUNT = re.compile(rf"{_NO_COUNT}(?:{_S}{{0,4}}[次人]?)(?![0-9０-９次])")
"""What is printed in place of a count."""
_ODD_COUNT = (
    rf"[约超近>≥]?{_S}?[-－–—+＋]?{_S}?{_D}[0-9０-９,，.．{SPACES}]{{0,40}}"
    rf"(?:[{_UNIT}]{_MORE}?|{_MORE}[{_UNIT}]?)?"
)
COUNT_LINE = re.compile(rf"(?:{_VIEWS_LABEL})?{_S}{{0,4}}{_ODD_COUNT}{_S}{{0,4}}次?")
"""A line that holds a count and nothing else."""
COUNT_AT_END = re.compile(
    rf"(?:{_VIEWS_LABEL})?{_ODD_COUNT}{_S}{{0,4}}次\Z|(?:{_VIEWS_LABEL}){_S}{{0,4}}{_ODD_COUNT}\Z"
)
MARKER_REST = re.compile(rf"[^{SENTENCE_ENDS}，、{NEWLINES}]{{0,20}}")
"""What may follow the time on a marker's line."""
TIME_OF_DAY = re.compile(rf"[:：](?={_D}{{2}}{_COLON}{_D}{{2}})")
"""Where a time with seconds stands."""
DATE_BEFORE = re.compile(rf"{_ANY_DATE}{_S}{{0,4}}T?{_D}{{1,2}}\Z")
DATE_WIDTH = 30
OWN_MARKER = re.compile(
    rf"一起惠(?:返利网)?{_S}{{0,4}}(?:{_NO_COUNT}(?:{_S}{{0,4}}次)?|{_ODD_COUNT}{_S}{{0,4}}次)"
)
"""Our own signature and a count, the time between them missing."""
OWN_AFTER_SENTENCE = re.compile(r"一起惠(?<=[。！？”…]一起惠)")
"""Our own signature where a marker's would stand."""

YEARS = ("1995", "2100")
"""First and last year in which a marker may say that something was published (an assumption)."""
VIEW_DIGITS = 12
"""More digits are no view count (an assumption); sums of such counts still fit a table's 64 bits."""

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
LEADS_ON = (*OPENERS, ":", "：", "，", ",", "、", "在", "于", "是", "从", "到", "的")
"""Before a marker these say that it is part of a sentence."""
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

_N9 = rf"(?:{_D}{{1,3}}(?:[,，]{_D}{{3}}){{1,2}}|{_D}{{1,9}})"
PAGER_WORD = re.compile(rf"记录(?=\s{{0,4}}{_D})")
PAGER_HEAD = re.compile(
    rf"(?<![0-9０-９,，])({_N9}){_S}{{0,4}}{_DASH}{_S}{{0,4}}({_N9})"
    rf"{_S}{{0,4}}{_SLASH}{_S}{{0,4}}({_N9})\s{{0,4}}记录\Z"
)
PAGER_FOOT = re.compile(rf"\s{{0,4}}({_N9})\s{{0,4}}{_SLASH}\s{{0,4}}({_N9})\s{{0,4}}页")
PAGER_WIDTH = 72
"""Nothing that :data:`PAGER_HEAD` matches is longer."""
PAGER_LIKE = re.compile(
    rf"{_N9}{_S}{{0,4}}{_DASH}{_S}{{0,4}}{_N9}{_S}{{0,4}}(?:{_SLASH}|共|of){_S}{{0,4}}{_N9}"
    rf"|(?:共|总数|总计|合计)[有计]?{_S}{{0,4}}[\[(（【]?{_S}{{0,4}}{_N9}{_S}{{0,4}}[\])）】]?{_S}{{0,4}}[个]?[条篇页记]"
    rf"|第{_S}{{0,4}}{_N9}{_S}{{0,4}}(?:{_SLASH}{_S}{{0,4}}{_N9}{_S}{{0,4}})?页|{_N9}{_S}{{0,4}}{_SLASH}{_S}{{0,4}}{_N9}{_S}{{0,4}}页"
    rf"|上一页|下一页|上页|下页|尾页|末页"
)
"""What a line that holds the counts or the links of a pager holds, in whatever words."""
PAGER_LIKE_WIDTH = 200
"""A longer line is no pager's."""
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


def site_id(path: str, host: str = HOST) -> int | None:
    """The article's number in a detail page's address path, or None.

    >>> site_id("/news/view/5561.html"), site_id("/5561.html"), site_id("/5561.html", NEWS_HOST)
    (5561, None, 5561)
    """
    match = ARTICLE_PATH.search(path)
    if match is None and host == NEWS_HOST:
        match = NEWS_PATH.match(path)
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
