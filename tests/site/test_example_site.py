"""The made-up site of docs/site-profiles.md through the whole product, by its profile alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.crawling import rows
from support.example_site import CATEGORIES, PER_PAGE, PROFILE, ExampleSite, example_server
from support.paths import ROOT

from yiqihui_spider.items import ParsedPage
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.site import load_profile

SHIJI = load_profile(PROFILE)
HOME = "http://www.shiji.example"


def yiqihui(*words: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yiqihui_spider", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=env)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site crawled by the command, as its user would."""
    path = tmp_path_factory.mktemp("shiji") / "shiji.db"
    with example_server() as server:
        start = ("--start-url", server.url + "/ji/", "--delay", 0, "--archive", path)
        first = yiqihui("crawl", "--site", PROFILE, *start, "--json")
        again = yiqihui("crawl", *start, "--json")  # the archive knows whose it is
    assert (first.returncode, first.stderr) == (0, "")
    assert (again.returncode, again.stderr) == (0, "")
    told = json.loads(first.stdout)
    assert {walk["category"]: (walk["declared"], walk["certified"]) for walk in told["walks"]} == {
        "手作": (14, True),
        "菜谱": (6, True),
    }
    return path


def test_every_article_is_archived_as_it_is(archive: Path) -> None:
    found = rows(archive, "SELECT site_id, title, source, published_at, views, body FROM articles")
    assert {number: rest for number, *rest in found} == {
        one.number: [
            one.title,
            one.source,
            f"2020-05-{one.time[7:9]}T0{one.time[11:15]}:00+08:00",
            one.views,
            "\n".join(one.paragraphs),
        ]
        for one in ExampleSite().articles
    }


def test_two_articles_of_one_minute_stay_two(archive: Path) -> None:
    twins = "SELECT count(*) FROM articles WHERE published_at = '2020-05-28T09:40:00+08:00'"
    assert rows(archive, twins) == [(2,)]


def test_the_evidence_is_sound(archive: Path) -> None:
    assert rows(archive, "SELECT count(*) FROM residues") == [(0,)]
    assert rows(archive, "SELECT name, origin FROM site_profiles") == [("shiji", "file")]
    verified = yiqihui("verify", "--archive", archive)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert yiqihui("status", "--archive", archive).returncode == 0


def test_search_finds_it(archive: Path) -> None:
    found = yiqihui("search", "豆腐", "--archive", archive, "--json")
    assert len(json.loads(found.stdout)) >= 1
    assert "豆腐怎么做" in found.stdout


