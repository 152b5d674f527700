"""``scrapy crawl`` as someone who knows Scrapy uses it: what it says, exits with, gives out and refuses."""

from __future__ import annotations

import csv
import json
import marshal
import pickle
import re
import signal
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from support.crawling import Crawl, Field, Running, run_installed
from support.faults import Answer, Faults, robots
from support.scrapy_parts import PARTS, SETTINGS

from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.settings import ITEM_PIPELINES

STATS = re.compile(r"^ ?[{ ]'([a-z_/A-Z]+)': ('[^']*'|[0-9]+)[,}]", re.MULTILINE)


def stats(done: Crawl) -> dict[str, Any]:
    return {name: json.loads(value.replace("'", '"')) for name, value in STATS.findall(done.err)}


def said(done: Crawl) -> list[str]:
    """What our parts put into the log, without the time."""
    return [line[20:] for line in done.lines if "[yiqihui_spider." in line]


def assert_refused(done: Crawl, words: str, crawls: Field) -> None:
    """One line with these words, and nothing was touched."""
    assert done.code == 2
    assert "Traceback" not in done.err
    assert len([line for line in done.lines if words in line]) == 1, done.err
    assert crawls.asked() == []
    assert not crawls.archive.parent.exists() or list(crawls.archive.parent.glob("*.db*")) == []


# --- what it says and exits with ---------------------------------------------------------------


def test_the_log_and_the_stats_say_what_runs_says(crawls: Field) -> None:
    done = crawls.scrapy("-a", "details=0", STATS_DUMP=1)
    assert done.code == 0
    assert said(done) == [
        f"[yiqihui_spider.crawl.extension] INFO: run 1: certified, exit code 0 ({crawls.archive})"
    ]
    found = stats(done)
    assert {name: found[name] for name in found if name.startswith(("yiqihui", "item", "log_count"))} == {
        "item_scraped_count": 32,
        "log_count/INFO": found["log_count/INFO"],
        "yiqihui/articles_new": 32,
        "yiqihui/exit_code": 0,
        "yiqihui/failures": 0,
        "yiqihui/outcome": "certified",
        "yiqihui/walks_certified": 2,
    }
    again = stats(crawls.scrapy("-a", "details=0", STATS_DUMP=1))
    assert (again["yiqihui/articles_new"], again["item_scraped_count"]) == (0, 13), "the two first pages"


def test_a_dead_site_is_seen_in_every_number(crawls: Field, faults: Faults) -> None:
    faults.on("/*", Answer("", status=503))
    done = crawls.scrapy(STATS_DUMP=1, RETRY_TIMES=0)
    assert done.code == 75
    assert said(done)[0].startswith(
        "[yiqihui_spider.crawl.extension] WARNING: run 1: site unreachable, exit code 75"
    )
    assert "robots.txt answered 503: nothing may be fetched for now" in said(done)[1]
    found = stats(done)
    assert "item_scraped_count" not in found
    assert (found["yiqihui/outcome"], found["yiqihui/exit_code"]) == ("site unreachable", 75)
    assert (found["yiqihui/failures"], found["yiqihui/walks_certified"]) == (1, 0)


@pytest.mark.parametrize(
    ("path", "answer", "code", "outcome", "reason"),
    [
        ("/news/list.php?cat=3&page=2", Answer("", status=404), 3, "not certified", "404 Not Found"),
        ("/news/list.php?cat=3&page=2", Answer("<p>改版了</p>"), 4, "layout not understood", "layout: http"),
        ("/robots.txt", robots("User-agent: *\nDisallow: /"),
         1, "forbidden by robots.txt", "robots.txt forbids"),
    ],
)  # fmt: skip
def test_its_exit_code_is_ours(
    crawls: Field, faults: Faults, path: str, answer: Answer, code: int, outcome: str, reason: str
) -> None:
    faults.on(path, answer)
    done = crawls.scrapy("-a", "details=0")
    assert done.code == code
    assert crawls.rows("SELECT outcome, exit_code FROM runs") == [(outcome, code)]
    first, *others = said(done)
    assert f"run 1: {outcome}, exit code {code} " in first
    assert any(reason in line for line in others)


