"""Scrapy's feeds where its own exporters would write an article so that nobody can read it again.

An article has parts (who views it, who published it) and names like ``@type``. Scrapy puts the former
into CSV as Python prints them, and the latter into XML as they are, which no XML parser takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from scrapy.exporters import CsvItemExporter, XmlItemExporter

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""

NOT_IN_A_NAME = re.compile(r"^[^\w]+|[^\w.-]", re.ASCII)


class ArticleCsvExporter(CsvItemExporter):
    """Parts are JSON; a list of names is joined with commas, as Scrapy has it."""

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        parts = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(part, Mapping | list | tuple) for part in parts):
            return json.dumps(value, ensure_ascii=False)
        return super().serialize_field(field, name, value)


class ArticleXmlExporter(XmlItemExporter):
    """``@type`` becomes the element ``type``; what is not known is an empty element."""

    def _export_xml_field(self, name: str, serialized_value: Any, depth: int) -> None:
        super()._export_xml_field(NOT_IN_A_NAME.sub("", name), _in_xml(serialized_value), depth)


def _in_xml(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value
