"""Tells HTML from text, and both from HTML that lies in something else. Pure.

A dump of text is read as it stands, so nothing with HTML tags in it may pass for one: its source
text would end up in the articles.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal

Form = Literal["html", "text", "json", "wrapped"]
"""``wrapped``: neither an HTML page nor a text without tags (CSV, mail, several records)."""

REFUSED: dict[Form, str] = {
    "json": "JSON, which is no text dump",
    "wrapped": "HTML tags in what is no HTML page",
}
"""Why nothing may be read from it."""

_NAMES = (
    "html head title base link meta style script noscript template body frameset frame noframes iframe"
    " address article aside footer header h[1-6] hgroup main nav section search blockquote dd div dl dt"
    " figcaption figure hr li menu ol p pre ul abbr acronym bdi bdo big br center cite code data del dfn em"
    " font ins kbd label mark marquee nobr rp rt ruby samp small span strike strong sub sup time tt var wbr"
    " area audio canvas embed img map object param picture source svg track video applet caption col"
    " colgroup table tbody td tfoot th thead tr button datalist fieldset form input legend meter optgroup"
    " option output progress select textarea details dialog summary slot"
)
_ALSO_SHORT = "a b i q s u"
"""In a text ``a<b>c`` may be meant as it stands; closed, or with attributes, they are tags."""
NAMES = "(?:" + "|".join([*_NAMES.split(), *_ALSO_SHORT.split()]) + ")"
"""The names of HTML's elements, as a regular expression."""
_NAME = "(?:" + "|".join(_NAMES.split()) + ")"
_SHORT = f"[{_ALSO_SHORT.replace(' ', '')}]"

_TAG = re.compile(
    rf"<(?=[a-z/!?])(?:(?:/?{_NAME}|{_SHORT}(?=\s)|/{_SHORT})(?:[\s/][^<>]*)?>|!--|!doctype\s|\?xml\s|\?php\s)",
    re.IGNORECASE,
)
_ESCAPED = re.compile(
    rf"(?:&lt;|&#0*60;|&#x0*3c;|\\u003c)\\?/?{_NAME}(?:[\s/]|&gt;|&#0*62;|\\u003e|>)", re.IGNORECASE
)
_ESCAPED_END = re.compile(rf"<\\/(?:{_NAME}|{_SHORT})>", re.IGNORECASE)

_COMMENTS = r"(?:<!--(?:(?!-->).)*-->\s*|<\?xml\b[^>]*>\s*)*"
"""A comment ends at its first ``-->`` and nowhere else: there is one way only to divide a text."""
_DOCUMENT = re.compile(rf"[\s\ufeff]*{_COMMENTS}<(?:!doctype\s+html|html)\b", re.I | re.S)
_BEGINS = re.compile(r"<(?:!doctype\s+html|html(?:\s[^<>]*)?>)", re.IGNORECASE)
_ENDS = re.compile(r"</html\s*>", re.IGNORECASE)
_JSON = re.compile(r"[\s\ufeff]*(?:\[\s*)*\{\s*\"[^\"\n]{0,200}\"\s*:")
_OPENING = re.compile(
    r"[\s\ufeff]*<(?:!--|!doctype\b|\?xml\b|/?[a-z][a-z0-9]*(?:[\s/][^<>]*)?>)", re.IGNORECASE
)
_ENVELOPE = re.compile(
    r"\A[\s\ufeff]*[\[{\"']|[\"'][,:]?\s*\Z|^(?:HTTP|W?ARC)/\d|^[A-Za-z][\w-]{0,40}:(?!//)|^From "
    r"|^[\w.]+://\S+ \S+ \d{14} |^--[\w'=-]{4,}|=3D",
    re.MULTILINE | re.IGNORECASE,
)
"""What stands before a page in JSON, CSV, mail, saved heads of HTTP, and archives' own records."""
_MOST_JUNK, _JUNK_LINES = 4000, 4
"""So many characters, in so many lines, before a document may be a tool's or a server's notice."""
_LOOKED_AT = 100_000
_MEDIA_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
_DATA = (
    "application/json",
    "application/x-ndjson",
    "application/jsonl",
    "text/csv",
    "text/tab-separated-values",
)


