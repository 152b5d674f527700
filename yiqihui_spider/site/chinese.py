"""How Chinese pages print dates, counts, markers and pagers, whatever the site.

What is true of one site is its profile (``178hui.toml``); this is the grammar that its forms are
written in, and what something looks like that can't be read.
"""

from __future__ import annotations

import re

from yiqihui_spider import characters
from yiqihui_spider.characters import MARKS

DIGIT = "[0-9０-９]"
DASH = "[-－–—‐‑−]"
COLON = "[:：]"
SLASH = "[/／]"
SPACES, NEWLINES = characters.SPACES, characters.NEWLINES
SPACE = f"[{SPACES}]"
LINE_BREAK = f"[{NEWLINES}]"
NEWLINE = re.compile(LINE_BREAK)
INK = re.compile(rf"[^\s{MARKS}]")
"""Anything but white space."""
LINE = re.compile(rf"[^\s{MARKS}][^{NEWLINES}]*")
"""A line that holds anything but white space, from the first of it on."""
LINE_REST = re.compile(rf"{SPACE}*(?={LINE_BREAK}|\Z)")
"""The rest of a line that holds nothing more."""

COLONS = re.compile(COLON + "|[时点分]")
PLAIN_DIGITS = str.maketrans("０１２３４５６７８９．，", "0123456789.,")

SENTENCE_ENDS = "。！？!?；;…"
SENTENCE_BREAK = re.compile(f"[{SENTENCE_ENDS}，,、:：]")
FULL_STOP = re.compile("[。！？]")
OPENERS = tuple("“‘「『（(【《〈")
CLOSERS = "”’」』）)】》〉\"'.~～"
"""What may stand after a sentence's end, or end a body without one."""
TITLE_LABEL = re.compile(r"[^。！？!?；;，,、…]{1,12}")
"""What may stand before a title on its line: a category in brackets, a number."""
READ_ON_MARKS = "[]【】()（）<>＜＞»›….·"
"""What may stand around the text of a link that leads on to the whole article."""

# --- numbers and times -------------------------------------------------------------------

UNIT = "万萬亿億千wWkK"
UNITS = {"千": 10**3, "k": 10**3, "万": 10**4, "萬": 10**4, "w": 10**4, "亿": 10**8, "億": 10**8}
"""What a number is multiplied by; such a count is not exact."""
MORE = "[+＋余多]"
"""After a number: at least so many."""
COUNT_END = f"0-9０-９{SPACES}{UNIT}+＋余多"
"""What a printed count may end in, and the white space after it."""
NUMBER = rf"(?:{DIGIT}{{1,3}}(?:[,，]{DIGIT}{{3}}){{1,2}}|{DIGIT}{{1,9}})"
"""A count of records or pages."""

_SEPARATOR = rf"(?:{DASH}|[/／.．])"
_NUMERIC = rf"{_SEPARATOR}(?P<month>{DIGIT}{{1,2}}){_SEPARATOR}(?P<day>{DIGIT}{{1,2}})"
_SPELLED = (
    rf"{SPACE}?年{SPACE}?(?P<other_month>{DIGIT}{{1,2}})"
    rf"{SPACE}?月{SPACE}?(?P<other_day>{DIGIT}{{1,2}}){SPACE}?日"
)
_YEAR = rf"(?P<year>{DIGIT}{{4}})"
DATE = rf"{_YEAR}(?:{_NUMERIC}(?!{DIGIT})|{_SPELLED})"
"""A date alone, year first."""
CLOCK = rf"(?P<hour>{DIGIT}{{1,2}}){COLON}(?P<minute>{DIGIT}{{2}})(?:{COLON}(?P<second>{DIGIT}{{2}}))?"
"""Seconds, where there are any, are always two digits."""
DATE_AND_CLOCK = rf"{_YEAR}(?:{_NUMERIC}(?:{SPACE}{{1,4}}|T)|{_SPELLED}{SPACE}{{0,4}}){CLOCK}"
"""A date and a time of day."""
VIEWS = rf"(?:{DASH}|[+＋])?{DIGIT}[0-9０-９,，.．]{{0,40}}{SPACE}?(?:[{UNIT}]{MORE}?|{MORE}[{UNIT}]?)?"
"""Whatever looks like a count, be it possible or not."""
ANY_NUMBER = (
    rf"(?:{DIGIT}{{1,3}}(?:[,，]{DIGIT}{{3}}){{1,3}}|{DIGIT}{{1,12}})(?:[.．]{DIGIT}{{1,2}}(?={SPACE}?[{UNIT}]))?"
    rf"(?:{SPACE}?[{UNIT}]{MORE}?|{MORE})?"
)
"""A number that is not kept, in whatever way counts are printed."""
COUNT = re.compile(
    rf"(?P<number>{DIGIT}{{1,40}}|{DIGIT}{{1,3}}(?:[,，]{DIGIT}{{3}}){{1,12}}"
    rf"|{DIGIT}{{1,40}}[.．]{DIGIT}{{1,4}}(?={SPACE}?[{UNIT}])){SPACE}?(?P<unit>[{UNIT}]?)(?P<more>{MORE}?)"
)
"""A count of views as a whole that can be read: 407, 1,526, 1.2万, 10万+."""

