"""The recipes of docs/scale.md, as printed, on real tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from support.bulk_runs import bulk, take_in
from support.import_files import SHE, Warc, one
from support.paths import ROOT

from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.warc.records import payload_digest

PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")
SITE = SampleSite()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two crawls of one listing, the second a day later, with a revisit in it; and a picture."""
    made = tmp_path_factory.mktemp("recipes")
    for day, pages in enumerate(([1, 2, 3], [1, 2])):
        warc = Warc(version="WARC/1.1")
        for page in pages:
            warc.page(SITE, SITE.address(SHE, page), when=f"2026-11-2{day}T06:00:0{page}Z")
        if day:
            digest = payload_digest(SITE.get(SITE.address(SHE, 3)).body)
            warc.record(
                "http://www.178hui.com" + SITE.address(SHE, 3), "revisit", b"",
                {"WARC-Date": "2026-11-21T06:00:03Z", "WARC-Payload-Digest": digest},
            )  # fmt: skip
        warc.save(made / f"{day}.warc.gz")
    (made / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    bulk(made / "tables", made / "*.warc.gz", made / "a.png")
    take_in(made / "a.db", made / "tables")
    return made


@pytest.fixture
def answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[object, ...]]]:
    monkeypatch.chdir(folder)
    with duckdb.connect() as db:
        return [db.execute(query).fetchall() for query in blocks("sql")]


def test_duckdb(folder: Path, answers: list[list[tuple[object, ...]]]) -> None:
    articles, pages, refusals = answers
    assert len(articles) == 23 == one(folder / "a.db", "SELECT count(*) FROM articles")
    assert [times for _, times, _ in pages] == [2] * 23
    assert [(kind, count) for kind, count, _ in refusals] == [("error", 1)]


def run(code: str, folder: Path) -> str:
    env = {**os.environ, "POLARS_FMT_MAX_ROWS": "99"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_polars(folder: Path) -> None:
    (code,) = (block for block in blocks("python") if "polars" in block)
    assert "23" in run(code + "\nprint(months['articles'].sum())\n", folder).splitlines()[-1]


@pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark, which wants Java, is not installed")
def test_spark(folder: Path) -> None:
    (code,) = (block for block in blocks("python") if "pyspark" in block)
    session = (
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
    )
    total = "\nprint(sum(row.articles for row in months.collect()))\n"
    assert run(session + code + total, folder).splitlines()[-1] == "23"


def test_every_recipe_is_tried() -> None:
    assert (len(blocks("sql")), len(blocks("python"))) == (3, 2)
