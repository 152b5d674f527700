"""Pictures of the reading room's main pages and of the report, for a person to look at.

Usage: make shots [ARGS="FOLDER [ARCHIVE]"]

Each page at 1280 and 390 pixels, in light and dark, of an archive with a past or of the one given.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from support.browser import chromium, screen
from support.sample_life import sample_life
from support.served import serving

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.cli import main as yiqihui

TALLEST = 4000
PAGES = {
    "front": "",
    "front-chinese": "?lang=zh",
    "search": "search?q=社群&lang=en",
    "search-nothing": "search?q=绝无此词",
    "article": "article/22",
    "article-gone": "article/31",
    "capture": "capture/1",
    "data": "yiqihui",
    "table": "yiqihui/articles",
    "query": "yiqihui/fastest_growing",
    "not-found": "article/999999",
}


def shots(driver: Any, folder: Path, pages: dict[str, str]) -> Iterator[Path]:
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            screen(driver, width, scheme)
            for name, address in pages.items():
                driver.get(address)
                tall = driver.execute_script("return document.documentElement.scrollHeight")
                clip = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST), "scale": 1}
                options = {"captureBeyondViewport": True, "clip": clip}
                taken = driver.execute_cdp_cmd("Page.captureScreenshot", options)
                target = folder / f"{name}-{width}-{scheme}.png"
                target.write_bytes(base64.b64decode(taken["data"]))
                yield target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("shots"))
    parser.add_argument("archive", type=Path, nargs="?")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        archive, empty = given.archive or Path(name) / "a.db", Path(name) / "empty.db"
        if given.archive is None:
            sample_life(archive)
        open_archive(empty).close()
        report = Path(name) / "report.html"
        CliRunner().invoke(yiqihui, ["report", "-o", str(report), "--archive", str(archive)])
        with (
            chromium(Path(name)) as driver,
            serving(archive) as address,
            serving(empty) as address_of_empty,
        ):
            pages = {page: address + path for page, path in PAGES.items()}
            pages |= {"empty": address_of_empty, "report": report.as_uri()}
            count = len(list(shots(driver, given.folder, pages)))
    print(f"{count} pictures in {given.folder}/")


if __name__ == "__main__":
    main()