@pytest.mark.parametrize("force", [0, 1])
def test_a_held_archive_is_75_in_one_line(crawls: Field, tmp_path: Path, force: int) -> None:
    with FileLock(crawls.archive.with_name("archive.db.lock")):
        done = crawls.scrapy("-O", "items.jl", cwd=tmp_path, FORCE_CRAWLER_PROCESS=force)
    assert done.code == 75
    assert "Traceback" not in done.err
    assert "Unhandled" not in done.err
    assert done.lines[-1] == f"error: {crawls.archive} is in use by another run; try again later"
    assert not (tmp_path / "items.jl").exists()
    assert crawls.asked() == []


def test_without_a_log_the_line_is_on_standard_error(crawls: Field) -> None:
    crawls.archive.write_text("not an archive", "utf-8")
    done = crawls.scrapy("--nolog")
    assert (done.code, done.lines) == (1, [f"error: {crawls.archive} is not an SQLite database"])


def test_a_misspelt_spider(crawls: Field) -> None:
    done = crawls.nursery.start("scrapy", "crawl", "listings").wait()
    assert done.code == 2
    assert done.lines[-1].endswith("error: there is no spider listings; did you mean listing?")


def test_a_misspelt_argument(crawls: Field) -> None:
    done = crawls.scrapy("-a", "categry=社群")
    assert_refused(done, "the spider takes no argument categry; did you mean category?", crawls)


# --- what it gives out ---------------------------------------------------------------------------

LONG = "长文里的一句话,说的是群主怎样把一笔账记清楚。" * 4000 + "<b>&amp;“引号”,\u2028换行"


def export(archive: Path) -> list[dict[str, Any]]:
    done = run_installed("export", "--format", "jsonl", "-o", "-", "--archive", str(archive))
    assert done.code == 0, done.err
    return sorted((json.loads(line) for line in done.out.splitlines()), key=lambda one: one["id"])