def test_the_report_is_of_this_site(archive: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    page = tmp_path / "report.html"
    assert yiqihui("report", "-o", page, "--archive", archive).returncode == 0
    html = page.read_text("utf-8")
    assert "手作" in html
    assert "一起惠" not in html


def test_nothing_of_178hui_is_in_an_export(archive: Path) -> None:
    for form in (["--format", "jsonl"], ["--format", "feed", "--feed", "atom"]):
        written = yiqihui("export", *form, "-o", "-", "--archive", archive)
        assert written.returncode == 0
        assert "市集周报" in written.stdout
        assert "178hui" not in written.stdout
        assert "一起惠" not in written.stdout


def test_a_saved_page_and_a_dump_come_in(archive: Path, tmp_path: Path) -> None:
    site, own = ExampleSite(), tmp_path / "shiji.db"
    (tmp_path / "dump.txt").write_text(site.dump("手作", 1) + site.dump("手作", 2), "utf-8")
    done = yiqihui("import", "--site", PROFILE, tmp_path / "dump.txt", "--archive", own)
    assert (done.returncode, done.stderr) == (0, "")
    shown = [one.title for one in site.listed("手作")[: 2 * PER_PAGE]]
    assert {title for (title,) in rows(own, "SELECT title FROM articles")} == set(shown)
    page = site.get("/read.php?id=900").body.replace(
        b"<head>", f'<head><link rel="canonical" href="{HOME}/read.php?id=900">'.encode()
    )
    (tmp_path / "saved.html").write_bytes(page)
    assert yiqihui("import", tmp_path / "saved.html", "--archive", own).returncode == 0
    assert rows(own, "SELECT url, version FROM articles JOIN article_versions ON article_id = articles.id "
                     "WHERE site_id = 900") == [(f"{HOME}/read.php?id=900", 1)]  # fmt: skip


# --- an archive says whose it is ------------------------------------------------------------


def contents(archive: Path) -> dict[str, Any]:
    return {str(path): path.read_bytes() for path in sorted(archive.parent.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ("import", ROOT / "README.md"), ("reparse",), ("reparse", "--diff"), ("verify",),
        ("crawl", "--start-url", "http://127.0.0.1:9/"), ("wayback", "http://127.0.0.1:9/", "--dry-run"),
        ("wayback", "http://127.0.0.1:9/"), ("explain", "1"),
    ],
)  # fmt: skip
def test_another_sites_profile_is_refused(archive: Path, words: tuple[object, ...]) -> None:
    before = contents(archive)
    refused = yiqihui(*words, "--site", "178hui", "--archive", archive)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "is an archive of shiji, and this is the site profile of 178hui" in refused.stderr
    assert contents(archive) == before


def test_a_newer_profile_of_the_same_site_is_kept(archive: Path, tmp_path: Path) -> None:
    own = tmp_path / "archive.db"
    backup = yiqihui("import", "--site", PROFILE, *sorted((archive.parent / "warc").glob("*.gz")),
                     "--host", "127.0.0.1", "--archive", own)  # fmt: skip
    assert backup.returncode == 0, backup.stderr
    newer = tmp_path / "newer.toml"
    newer.write_text(
        PROFILE.read_text("utf-8").replace("source} |", "source} |").replace("size = 4", "size = 5"), "utf-8"
    )
    tried = yiqihui("reparse", "--diff", "--site", newer, "--archive", own)
    assert tried.returncode == 0
    assert rows(own, "SELECT count(*) FROM site_profiles") == [(1,)]
    assert yiqihui("reparse", "--site", newer, "--archive", own).returncode == 0
    assert rows(own, "SELECT name, origin, text LIKE '%size = 5%' FROM site_profiles ORDER BY id") == [
        ("shiji", "file", 0),
        ("shiji", "file", 1),
    ]
    assert yiqihui("reparse", "--archive", own).returncode == 0  # by the newer one, unnamed
    assert rows(own, "SELECT count(*) FROM site_profiles") == [(2,)]
    assert yiqihui("verify", "--archive", own).returncode == 0


# --- pages that are not as they should be -----------------------------------------------------


def listing(text: str) -> ParsedPage:
    return read_page(text.encode(), "text/plain; charset=utf-8", "file:///x", SHIJI)[2]


def test_a_marker_that_was_not_read_makes_no_row() -> None:
    text = ExampleSite().dump("手作", 1)
    one = ExampleSite().listed("手作")[1]
    reading = listing(text.replace(one.marker, one.marker.replace(str(one.views), "暂无")))
    assert one.title not in [article.title for article in reading.articles]
    assert not any(one.paragraphs[0] in article.body for article in reading.articles)
    assert any(one.paragraphs[0] in residue.text for residue in reading.residues)


def test_an_unread_title_link_divides() -> None:
    site = ExampleSite()
    one = site.listed("手作")[1]
    html = site.listing("手作", 1).replace(f"<p>{one.marker}</p>", "<p>不久以前</p>")
    reading = read_page(f"<html><body>{html}</body></html>".encode(), "text/html; charset=utf-8",
                        HOME + "/ji/list.php?lm=1", SHIJI)[2]  # fmt: skip
    assert not any(one.paragraphs[0] in article.body for article in reading.articles)
    assert reading.residue_chars > 0


def test_text_that_quotes_a_marker_is_no_entry() -> None:
    text = ExampleSite().dump("手作", 1)
    quoted = "编者说：来自 老街手记 | 2018年3月1日 08:00 | 12 人读过的那篇，后来删了。"
    one = ExampleSite().listed("手作")[2]
    reading = listing(text.replace(one.paragraphs[0], quoted + one.paragraphs[0]))
    assert "2018-03-01T08:00:00+08:00" not in [article.published_at for article in reading.articles]


def test_no_pager_is_loud() -> None:
    text = ExampleSite().dump("手作", 1)
    reading = listing(text.replace("共14篇", "十四篇"))
    assert reading.declared is None
    assert any("下页" in residue.text for residue in reading.residues)
    assert len(reading.articles) == PER_PAGE


@pytest.mark.parametrize("category", CATEGORIES)
def test_html_and_text_say_the_same(category: str) -> None:
    site = ExampleSite()
    for page in range(1, site.pages(category) + 1):
        url = f"{HOME}/ji/list.php?lm={CATEGORIES[category]}&p={page}"
        response = site.get(f"/ji/list.php?lm={CATEGORIES[category]}&p={page}")
        html = read_page(response.body, "text/html; charset=utf-8", url, SHIJI)[2]
        text = listing(site.dump(category, page))
        assert [(a.title, a.body, a.source, a.views) for a in html.articles] == [
            (a.title, a.body, a.source, a.views) for a in text.articles
        ]
        assert html.declared == text.declared
        assert (html.residues, html.problems) == ((), ())


def test_the_page_on_profiles_tells_of_every_key() -> None:
    page = (ROOT / "docs" / "site-profiles.md").read_text("utf-8")
    keys = ("hosts", "past_hosts", "start", "zone", "addresses", "position", "sources", "size")
    assert [key for key in keys if f"`{key}" not in page and f"[articles] {key}" not in page] == []
