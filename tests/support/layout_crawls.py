"""Crawls made-up layouts of the sample site to their certificates, with profiles that were learned.

    python -m support.layout_crawls --count 30 --seed 0

Each layout is learned from saved pages and crawled into a new archive; and it takes the place of the
plain site overnight: the crawl ends with exit code 4, the profile that waits is adopted, the next crawl is
certified. The articles must be those that a crawl of the plain site finds.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from support.crawling import Field, Nursery, nursery, rows
from support.layout_parts import varied
from support.layout_runs import by_day_and_night, from_nothing
from support.layouts import Layout, LayoutSite
from yiqihui_spider.cli import main as command
from yiqihui_spider.learn import Verdict
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite

Row = tuple[object, ...]

_ROWS = """
    SELECT site_id, title, body, source, published_at, views,
        (SELECT group_concat(category) FROM
            (SELECT category FROM article_categories WHERE article_id = id ORDER BY category))
    FROM articles ORDER BY site_id"""


def articles(archive: Path, form: Layout | None = None) -> list[Row]:
    """The rows of an archive; ``form``: as far as this layout prints them."""
    found = rows(archive, _ROWS)
    return found if form is None else [_kept(row, form) for row in found]


def _kept(row: Row, form: Layout) -> Row:
    number, title, body, source, published, views, categories = row
    time = form.kept_time(str(published)[:19].replace("T", " ")).replace(" ", "T") + str(published)[19:]
    count = views if form.has_views else None
    return number, title, body, source if form.has_source else None, time, count, categories


@contextmanager
def at(site: SampleSite, archive: Path, nursery: Nursery, port: int = 0) -> Iterator[Field]:
    with serve(site, port) as server:
        yield Field(archive, server, nursery)


@dataclass(frozen=True)
class Plain:
    """A crawl of the site as it was."""

    archive: Path
    port: int

    @classmethod
    def crawled(cls, folder: Path, nursery: Nursery) -> Plain:
        with at(SampleSite(by_day_and_night()), folder / "archive.db", nursery) as field:
            assert field.crawl().code == 0
            return cls(field.archive, int(field.server.url.rpartition(":")[2]))


NOT_LEARNED = "not learned"


def from_saved_pages(form: Layout, folder: Path, nursery: Nursery, before: Plain) -> str | None:
    """What went wrong with a layout that was learned from nothing; None if all was well."""
    site, lesson = from_nothing(form)
    if lesson.verdict is not Verdict.PROVEN or lesson.profile is None:
        return NOT_LEARNED
    folder.mkdir()
    (folder / "mine.toml").write_text(lesson.profile, "utf-8")
    with at(site, folder / "new.db", nursery) as field:
        return _wrong(field, form, before.archive, "--site", str(folder / "mine.toml"))


def overnight(form: Layout, folder: Path, nursery: Nursery, before: Plain) -> str | None:
    """The same for one that the site changed to: the whole road back."""
    shutil.copytree(before.archive.parent, folder)
    archive = folder / before.archive.name
    with at(LayoutSite(by_day_and_night(), layout=form), archive, nursery, before.port) as field:
        broken = field.crawl()
        if broken.code != 4:
            return f"a crawl of the new layout ended with exit code {broken.code}"
        waits = folder / "archive.learned.toml"
        if f"waits in {waits}" not in broken.lines[-1]:
            return NOT_LEARNED
        words = ["reparse", "--site", str(waits), "--archive", str(archive)]
        adopted = CliRunner().invoke(command, words)
        if adopted.exit_code != 0:
            return f"adopting it ended with exit code {adopted.exit_code}: {adopted.output[-300:]}"
        return _wrong(field, form, before.archive, drifted=True)


def _wrong(field: Field, form: Layout, truth: Path, *options: str, drifted: bool = False) -> str | None:
    crawled = field.crawl("--mode", "full", *options)
    if crawled.code or not all(walk["certified"] for walk in crawled.report["walks"]):
        return f"its crawl ended with exit code {crawled.code}: {crawled.err[-300:]}"
    found, right = articles(field.archive), articles(truth, form)
    if drifted:  # what was known better before stays
        found, right = [row[:3] for row in found], [row[:3] for row in right]
    if form.rounded:
        found, right = ([(*row[:5], *row[6:]) for row in some] for some in (found, right))
    odd = next(((one, other) for one, other in zip(found, right, strict=False) if one != other), None)
    if odd or len(found) != len(right):
        return f"{len(found)} of {len(right)} rows; the first that differs: {odd}"
    return None


WAYS = {"from nothing": from_saved_pages, "overnight": overnight}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as place, nursery(Path(place)) as crawls:
        before = Plain.crawled(Path(place) / "before", crawls)
        for way in WAYS:
            told = Counter[str]()
            for seed in range(arguments.seed, arguments.seed + 3 * arguments.count):
                wrong = WAYS[way](varied(seed), Path(place) / f"{WAYS[way].__name__}-{seed}", crawls, before)
                told[wrong or "certified"] += 1
                if wrong not in (None, NOT_LEARNED):
                    print(f"{seed} {way}: {wrong}\n    {varied(seed)}", flush=True)
                if told["certified"] == arguments.count:
                    break
            odd = sum(told.values()) - told["certified"] - told[NOT_LEARNED]
            failed += odd + (told["certified"] < arguments.count)
            shown = (
                f"{told['certified']} crawled to a certificate, {told[NOT_LEARNED]} not learned, {odd} wrong"
            )
            print(f"{way}: {shown}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
