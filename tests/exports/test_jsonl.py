"""JSON Lines under schema.org's names."""

from __future__ import annotations

import io
import json
from pathlib import Path

from support.archive_pages import at
from support.export_samples import EDITED, HOSTILE, fill
from support.hui import HUI

from yiqihui_spider.archive.queries.export_rows import Filter, chosen
from yiqihui_spider.exports.jsonl import as_line, write_jsonl


def test_an_article_a_line(tmp_path: Path) -> None:
    db = fill(tmp_path / "a.db").db
    file = io.BytesIO()
    with chosen(db, Filter()):
        assert write_jsonl(db, file, HUI) == 4
    lines = file.getvalue().decode().splitlines()
    hostile, third, second, first = map(json.loads, lines)
    assert [row["id"] for row in (hostile, third, second, first)] == [4, 3, 2, 1]
    assert (hostile["articleBody"], hostile["excerpt"]) == (HOSTILE, True)
    assert (second["headline"], second["url"], second["siteId"], second["author"]) == (None,) * 4
    assert second["identifier"] == [{"@type": "PropertyValue", "propertyID": "id", "value": 2}]
    assert third["source"] == "36氪"
    assert second.keys() == third.keys() == first.keys() == hostile.keys()
    content_hash = first.pop("contentHash")
    assert len(content_hash) == 64
    assert first == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "id": 1,
        "siteId": 5561,
        "identifier": [
            {"@type": "PropertyValue", "propertyID": "id", "value": 1},
            {"@type": "PropertyValue", "propertyID": "site_id", "value": 5561},
        ],
        "url": "http://www.178hui.com/news/view/5561.html",
        "headline": "菜市场 <b>翻新</b> & 别的",
        "articleBody": EDITED,
        "articleSection": ["社群", "购物资讯"],
        "datePublished": "2019-06-04T09:17:24+08:00",
        "datePublishedRaw": "2019-06-04 09:17:24",
        "dateModified": "2026-11-02T14:00:00+08:00",
        "inLanguage": "zh-CN",
        "source": "一起惠",
        "author": {"@type": "Organization", "name": "一起惠"},
        "publisher": {
            "@type": "Organization",
            "name": "一起惠资讯",
            "url": "http://www.178hui.com/news/",
        },
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": {"@type": "ViewAction"},
            "userInteractionCount": 140,
            "endTime": "2026-11-02T14:00:00+08:00",
        },
        "archivedAt": "warc/a.warc.gz#bytes=1000-1899",
        "firstSeenAt": "2026-11-01T14:00:00+08:00",
        "lastSeenAt": "2026-11-02T14:00:00+08:00",
        "state": "present",
        "excerpt": False,
        "version": 2,
        "bodyChars": len(EDITED),
    }
    assert at(2) == "2026-11-02T06:00:00+00:00"
    db.close()


def test_one_line_for_any_reader() -> None:
    value = {"a": "一\n二\r三\x0b四\x0c五\x1c六\x85七\u2028八\u2029九\0"}
    line = as_line(value)
    assert line.splitlines() == [line.removesuffix("\n")]
    assert json.loads(line) == value
    assert "一" in line
