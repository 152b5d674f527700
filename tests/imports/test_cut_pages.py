"""Pages cut off on their way into a file: no edit and no false row by import either, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.import_files import HOST, Warc, bring_in, one, rows

from yiqihui_spider.characters import squeeze
from yiqihui_spider.errors import Exit
from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
LISTING, DETAIL = "/news/list.php?cat=3&page=1", "/news/view/4459.html"
TEXT = squeeze(SITE.articles[4459].fused)
STANDING = "SELECT body, title, detail_at IS NOT NULL FROM articles WHERE site_id = 4459"
VERSIONS = (
    "SELECT count(*) FROM article_versions WHERE article_id = (SELECT id FROM articles WHERE site_id = 4459)"
)


def warc(path: Path, target: str, body: bytes, when: str, **fields: str) -> Path:
    made = Warc()
    made.response(HOST + target, body, when=when, **fields)
    return made.save(path)


def half_page() -> bytes:
    """As a browser saves what has come so far: every element is closed."""
    page = SITE.get(DETAIL).text
    start = page.index("</p>", page.index("次</em>")) + 4
    return (page[:start] + "\n</div>\n</div></body></html>").encode()


@pytest.mark.parametrize("first", ["listing", "detail"])
def test_a_detail_page_that_ends_where_the_listing_goes_on(tmp_path: Path, first: str) -> None:
    archive = tmp_path / "out" / "a.db"
    files = {
        "listing": warc(tmp_path / "l.warc.gz", LISTING, SITE.get(LISTING).body, "2020-03-02T06:00:00Z"),
        "detail": warc(tmp_path / "d.warc.gz", DETAIL, half_page(), "2020-03-02T07:00:00Z"),
    }
    order = [files.pop(first), *files.values()]
    for attempt in (1, 2):
        code, tally = bring_in(archive, *order)
        assert code == Exit.UNCERTIFIED, attempt
        assert tally.damaged.count == 1
        assert tally.damaged.kept[0].endswith(
            "cut short: the listing shows more of its text: kept, not believed"
        )
        assert one(archive, VERSIONS) == 1
        body, title, read = one(archive, STANDING)
        assert (squeeze(body), title, read) == (TEXT, SITE.articles[4459].title, 0)
    whole = warc(tmp_path / "w.warc.gz", DETAIL, SITE.get(DETAIL).body, "2020-03-02T08:00:00Z")
    assert bring_in(archive, whole)[0] == Exit.DONE
    assert one(archive, VERSIONS) == 1
    assert squeeze(one(archive, STANDING)[0]) == TEXT
    assert one(archive, STANDING)[2] == 1


def test_a_detail_page_that_breaks_off_makes_no_article(tmp_path: Path) -> None:
    archive, page = tmp_path / "out" / "a.db", SITE.get(DETAIL).body
    saved = tmp_path / "4459.html"
    saved.write_bytes(page[: page.index(b"</p>", page.index("次</em>".encode()))])
    for _ in range(2):
        code, tally = bring_in(archive, saved)
        assert code == Exit.UNCERTIFIED
        assert "cut off inside the article" in tally.damaged.kept[0]
        assert rows(archive, "SELECT * FROM articles") == []
    saved.write_bytes(page)
    assert bring_in(archive, saved)[0] == Exit.DONE
    assert [squeeze(body) for (body,) in rows(archive, "SELECT body FROM articles")] == [TEXT]