YEARS = ("1995", "2100")
"""First and last year in which a marker may say that something was published (an assumption)."""
VIEW_DIGITS = 12
"""More digits are no view count (an assumption); sums of such counts still fit a table's 64 bits."""

# --- labels --------------------------------------------------------------------------------

TIME_LABELS = ("时间", "日期")
"""Every label before a time ends in one of these."""
TIME_LABEL = "(?:发布|发表|更新)?(?:时间|日期)"
SOURCE_LABEL = "(?:文章|信息)?(?:来源|出处)"
VIEWS_LABEL = "(?:(?:浏览|阅读|点击|访问)(?:量|数|次数)?|人气|热度)"
LABEL_GAP = rf"[{SPACES}{NEWLINES}|｜丨]{{0,8}}"
"""What may stand between the parts of a marker with labels."""

# --- what looks like a marker and can't be read -------------------------------------------------

_ANY_DATE = (
    rf"(?:{DIGIT}{{1,4}}{SPACE}?(?:{_SEPARATOR}|年){SPACE}?{DIGIT}{{1,2}}{SPACE}?(?:{_SEPARATOR}|月){SPACE}?{DIGIT}{{1,4}}日?"
    rf"|{DIGIT}{{1,2}}月{DIGIT}{{1,2}}日|{DIGIT}{{1,2}}{DASH}{DIGIT}{{1,2}}(?={SPACE}{{1,4}}{DIGIT}{{1,2}}{COLON}))"
)
_ANY_CLOCK = (
    rf"{DIGIT}{{1,2}}(?:{COLON}{DIGIT}{{1,2}}(?:{COLON}{DIGIT}{{2}})?"
    rf"|[时点]{DIGIT}{{1,2}}分(?:{DIGIT}{{1,2}}秒)?)"
)
_AGO = (
    rf"(?:(?:{DIGIT}{{1,4}}|[一二两三四五六七八九十几半]{{1,3}}){SPACE}?"
    "(?:秒钟?|分钟?|个?小时|个?钟头|天|日|周|个?星期|个?月|年)"
    rf"{SPACE}?[以之]?前|刚刚|刚才|[昨前今][天日])"
)
WHENISH = re.compile(
    rf"(?P<date>{_ANY_DATE}(?:{SPACE}{{0,4}}T?(?P<clock>{_ANY_CLOCK}))?)|(?P<ago>{_AGO}(?:{SPACE}{{0,4}}{_ANY_CLOCK})?)|{_ANY_CLOCK}"
)
"""What says when, readable or not: the parts of a marker whose rest can't be read."""
_NO_COUNT = (
    f"(?:{VIEWS_LABEL}{COLON}?)?"
    "(?:暂无数据|暂无|未知|没有|无|不详|保密|加载中|null|NULL|undefined|NaN|[Nn]/?[Aa]|-{1,3}|—{1,2}|[?？]{1,3})"
)
SUSPECT_REST = re.compile(
    rf"[^{NEWLINES}\u3400-\u9fff\uf900-\ufaff]{{1,40}}次?{SPACE}{{0,4}}(?={LINE_BREAK}|\Z)"
)
"""What may follow on the line of a marker that can't be read, and is no text of the next entry."""
NO_COUNT = re.compile(rf"{_NO_COUNT}(?:{SPACE}{{0,4}}[次人]?)(?![0-9０-９次])")
"""What is printed in place of a count."""
_ODD_COUNT = (
    rf"[约超近>≥]?{SPACE}?[-－–—+＋]?{SPACE}?{DIGIT}[0-9０-９,，.．{SPACES}]{{0,40}}"
    rf"(?:[{UNIT}]{MORE}?|{MORE}[{UNIT}]?)?"
)
COUNT_LINE = re.compile(rf"(?:{VIEWS_LABEL}{COLON})?{SPACE}{{0,4}}{_ODD_COUNT}{SPACE}{{0,4}}次?")
"""A line that holds a count and nothing else."""
COUNT_AT_END = re.compile(
    rf"(?:{VIEWS_LABEL}{COLON})?{_ODD_COUNT}{SPACE}{{0,4}}次\Z"
    rf"|(?:{VIEWS_LABEL}{COLON}){SPACE}{{0,4}}{_ODD_COUNT}\Z"
)
MARKER_REST = re.compile(rf"[^{SENTENCE_ENDS}，、{NEWLINES}]{{0,20}}")
"""What may follow the time on a marker's line."""
TIME_OF_DAY = re.compile(rf"[:：](?={DIGIT}{{2}}{COLON}{DIGIT}{{2}})")
"""Where a time with seconds stands."""
DATE_BEFORE = re.compile(rf"{_ANY_DATE}{SPACE}{{0,4}}T?{DIGIT}{{1,2}}\Z")
DATE_WIDTH = 30
COUNT_WITH_NO_TIME = rf"{SPACE}{{0,4}}(?:{_NO_COUNT}(?:{SPACE}{{0,4}}次)?|{_ODD_COUNT}{SPACE}{{0,4}}次)"
"""What follows a source where the time between it and the count is missing."""

