"""Two markers next to each other: no row, for nobody can tell which is the article's; the others exact."""

from __future__ import annotations

import re

import pytest
from support.hui import read_page

from yiqihui_spider.crawl.page_check import not_understood
from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
HOST, LISTING, DETAIL = "http://www.178hui.com", "/news/list.php?cat=3&page=2", "/news/view/4459.html"
HTML = "text/html; charset=utf-8"
MARKER = r"<div><span>[^<]*</span><span><i></i>[^<]*</span><em>\d+ 次</em></div>"


def again(text: str, time: str | None) -> str:
    """The page whose first marker stands twice, the second time with another time."""
    marker = re.search(MARKER, text)
    assert marker is not None
    other = re.sub(r"\d\d(?=</span><em>)", time, marker[0]) if time else marker[0]
    return text[: marker.end()] + other + text[marker.end() :]


@pytest.mark.parametrize("time", [None, "59"])
def test_in_a_listing(time: str | None) -> None:
    whole = SITE.get(LISTING).text
    (_, _, right), (_, _, reading) = (
        read_page(text.encode(), HTML, HOST + LISTING) for text in (whole, again(whole, time))
    )
    assert [(a.title, a.body, a.views) for a in reading.articles] == [
        (a.title, a.body, a.views) for a in right.articles[1:]
    ]
    assert "two markers next to each other" in (not_understood(reading) or "")


def test_what_explain_shows_is_what_the_reading_says() -> None:
    text, page, reading = read_page(again(SITE.get(LISTING).text, None).encode(), HTML, HOST + LISTING)
    assert "".join(one.span.of(text.text) for one in page.segments) == text.text
    assert [(one.span, one.reason) for one in page.residues] == [(r.span, r.reason) for r in reading.residues]
    assert len(page.residues) == 2  # the text with the first marker, and the second
    assert len(page.entries) == len(reading.articles) == 7


@pytest.mark.parametrize("time", [None, "59"])
def test_on_an_articles_own_page(time: str | None) -> None:
    text = again(SITE.get(DETAIL).text, time)
    assert read_page(text.encode(), HTML, HOST + DETAIL)[2].articles == ()


def test_a_marker_quoted_in_a_sentence_is_text() -> None:
    whole = SITE.get(LISTING).text
    quote = r"<p>他写道:一起惠2019-01-02 03:04:0599 次,就这些。</p>\1"
    quoted = re.sub(r"(</div>\n?)(?=" + MARKER + ")", quote, whole, count=1)
    assert quoted != whole
    reading = read_page(quoted.encode(), HTML, HOST + LISTING)[2]
    assert len(reading.articles) == len(read_page(whole.encode(), HTML, HOST + LISTING)[2].articles)
