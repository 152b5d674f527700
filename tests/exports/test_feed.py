"""Atom and JSON Feed: valid, stable, moving with the text alone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from support.archive_pages import CITY, Filling, at, entry
from support.export_samples import EDITED, fill
from support.hui import HUI

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.export_rows import ArticleRow, Filter, chosen
from yiqihui_spider.exports.feed import About, entry_id, write_atom, write_json_feed

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Filling]:
    filling = fill(tmp_path / "a.db")
    yield filling
    filling.db.close()


def atom(archive: Filling, wanted: Filter | None = None, url: str | None = None) -> Any:
    wanted, file = wanted or Filter(), io.BytesIO()
    with chosen(archive.db, wanted) as count:
        assert write_atom(archive.db, file, About(HUI, wanted, url)) == count
    return etree.fromstring(file.getvalue())


def json_feed(archive: Filling, wanted: Filter | None = None, url: str | None = None) -> Any:
    wanted, file = wanted or Filter(), io.BytesIO()
    with chosen(archive.db, wanted) as count:
        assert write_json_feed(archive.db, file, About(HUI, wanted, url)) == count
    return json.loads(file.getvalue())


def texts(element: Any, path: str) -> list[str]:
    return [found.text for found in element.findall(path.replace("a:", ATOM))]


def check_atom(feed: Any) -> None:
    """What RFC 4287 asks of every feed and entry."""
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (text,) = texts(element, f"a:{name}")
            assert text.strip(), name
        for name in ("updated", "published"):
            for text in texts(element, f"a:{name}"):
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", text)
        assert re.fullmatch(r"tag:www\.178hui\.com,2019:[!-~]+", texts(element, "a:id")[0])
    assert texts(feed, "a:author/a:name") == ["一起惠资讯"]
    ids = texts(feed, "a:entry/a:id")
    assert len(set(ids)) == len(ids)


def test_atom(archive: Filling) -> None:
    feed = atom(archive)
    check_atom(feed)
    assert texts(feed, "a:id") == ["tag:www.178hui.com,2019:news/feed"]
    assert texts(feed, "a:updated") == ["2026-11-02T14:00:00+08:00"]
    hostile, third, second, first = feed.findall(f"{ATOM}entry")
    assert texts(first, "a:id") == ["tag:www.178hui.com,2019:news/5561"]
    assert texts(first, "a:title") == ["菜市场 <b>翻新</b> & 别的"]
    assert texts(first, "a:published") == ["2019-06-04T09:17:24+08:00"]
    assert texts(first, "a:updated") == ["2026-11-02T14:00:00+08:00"]
    assert first.find(f"{ATOM}link").attrib["href"] == "http://www.178hui.com/news/view/5561.html"
    assert texts(first, "a:author/a:name") == ["一起惠"]
    assert [one.attrib["term"] for one in first.findall(f"{ATOM}category")] == ["社群", "购物资讯"]
    assert texts(second, "a:id") == ["tag:www.178hui.com,2019:news/at/2019-06-05T08:00:00"]
    assert texts(third, "a:id") == ["tag:www.178hui.com,2019:news/at/2019-06-05T08:00:00/2"]
    (made_up,) = texts(second, "a:title")
    assert made_up == "一家做雨伞的小工厂把仓库搬到了河边。"
    assert second.find(f"{ATOM}link") is None
    assert [one.text for one in feed.iter("{*}id") if ATOM not in one.tag] == ["4", "3", "2", "1"]
    assert hostile.find(f"{ATOM}content").attrib == {"type": "html"}


def test_article_text_stays_text(archive: Filling) -> None:
    content = texts(atom(archive), "a:entry/a:content")[0]
    shown = html.fromstring(f"<div>{content}</div>")
    assert [child.tag for child in shown] == ["p", "p", "p"]
    assert [child.text for child in shown] == [
        '=HYPERLINK("http://坏人.example","点我"),后面还有',
        '第二段 <script>alert(1)</script> & "引号"',
        "完",
    ]
    assert list(shown.iter("script")) == []


def test_json_feed(archive: Filling) -> None:
    feed = json_feed(archive, url="https://example.org/feed.json")
    items = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "一起惠资讯",
        "home_page_url": "http://www.178hui.com/news/",
        "feed_url": "https://example.org/feed.json",
        "language": "zh-CN",
        "authors": [{"name": "一起惠资讯", "url": "http://www.178hui.com/"}],
    }
    assert items[3] == {
        "id": "tag:www.178hui.com,2019:news/5561",
        "url": "http://www.178hui.com/news/view/5561.html",
        "title": "菜市场 <b>翻新</b> & 别的",
        "content_text": EDITED,
        "date_published": "2019-06-04T09:17:24+08:00",
        "date_modified": "2026-11-02T14:00:00+08:00",
        "authors": [{"name": "一起惠"}],
        "tags": ["社群", "购物资讯"],
        "_yiqihui": {"id": 1, "site_id": 5561},
    }
    assert items[2].keys() == {
        "id", "title", "content_text", "date_published", "date_modified", "tags", "_yiqihui",
    }  # fmt: skip
    assert [item["id"] for item in items] == texts(atom(archive), "a:entry/a:id")


def test_views_move_nothing_and_an_edit_moves_its_entry(archive: Filling) -> None:
    before = etree.tostring(atom(archive)), json_feed(archive)
    again = entry(EDITED, 5561, title="菜市场 <b>翻新</b> & 别的", source="一起惠", views=5000)
    archive.listing(at(6), again)
    assert (etree.tostring(atom(archive)), json_feed(archive)) == before
    archive.listing(at(7), replace(again, body=CITY.replace("六点", "八点")))
    assert texts(atom(archive), "a:updated") == ["2026-11-07T14:00:00+08:00"]
    items = json_feed(archive)["items"]
    assert [item["date_modified"][:10] for item in items] == [
        "2019-07-01", "2019-06-05", "2019-06-05", "2026-11-07",
    ]  # fmt: skip
    assert [item["id"] for item in items] == [item["id"] for item in before[1]["items"]]


def test_a_feed_of_some_articles_is_another_feed(archive: Filling) -> None:
    wanted = Filter(query="雨伞 仓库", category="社群", limit=1)
    feed = atom(archive, wanted, url="https://example.org/a?b&c")
    check_atom(feed)
    assert texts(feed, "a:id") == [
        "tag:www.178hui.com,2019:news/feed?query=%E9%9B%A8%E4%BC%9E+%E4%BB%93%E5%BA%93&category=%E7%A4%BE%E7%BE%A4"
    ]
    assert texts(feed, "a:title") == ["一起惠资讯 雨伞 仓库 社群"]
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == "https://example.org/a?b&c"
    assert About(HUI, replace(wanted, limit=9)).id == About(HUI, wanted).id


def test_a_feed_without_entries(archive: Filling) -> None:
    feed = atom(archive, Filter(category="没有的"))
    check_atom(feed)
    assert texts(feed, "a:updated") == ["1970-01-01T08:00:00+08:00"]
    assert json_feed(archive, Filter(category="没有的"))["items"] == []


def test_what_xml_cannot_hold_is_left_out(archive: Filling) -> None:
    bad = "甲\0\x08乙\ufffe丙\U0001f600]]>"
    archive.db.execute("UPDATE articles SET label = ?, source = ? WHERE id = 1", [bad, bad])
    feed = atom(archive)
    check_atom(feed)
    assert texts(feed.findall(f"{ATOM}entry")[3], "a:title") == ["甲乙丙😀]]>"]
    assert texts(feed.findall(f"{ATOM}entry")[3], "a:author/a:name") == ["甲乙丙😀]]>"]


def one_row(archive: Filling) -> ArticleRow:
    with chosen(archive.db, Filter(limit=1)):
        return next(iter(export_rows.articles(archive.db)))


def test_an_article_without_a_title_has_its_label(archive: Filling) -> None:
    archive.db.execute("UPDATE articles SET title = NULL, label = '第一句。' WHERE id = 1")
    assert texts(atom(archive).findall(f"{ATOM}entry")[3], "a:title") == ["第一句。"]


def test_ids_do_not_depend_on_text_or_number_in_the_archive(archive: Filling) -> None:
    row = one_row(archive)
    assert entry_id(row, About(HUI, Filter())) == "tag:www.178hui.com,2019:news/5600"
    changed = replace(row, id=99, body="别的", title="别的", content_hash="x", url=None, views=1)
    assert entry_id(changed, About(HUI, Filter())) == entry_id(row, About(HUI, Filter()))
