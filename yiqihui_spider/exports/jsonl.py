"""JSON Lines: an article a line, under the names that ``archive/queries/news_article`` tells."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from sqlite_utils import Database

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.news_article import news_article
from yiqihui_spider.exports.target import Progress, no_progress
from yiqihui_spider.site import SiteProfile

_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What JSON allows in a text and some readers take for the end of a line."""


def write_jsonl(db: Database, file: BinaryIO, site: SiteProfile, progress: Progress = no_progress) -> int:
    """Write the chosen articles; their number."""
    count = 0
    for row in export_rows.articles(db):
        file.write(as_line(news_article(row, site)).encode())
        count += 1
        progress()
    return count


def as_line(value: Any) -> str:
    """JSON on one line, for any reader. Pure."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char, escaped in _LINE_ENDS.items():
        line = line.replace(char, escaped)
    return line + "\n"
