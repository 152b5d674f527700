"""Pages cut off at any place: an article's half never passes for the article."""

from __future__ import annotations

import pytest
from support.hui import read_page

from yiqihui_spider.characters import squeeze
from yiqihui_spider.parse.cut_off import CUT_OFF, broken_off
from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
URL = "http://www.178hui.com/news/view/4459.html"
WHOLE = SITE.get("/news/view/4459.html").body
BODY = squeeze(SITE.articles[4459].fused)
HTML = "text/html; charset=utf-8"


def bodies(document: bytes, kind: str = HTML) -> set[str]:
    return {squeeze(article.body) for article in read_page(document, kind, URL)[2].articles}


@pytest.mark.parametrize("offset", range(7))
def test_an_articles_page_cut_anywhere_shows_the_whole_text_or_none(offset: int) -> None:
    for cut in range(800 + offset, len(WHOLE), 41):
        assert bodies(WHOLE[:cut]) <= {BODY}, cut


def test_it_says_why() -> None:
    cut = WHOLE[: WHOLE.index(b"</p>", WHOLE.index("次</em>".encode()))]
    assert read_page(cut, HTML, URL)[2].problems == (CUT_OFF,)


def test_in_another_charset_too() -> None:
    document = WHOLE.decode().replace('charset="utf-8"', 'charset="gb18030"').encode("gb18030")
    start = document.index("次</em>".encode("gb18030"))
    for cut in range(start, start + 400, 7):
        assert bodies(document[:cut], "text/html; charset=gb18030") <= {BODY}, cut


def test_a_dump_cut_inside_a_character() -> None:
    dump = SITE.dump_article(4459).encode()
    assert bodies(dump, "text/plain; charset=utf-8") == {BODY}
    inside = dump.rindex("时".encode()) + 2
    assert bodies(dump[:inside], "text/plain; charset=utf-8") == set()


@pytest.mark.parametrize(
    "document",
    [
        WHOLE.replace(b"</html>", b"").replace(b"</body>", b""),
        WHOLE[: WHOLE.index(b"</html>")],
        WHOLE.replace(b"</body>", b"<div><div>"),
        WHOLE.replace(b"</body>", b"").replace(b"</html>", b"<!-- served by 7 -->"),
    ],
)
def test_a_whole_page_with_other_ends(document: bytes) -> None:
    """Minifiers leave end tags out that need not stand, and old pages leave blocks open."""
    assert bodies(document) == {BODY}


@pytest.mark.parametrize(
    ("document", "rest"),
    [
        ("<div>甲<p>乙", "甲乙"),
        ("<div>甲</div><div>乙&ldquo;丙", "乙“丙"),
        ("<div>甲<div></div><div>", "甲"),
        ("<div>甲</div>乙<spa", "甲乙"),
        ("<div>甲</div>乙", None),
        ("<div>甲</span></ul>乙</div>", None),
        ("<ul><li>甲<li>乙</ul>", None),
        ("<div>甲</body>", None),
        ("<div>甲<!-- </div> -->", "甲"),
        ("<div>甲</div><script>var a = '<div>'", "vara=''"),
        ("<div>甲</div><script>var a = '<div>'</script>", None),
        ("甲\ufffd", "甲\ufffd"),
    ],
)
def test_what_stands_where_a_document_breaks_off(document: str, rest: str | None) -> None:
    assert broken_off(document) == rest


def test_it_takes_linear_time() -> None:
    assert broken_off("<div>" * 100_000 + "</ul>" * 100_000) is None
    assert broken_off("<div><p>" * 100_000 + "甲") == "甲"
