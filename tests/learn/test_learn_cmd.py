"""``yiqihui learn`` and the road back, as users walk them: real crawls of a site that changes overnight."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.crawling import Field, Nursery, rows
from support.layout_parts import layout
from support.layout_runs import aged, targets
from support.layouts import LayoutSite

from yiqihui_spider.cli import main
from yiqihui_spider.cli.learning import offer
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite


def yiqihui(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


@contextmanager
def at(site: SampleSite, archive: Path, nursery: Nursery, port: int = 0) -> Iterator[Field]:
    with serve(site, port) as server:
        yield Field(archive, server, nursery)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def saved(site: LayoutSite, folder: Path, category: str = "社群") -> list[Path]:
    """Pages as a browser would save them, in the site's own charset."""
    paths = []
    for n, target in enumerate(targets(site, category)):
        path = folder / f"{n}.html"
        path.write_bytes(site.get(target).body)
        paths.append(path)
    return paths


# --- a layout that changes overnight ---------------------------------------------------------------


def test_the_road_back_to_a_certificate(nursery: Nursery, tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    with at(SampleSite(), archive, nursery) as before:
        assert before.crawl("--no-details").code == 0
        port = int(before.server.url.rpartition(":")[2])
    known = rows(archive, "SELECT count(*) FROM articles")[0][0]
    with at(aged(layout(8)), archive, nursery, port) as after:
        broken = after.crawl("--no-details")
        assert broken.code == 4
        waits = tmp_path / "archive.learned.toml"
        assert f"waits in {waits}" in broken.lines[-1]
        assert f"reparse --diff --site {waits} --archive {archive}" in broken.lines[-1]
        assert (hourly := after.scrapy("-a", "details=0")).code == 4
        assert f"waits in {waits}" in hourly.err
        assert sorted(path.name for path in tmp_path.glob("*.toml")) == ["archive.learned.toml"]

        shown = yiqihui("reparse", "--diff", "--site", waits, "--archive", archive, "--json")
        assert shown.exit_code == 0
        after.asked()
        adopted = yiqihui("reparse", "--site", waits, "--archive", archive)
        assert (adopted.exit_code, after.asked()) == (0, [])
        assert rows(archive, "SELECT count(*) FROM articles") == [(known + 2,)]
        assert rows(archive, "SELECT count(*) FROM residues") == [(0,)]

        healed = after.crawl("--mode", "full", "--no-details")
        assert (healed.code, [walk["certified"] for walk in healed.report["walks"]]) == (0, [True, True])
    assert yiqihui("verify", "--archive", archive).exit_code == 0


def test_without_a_proof_the_crawl_says_so(nursery: Nursery, tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    with at(SampleSite(), archive, nursery) as before:
        assert before.crawl("--no-details").code == 0
        port = int(before.server.url.rpartition(":")[2])
    unlearnable = LayoutSite(layout=replace(layout(0), parts=(("", "S", ""),)))
    with at(unlearnable, archive, nursery, port) as after:
        broken = after.crawl("--no-details")
    assert broken.code == 4
    assert broken.lines[-1].startswith("no profile that reads these pages could be proven")
    assert list(tmp_path.glob("*.toml")) == []


# --- from nothing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [2])
def test_from_saved_pages_to_a_certificate(seed: int, nursery: Nursery, tmp_path: Path) -> None:
    site, profile, archive = LayoutSite(layout=layout(seed)), tmp_path / "mine.toml", tmp_path / "new.db"
    pages = saved(site, tmp_path)
    learned = yiqihui(
        "learn", *pages, "-o", profile, "--archive", archive, "--host", "www.x.example", "--json"
    )
    told: dict[str, Any] = json.loads(learned.stdout)
    assert (learned.exit_code, told["verdict"], told["file"]) == (0, "proven", str(profile))
    assert [page["entries"] for page in told["pages"] if page["kind"] == "listing"] == [8, 8, 7]
    assert not archive.exists()
    with at(site, archive, nursery) as field:
        crawled = field.crawl("--site", str(profile))
    assert (crawled.code, crawled.err) == (0, "")
    assert {walk["declared"]: walk["certified"] for walk in crawled.report["walks"]} == {23: True, 17: True}


def test_the_account_can_be_checked_by_a_person(tmp_path: Path) -> None:
    pages = saved(LayoutSite(layout=layout(2)), tmp_path)
    told = yiqihui("learn", *pages, "-o", tmp_path / "x.toml", "--archive", tmp_path / "none.db")
    assert told.exit_code == 0
    form = "赞({number}) {year}-{month}-{day} {hour}:{minute} 阅读({views}) 文章来源：{source}"
    for line in (f"marker      {form}",
                 "pager       页次：{page}/{pages}页，共{total}条", "1-8 of 23, page 1 of 3", "none known",
                 "explain --site", "the pages do not say which host they are of"):  # fmt: skip
        assert line in told.output


def test_an_archive_is_never_changed(nursery: Nursery, tmp_path: Path) -> None:
    archive = tmp_path / "a" / "archive.db"
    with at(SampleSite(), archive, nursery) as field:
        assert field.crawl("--no-details").code == 0
    before = contents(archive.parent)
    new = tmp_path / "new"
    new.mkdir()
    pages = saved(aged(layout(5)), new)
    learned = yiqihui("learn", *pages, "-o", new / "x.toml", "--archive", archive)
    assert learned.exit_code == 0, learned.output
    assert yiqihui("learn", "--archive", archive).exit_code == 0  # nothing to learn
    assert contents(archive.parent) == before


def test_another_sites_pages_exit_4(nursery: Nursery, tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    with at(SampleSite(), archive, nursery) as field:
        assert field.crawl("--no-details").code == 0
    other = LayoutSite(articles={}, layout=layout(5))
    for _ in range(20):
        other.publish()
    told = yiqihui("learn", *saved(other, tmp_path), "--archive", archive)
    assert told.exit_code == 4
    assert "none of the archive's articles stands on these pages" in told.output


def test_no_page_and_no_archive_is_a_matter_of_usage(tmp_path: Path) -> None:
    told = yiqihui("learn", "--archive", tmp_path / "none.db")
    assert told.exit_code == 2
    assert "name the pages to learn from" in told.output


def test_what_goes_wrong_with_the_search_is_no_fault_of_the_crawl(tmp_path: Path) -> None:
    told = offer(tmp_path / "none.db", "yiqihui", str)
    assert told.startswith("no profile that reads these pages could be looked for: ")
    assert "\n" not in told
