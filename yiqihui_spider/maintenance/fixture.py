"""A page as a test case: a folder with the page as received and today's reading of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.maintenance.captured import Page
from yiqihui_spider.parse.markup import media_type
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.site import SiteProfile

EXPECTED = "expected.json"
INPUTS = ("input.txt", "input.html")

_LEFT_OUT = ("span", "foreign")


def expected(body: bytes, content_type: str | None, url: str, site: SiteProfile) -> dict[str, Any]:
    """What is read from a page, as JSON has it; ``url`` and ``content_type`` are among it, so that
    the case can be read again."""
    text, page, reading = read_page(body, content_type, url, site)
    return {
        "url": url,
        "content_type": content_type,
        "kind": page.kind,
        "breadcrumb": list(page.breadcrumb),
        "heading": page.heading,
        "category": reading.category,
        "declared": None if reading.declared is None else asdict(reading.declared),
        "articles": [
            {name: value for name, value in asdict(one).items() if name not in _LEFT_OUT}
            for one in reading.articles
        ],
        "furniture": [one.span.of(text.text) for one in page.segments if one.kind == "furniture"],
        "residues": [{"text": one.text, "reason": one.reason} for one in reading.residues],
        "problems": list(reading.problems),
        "page_urls": {str(number): address for number, address in sorted(reading.page_urls.items())},
        "next_url": reading.next_url,
        "listing_urls": dict(sorted(reading.listing_urls.items())),
    }


def write_case(page: Page, folder: Path, site: SiteProfile) -> Path:
    """Make the folder and put both files into it; the input's path. Raises YiqihuiError, having
    written nothing, where a case is there already."""
    there = next((folder / name for name in (EXPECTED, *INPUTS) if (folder / name).exists()), None)
    if there is not None:
        raise YiqihuiError(f"{there} is there already; name another folder")
    reading = expected(page.body, page.content_type, page.url, site)
    html = media_type(page.content_type) not in ("text/plain", "text/markdown")
    target = folder / INPUTS[html]
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(page.body)
    told = json.dumps(reading, ensure_ascii=False, indent=1) + "\n"
    (folder / EXPECTED).write_text(told, "utf-8")
    return target