def test_every_feed_holds_the_articles_as_export_has_them(
    crawls: Field, site: SampleSite, tmp_path: Path
) -> None:
    longest = site.articles[4160]
    site.articles[4160] = replace(longest, blocks=(LONG, *longest.blocks))
    forms = ("jl", "jsonlines", "json", "csv", "xml", "pickle", "marshal")
    done = crawls.scrapy(*(word for form in forms for word in ("-o", f"i.{form}")), cwd=tmp_path)
    assert done.code == 0
    assert "Traceback" not in done.err
    wanted = export(crawls.archive)
    assert len(wanted) == 32
    assert max(len(one["articleBody"]) for one in wanted) > 90_000
    for form in ("jl", "jsonlines"):
        lines = (tmp_path / f"i.{form}").read_bytes().splitlines()
        assert [json.loads(line) for line in lines] == wanted
        assert "群".encode() in lines[0]
    assert json.loads((tmp_path / "i.json").read_bytes()) == wanted
    for form, load in (("pickle", pickle.load), ("marshal", marshal.load)):
        with (tmp_path / f"i.{form}").open("rb") as file:
            assert [load(file) for _ in range(32)] == wanted  # type: ignore[operator]
            assert file.read() == b""
    with (tmp_path / "i.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert list(told[0]) == list(wanted[0])
    assert [one["articleBody"] for one in told] == [one["articleBody"] for one in wanted]
    assert [json.loads(one["publisher"]) for one in told] == [one["publisher"] for one in wanted]
    items = ET.parse(tmp_path / "i.xml").getroot().findall("item")
    assert [item.findtext("articleBody") for item in items] == [one["articleBody"] for one in wanted]
    assert [part.tag for part in items[0]] == [name.lstrip("@") for name in wanted[0]]
    assert items[0].findtext("publisher/name") == wanted[0]["publisher"]["name"]
    assert (items[0].findtext("excerpt"), items[0].findtext("dateModified")) == ("false", "")


def test_what_a_crawl_saw_before_it_was_interrupted_is_given_out_too(crawls: Field, tmp_path: Path) -> None:
    done = crawls.scrapy("-o", "i.jl", cwd=tmp_path, CLOSESPIDER_PAGECOUNT=4)
    assert done.code == 3
    assert crawls.rows("SELECT outcome, exit_code, stats ->> 'ended_by' FROM runs") == [
        ("interrupted", 3, "CLOSESPIDER_PAGECOUNT")
    ]
    assert any(
        "interrupted: ended by CLOSESPIDER_PAGECOUNT; the next run continues" in line for line in said(done)
    )
    assert any(
        "社群 not certified: ended by CLOSESPIDER_PAGECOUNT; the next run continues" in line
        for line in said(done)
    )
    assert len((tmp_path / "i.jl").read_text("utf-8").splitlines()) == 16
    assert crawls.scrapy().code == 0


# --- what is beside it -----------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "parts.py").write_text(PARTS, "utf-8")
    (folder / "my_settings.py").write_text(SETTINGS, "utf-8")
    return folder


def took_part(project: Path, crawls: Field) -> None:
    assert len((project / "titles.txt").read_text("utf-8").splitlines()) == 32
    assert len((project / "requests.txt").read_text("utf-8").splitlines()) == 10 + 32
    assert crawls.rows("SELECT outcome FROM runs") == [("certified",)]


def test_an_add_on_is_a_way_to_bring_parts_along(crawls: Field, project: Path) -> None:
    done = crawls.scrapy(cwd=project, ADDONS='{"parts.AddOn": 100}')
    assert done.code == 0, done.err
    took_part(project, crawls)


def test_a_settings_file_that_extends_ours_is_another(crawls: Field, project: Path) -> None:
    words = ["scrapy", "crawl", "listing", "-a", f"start_url={crawls.home}/news/", "-s", "DOWNLOAD_DELAY=0"]
    env = {"SCRAPY_SETTINGS_MODULE": "my_settings", "YIQIHUI_ARCHIVE": str(crawls.archive)}
    done = crawls.nursery.start(*words, env=env, cwd=project).wait()
    assert done.code == 0, done.err
    took_part(project, crawls)
    assert not (project / "data").exists(), "the variable counts"


def test_a_spider_made_from_ours_is_a_run_too(crawls: Field, project: Path) -> None:
    words = ["scrapy", "runspider", "parts.py", "-a", f"start_url={crawls.home}/news/", "-a", "details=0"]
    options = ["-s", f"ARCHIVE={crawls.archive}", "-s", "DOWNLOAD_DELAY=0"]
    done = crawls.nursery.start(*words, *options, cwd=project).wait()
    assert done.code == 0, done.err
    assert len((project / "titles.txt").read_text("utf-8").splitlines()) == 32
    assert crawls.rows("SELECT command, outcome FROM runs") == [("scrapy crawl", "certified")]


def test_pipelines_may_fetch_and_drop(crawls: Field, project: Path) -> None:
    parts = json.dumps({**ITEM_PIPELINES, "parts.Fetches": 400, "parts.Drops": 500})
    done = crawls.scrapy(
        "-a", "details=0", "-o", "i.jl", cwd=project, ITEM_PIPELINES=parts, STATS_DUMP=1, LOG_LEVEL="INFO"
    )
    assert done.code == 0, done.err
    found = stats(done)
    assert (found["item_scraped_count"], found["item_dropped_count"]) == (16, 16)
    # What was fetched is kept like all that comes in.
    (capture,) = crawls.rows("SELECT kind, http_status FROM captures WHERE url LIKE '%/picture/%'")
    assert capture == ("other", 404)
    assert run_installed("verify", "--archive", str(crawls.archive)).code == 0


def test_a_pipeline_that_breaks_over_an_article_is_told(crawls: Field, project: Path) -> None:
    (project / "parts.py").write_text(PARTS.replace('item["headline"]', 'item["title"]'), "utf-8")
    done = crawls.scrapy("-a", "details=0", cwd=project, ADDONS='{"parts.AddOn": 100}')
    assert done.code == 1
    assert crawls.rows("SELECT outcome, stats ->> '$.errors[0]' FROM runs") == [
        ("failed", "KeyError: 'title'")
    ]
    assert said(done)[-1].endswith("ERROR: error: KeyError: 'title'")


def test_a_signal_ends_it_as_interrupted(crawls: Field, faults: Faults, tmp_path: Path) -> None:
    words = ["scrapy", "crawl", "listing", "-a", f"start_url={crawls.home}/news/", "-o", "i.jl"]
    words += ["-s", f"ARCHIVE={crawls.archive}", "-s", "DOWNLOAD_DELAY=0"]
    box: list[Running] = []
    faults.hook("/news/view/*", lambda: box[0].kill(signal.SIGTERM), nth=5)
    box.append(crawls.nursery.start(*words, cwd=tmp_path))
    done = box[0].wait()
    assert done.code == 3
    assert any("run 1: interrupted, exit code 3" in line for line in said(done))
    assert len((tmp_path / "i.jl").read_text("utf-8").splitlines()) == 23, "the first category"


ALONE = '{"parts.Seen": 900}'
SELECT = "twisted.internet.selectreactor.SelectReactor"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("DOWNLOADER_MIDDLEWARES", ALONE, "takes OneHostMiddleware, RobotsMiddleware, "),
        ("EXTENSIONS", ALONE, "takes CaptureExtension away; to add parts of your own use ADDONS"),
        ("TWISTED_REACTOR", SELECT, "must be twisted.internet.asyncio"),
    ],
)  # fmt: skip
def test_what_would_take_our_guards_away_is_refused(
    crawls: Field, project: Path, setting: str, value: str, words: str
) -> None:
    """What else is: ``test_guards.py``."""
    assert_refused(crawls.scrapy(cwd=project, **{setting: value}), f"{setting} {words}", crawls)