# --- what a source is ----------------------------------------------------------------------

SOURCE_ALONE = 30
"""A source on a marker line of its own is no longer than this (characters; an assumption)."""
MARKER_WIDTH = 80
"""A longer line that ends in a marker holds more than the marker."""
SOURCE_GLUED = 10
"""An unknown source glued to a body's last sentence is no longer than this."""
NOT_A_SOURCE = re.compile("[是了我你他她它这那就也没吗呢吧被把]|[在于从到自至的为和与及，,、：:（(“‘《「『]$")
"""What an outlet's name does not hold, or not end in: ``他在2019-04-13 …`` is part of a sentence."""
LEADS_ON = (*OPENERS, ":", "：", "，", ",", "、", "在", "于", "是", "从", "到", "的")
"""Before a marker these say that it is part of a sentence."""
COUNTED = (
    "点击", "浏览", "阅读", "访问", "播放", "下载", "转发", "登录", "数", "后", "的", "，", ",", "。", "、",
    "”", "’", "」", "』", "）", ")", "》",
)  # fmt: skip
"""After ``次`` these carry a sentence on: no marker in the middle of a line is followed by them."""

# --- pagers that can't be read -----------------------------------------------------------------

_PAGES = rf"{SPACE}{{0,4}}{NUMBER}{SPACE}{{0,4}}"
PAGER_LIKE = re.compile(
    rf"{NUMBER}{SPACE}{{0,4}}{DASH}{_PAGES}(?:{SLASH}|共|of){SPACE}{{0,4}}{NUMBER}"
    rf"|(?:共|总数|总计|合计)[有计]?{SPACE}{{0,4}}[\[(（【]?{_PAGES}[\])）】]?{SPACE}{{0,4}}[个]?[条篇页记]"
    rf"|第{_PAGES}(?:{SLASH}{_PAGES})?页|{NUMBER}{SPACE}{{0,4}}{SLASH}{_PAGES}页"
    rf"|上一页|下一页|上页|下页|尾页|末页"
)
"""What a line that holds the counts or the links of a pager holds, in whatever words."""
PAGER_LIKE_WIDTH = 200
"""A longer line is no pager's."""