MARKDOWN_LINK = re.compile(
    r"\[([^\[\]\n]{1,200})\]\(<?(https?://[^()\s<>]{1,2000})>?(?:[ \t]+\"[^\"\n]{0,300}\")?\)"
)
"""A link, with its text and its address; a title in such a line of its own can be read (titles.py)."""
_ANY_LINK = re.compile(r"\[[^\]\n]{1,300}\]\(<?(?:https?:/)?/")
_TITLE_LINE = re.compile(rf"\s*(?:[#>*+-]{{1,6}}[ \t]+)?{MARKDOWN_LINK.pattern}\s*")
_MARKED: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (least, re.compile(pattern, re.MULTILINE))
    for least, pattern in (
        (1, r"!\[[^\]\n]{0,300}\]\([^)\n]{1,2300}\)"),
        (1, r"^[ \t]{0,3}\[[^\]\n]{1,300}\]:[ \t]+<?https?://"),
        (1, r"^[ \t]*(?:\[\[https?://[^\]\n]+\]\[|\[https?://\S+[ \t][^\]\n]+\][ \t]*$)"),
        (2, r"^\S[^\n]*\n(?:={3,}|-{3,})[ \t]*$"),
        (2, r"^(?:\*\*|__)[^*_\n]{1,300}(?:\*\*|__)[ \t]*$"),
    )
)
"""Pictures, lists of addresses, underlined headings and bold lines of Markdown and its like, and how many it
takes to tell."""
_NUMBERED = re.compile(r"^[ \t]*\[\d{1,4}\]\S", re.MULTILINE)
_REFERENCE = re.compile(r"^[ \t]*\d{1,4}\.[ \t]+(?:https?|file)://", re.MULTILINE)
MARKDOWN = (
    "Markdown or its like, whose marks would stand in the articles: import the page itself, or its plain text"
)
LINK_NUMBERS = (
    "numbers of links, which would stand in the articles: import the page itself, or a dump without them "
    "(lynx -nonumbers)"
)
SOURCE = "the source of a page, shown as text: import that text as an HTML file"


def marked_up(text: str) -> str | None:
    """What of a text dump no reader of the page saw, and would end up in the articles; None if nothing.

    >>> marked_up("见[题目](http://a.b/1.html)。") == MARKDOWN, marked_up("# 话题 #\\n正文[1],见下。")
    (True, None)
    """
    links = _ANY_LINK.finditer(text) if "](" in text else ()
    if any(not _TITLE_LINE.fullmatch(_line_at(text, found.start())) for found in links):
        return MARKDOWN
    if any(_at_least(least, pattern, text) for least, pattern in _MARKED):
        return MARKDOWN
    if _at_least(2, _NUMBERED, text) and _at_least(2, _REFERENCE, text):
        return LINK_NUMBERS
    return None


def _line_at(text: str, place: int) -> str:
    end = text.find("\n", place)
    return text[text.rfind("\n", 0, place) + 1 : end if end >= 0 else len(text)]


def _at_least(number: int, pattern: re.Pattern[str], text: str) -> bool:
    return sum(1 for _ in islice(pattern.finditer(text), number)) == number


def shows_source(text: str) -> bool:
    """Whether what a page shows is itself a document: a browser's view of the source, saved."""
    return _DOCUMENT.match(text[:_LOOKED_AT]) is not None


def media_type(content_type: str | None) -> str:
    """The first media type that a header names, in lower case, whatever follows it.

    >>> media_type("Text/HTML charset=utf-8"), media_type("text/html, text/plain; q=1"), media_type(None)
    ('text/html', 'text/html', '')
    """
    found = _MEDIA_TYPE.match(content_type or "")
    return found[1].lower() if found else ""


def holds_tags(text: str) -> bool:
    """Whether a text holds HTML, be it plain or escaped as JSON or HTML itself does.

    >>> holds_tags("当前<b>位置</b>"), holds_tags('{"a": "\\\\u003cdiv\\\\u003e"}'), holds_tags("&lt;br/&gt;")
    (True, True, True)
    >>> holds_tags("3 < 4, a<b, <3, 《一》, <起惠>, <a@b.cn>")
    False
    """
    if "<" in text and (_TAG.search(text) or _ESCAPED_END.search(text)):
        return True
    return ("&" in text or "\\u003" in text) and _ESCAPED.search(text) is not None


def form_of(text: str, content_type: str | None = None) -> Form:
    """What a text is. The declared type decides only where the text itself leaves it open."""
    head = text[:_LOOKED_AT]
    if _DOCUMENT.match(head):
        return "html"
    if _JSON.match(head):
        return "json"
    if not holds_tags(text):
        generic = "xml" in media_type(content_type) and _OPENING.match(head)
        return "html" if generic else "text"
    kind = media_type(content_type)
    plain = _TAG.search(text) is not None
    return "html" if plain and kind not in _DATA and _is_page(text, kind) else "wrapped"


def _is_page(text: str, kind: str) -> bool:
    """Whether a text with tags, that does not begin with a document, is a page nevertheless."""
    if _OPENING.match(text[:_LOOKED_AT]):
        return True
    document = _BEGINS.search(text[:_LOOKED_AT])
    if document is None:
        return kind in ("text/html", "application/xhtml+xml") and not _ENVELOPE.search(text[:_MOST_JUNK])
    before = text[: document.start()]
    alone = before.rpartition("\n")[2].strip("\ufeff \t\r") == ""
    lines = sum(1 for line in before[: _MOST_JUNK + 1].splitlines() if line.strip())
    few = len(before) <= _MOST_JUNK and lines <= _JUNK_LINES
    return alone and few and not _ENVELOPE.search(before) and not _begins_again(text, document.end())


def _begins_again(text: str, place: int) -> bool:
    """Whether one page ends and another begins: records of a tool that writes heads of its own."""
    end = _ENDS.search(text, place)
    return end is not None and _BEGINS.search(text, end.end()) is not None