def test_who_leaves_robots_txt_is_told(crawls: Field, faults: Faults) -> None:
    faults.on("/robots.txt", robots("User-agent: *\nDisallow: /"))
    done = crawls.scrapy("-a", "details=0", ROBOTSTXT_OBEY=0)
    assert done.code == 0
    assert (
        "RobotsMiddleware: robots.txt is not obeyed, nor its Crawl-delay, as ROBOTSTXT_OBEY says" in done.err
    )


# --- pages by hand ---------------------------------------------------------------------------------

LISTING = "/news/list.php?cat=3&page=1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["fetch", "--spider", "listing", LISTING], "当前位置"),
        (["fetch", LISTING], "当前位置"),
        (["shell", "-c", "response.status * 1000", LISTING], "200000"),
        (["parse", "--nocolour", "--spider", "listing", "--pipelines", LISTING], "'headline': '年中大促前夜"),
        (["check"], ""),
        (["check", "-l"], "* parse_article"),
        (["list"], "listing"),
    ],
)  # fmt: skip
def test_commands_that_look_at_a_page_touch_no_archive(
    crawls: Field, tmp_path: Path, words: list[str], told: str
) -> None:
    addressed = [crawls.home + word if word.startswith("/") else word for word in words]
    folder = tmp_path / "empty"
    folder.mkdir()
    env = {"YIQIHUI_CRAWL_DELAY": "0"}
    done = crawls.nursery.start("scrapy", *addressed, "-s", "DOWNLOAD_DELAY=0", env=env, cwd=folder).wait()
    assert done.code == 0, done.err
    assert told in done.out
    assert "Traceback" not in done.err
    assert list(folder.iterdir()) == []
    if words == ["check"]:
        assert re.search(r"^Ran 6 contracts in .*\n\nOK$", done.err, re.MULTILINE)


def test_a_broken_contract_is_told(crawls: Field, tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(
        "from yiqihui_spider.spiders.listing import ListingSpider\n"
        "class Mine(ListingSpider):\n"
        "    name = 'mine'\n"
        "    def parse(self, response):\n"
        '        """@sample /news/list.php?cat=3&page=1\n        @returns items 9 9\n        """\n'
        "        return super().parse(response)\n",
        "utf-8",
    )
    words = ["check", "mine", "-s", "SPIDER_MODULES=parts", "-s", "DOWNLOAD_DELAY=0"]
    env = {"SCRAPY_SETTINGS_MODULE": "my_settings"}
    (tmp_path / "my_settings.py").write_text(
        "from yiqihui_spider.settings import *\nSPIDER_MODULES = ['parts']\n", "utf-8"
    )
    done = crawls.nursery.start("scrapy", *words, env=env, cwd=tmp_path).wait()
    assert done.code == 1
    assert "Returned 8 items, expected 9..9" in done.err or "expected 9" in done.err


def test_bench_is_scrapys_own(crawls: Field, tmp_path: Path) -> None:
    done = crawls.nursery.start("scrapy", "bench", "-s", "CLOSESPIDER_TIMEOUT=0.5", cwd=tmp_path).wait()
    assert done.code == 0
    assert "Spider closed (closespider_timeout)" in done.err
    assert [path.name for path in tmp_path.iterdir()] == []
