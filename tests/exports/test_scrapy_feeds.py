"""Articles in Scrapy's CSV and XML can be read again, whatever is in them."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from support.archive_pages import Filling
from support.export_samples import HOSTILE, fill
from support.hui import HUI

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.export_rows import Filter
from yiqihui_spider.archive.queries.news_article import news_article
from yiqihui_spider.exports.scrapy_feeds import ArticleCsvExporter, ArticleXmlExporter


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    archive: Filling = fill(tmp_path_factory.mktemp("feeds") / "a.db")
    with export_rows.chosen(archive.db, Filter()):
        made = [news_article(row, HUI) for row in export_rows.articles(archive.db)]
    archive.db.close()
    return made


def written(exporter: type[Any], items: list[dict[str, Any]], **options: Any) -> bytes:
    file = io.BytesIO()
    export = exporter(file, encoding="utf-8", **options)
    export.start_exporting()
    for item in items:
        export.export_item(item)
    export.finish_exporting()
    return file.getvalue()


def test_csv_comes_back(articles: list[dict[str, Any]]) -> None:
    told = written(ArticleCsvExporter, articles).decode("utf-8")
    found = list(csv.DictReader(io.StringIO(told, newline="")))
    assert [row["articleBody"] for row in found] == [one["articleBody"] for one in articles]
    assert found[0]["articleBody"] == HOSTILE
    for name in ("author", "publisher", "identifier", "interactionStatistic"):
        read = [json.loads(row[name]) if row[name] else None for row in found]
        assert read == [one[name] for one in articles]
    assert found[-1]["articleSection"] == "社群,购物资讯"


def test_csv_and_xml_of_some_fields(articles: list[dict[str, Any]]) -> None:
    told = written(ArticleCsvExporter, articles, fields_to_export={"headline": "标题", "nope": "x"})
    assert told.decode("utf-8").splitlines()[0] == "标题,x"
    root = ET.fromstring(written(ArticleXmlExporter, articles, fields_to_export=["id", "@type"], indent=2))
    assert [[part.tag for part in item] for item in root] == [["id", "type"]] * 4


def test_xml_is_well_formed_whatever_a_text_holds(articles: list[dict[str, Any]]) -> None:
    root = ET.fromstring(written(ArticleXmlExporter, articles))
    assert [item.findtext("id") for item in root] == ["4", "3", "2", "1"]
    assert root[0].findtext("articleBody") == HOSTILE.replace("\x0c", "\N{REPLACEMENT CHARACTER}")
    assert [item.findtext("excerpt") for item in root] == ["true", "false", "false", "false"]
    assert root[2].findtext("headline") == "", "what is not known is empty, not None"
    assert root[3].findtext("headline") == "菜市场 <b>翻新</b> & 别的"
    assert [one.text for one in root[3].iterfind("articleSection/value")] == ["社群", "购物资讯"]


def test_items_of_others_pass(tmp_path: Path) -> None:
    item = {"names": ["a", "b"], "n": 1.5, "gone": None, "x y": "<&>", "deep": {"@id": ["\ud800x", True]}}
    root = ET.fromstring(written(ArticleXmlExporter, [item]))
    assert [part.tag for part in root[0]] == ["names", "n", "gone", "xy", "deep"]
    assert root[0].findtext("deep/id/value") == "\N{REPLACEMENT CHARACTER}x"
    assert (
        written(ArticleCsvExporter, [{"a": [1, 2], "b": ["x", "y"]}]).decode() == 'a,b\r\n"[1, 2]","x,y"\r\n'
    )
