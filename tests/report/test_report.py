"""The report: its numbers against SQL, its safety against what pages may hold, its looks in Chromium."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import html
from support.archive_pages import CITY, RIVER, Filling, at, entry
from support.browser import alert_text, chromium, console
from support.sample_life import sample_life

from yiqihui_spider.archive.queries.report_rows import next_edge, report_rows
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.search.index import direct_indexing
from yiqihui_spider.cli import main
from yiqihui_spider.items import Residue, Span
from yiqihui_spider.report import charts, texts

NOW = "2019-08-02T06:00:00+00:00"
HOSTILE = "<script>alert('title')</script>\"><img src=x onerror=alert(1)>\x07\u202e{{7*7}}]]><!--"
HOSTILE_NAME = "</td></table><script>alert('name')</script>"


class SplitPage:
    """A report as its reader's browser takes it."""

    def __init__(self, path: Path) -> None:
        self.bytes = path.read_bytes()
        self.text = self.bytes.decode()
        self.tree = html.document_fromstring(self.text)

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the first table under a heading, header row first."""
        (found,) = self.tree.xpath("//*[self::h2 or self::h3][normalize-space()=$heading]", heading=heading)
        rows = found.xpath("following::table[1]//tr")
        return [[" ".join(" ".join(cell.itertext()).split()) for cell in row.xpath("th|td")] for row in rows]

    def under(self, heading: str) -> str:
        """The first paragraph under a heading."""
        (found,) = self.tree.xpath("//*[self::h2 or self::h3][normalize-space()=$heading]", heading=heading)
        return " ".join(found.xpath("following::p[1]")[0].text_content().split())

    def figures(self) -> dict[str, str]:
        return {dt.text_content(): " ".join(dt.getnext().itertext()) for dt in self.tree.xpath("//dl//dt")}

    def verdicts(self) -> list[str]:
        return [item.text_content() for item in self.tree.xpath("//ul[@class='verdicts']/li")]

    def svgs(self) -> list[Any]:
        return list(self.tree.xpath("//figure/svg"))


def report(archive: Path, target: Path, now: str = NOW) -> SplitPage:
    result = CliRunner().invoke(
        main, ["report", "-o", str(target), "--archive", str(archive), "--now", now], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return SplitPage(target)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("life") / "yiqihui.db"
    sample_life(path)
    return path


@pytest.fixture(scope="module")
def page(life: Path) -> SplitPage:
    return report(life, life.parent / "report.html")


@pytest.fixture
def db(life: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(life)
    yield connection
    connection.close()


# --- the numbers -----------------------------------------------------------------------------


def test_the_summary_says_what_the_archive_holds(page: SplitPage) -> None:
    figures = page.figures()
    assert figures["Articles"].startswith("32 ")
    assert figures["Published"] == "2018-11-05 to 2019-06-18"
    assert figures["Proven complete"] == "2 of 2 categories"
    assert figures["Edits"].startswith("2 ")
    assert figures["Not listed any more"] == "1 0 missing, 1 gone"
    assert page.verdicts() == [
        "Every category is proven complete by the last walk over it.",
        "1 article no longer found in the listings.",
    ]


def test_months_agree_with_sql(page: SplitPage, db: sqlite3.Connection) -> None:
    head, *rows = page.table("Articles per month of publication")
    assert head == ["Year", *(f"{month:02d}" for month in range(1, 13)), "all"]
    shown = {
        f"{row[0]}-{month:02d}": int(count)
        for row in rows
        for month, count in enumerate(row[1:13], 1)
        if count != "·"
    }
    assert shown == dict(db.execute("SELECT month, articles FROM articles_by_month").fetchall())
    assert [(row[0], row[13]) for row in rows] == [("2018", "9"), ("2019", "23")]


def test_categories_and_sources_agree_with_sql(page: SplitPage, db: sqlite3.Connection) -> None:
    categories = page.table("Articles per category")[1:]
    expected = db.execute(
        "SELECT category, archived, declared, missing, gone FROM completeness ORDER BY archived DESC"
    ).fetchall()
    assert categories == [[str(cell) for cell in row] for row in expected]
    sources = {row[0]: int(row[1]) for row in page.table("Sources")[1:]}
    known = {
        source or "(none named)": n for source, n in db.execute("SELECT source, articles FROM source_share")
    }
    assert sources == known
    assert sources["一起惠"] == 18


def test_classes_of_views_agree_with_sql(page: SplitPage, db: sqlite3.Connection) -> None:
    head, *rows = page.table("How often articles are viewed")
    assert head == ["Views as last seen", "articles"]
    views = [views for (views,) in db.execute("SELECT views FROM articles")]
    for name, count in rows:
        low, _, high = name.replace(",", "").partition("–")
        assert int(count) == sum(int(low) <= seen <= int(high or low) for seen in views)
    assert sum(int(count) for _, count in rows) == 32
    words = page.under("How often articles are viewed")
    assert f"The least viewed has {min(views)}, the most viewed {max(views):,}." in words


def test_growth_is_measured_in_the_last_thirty_days(page: SplitPage, db: sqlite3.Connection) -> None:
    head, *rows = page.table("Growing fastest")
    assert head == ["Rank", "Article", "per day", "gained", "from", "to", "observed"]
    assert len(rows) == 20
    assert [row[0] for row in rows[:3]] == ["1", "2", "3"]
    for row in rows:
        assert int(row[5].replace(",", "")) - int(row[4].replace(",", "")) == int(row[3])
        assert row[6] == "2019-07-04 01:00 UTC 2019-08-01 01:00 UTC"
    assert rows[0][2:4] == ["0.29", "8"]  # 8 views in 28 days
    (most,) = db.execute(
        """
        SELECT max(later.views - earlier.views) FROM view_counts AS later
        JOIN view_counts AS earlier USING (article_id)
        WHERE earlier.observed_at >= '2019-07-02T' AND later.observed_at > earlier.observed_at
        """
    ).fetchone()
    assert most == 8


def test_edits_and_disappearances_have_their_dates(page: SplitPage) -> None:
    assert page.table("Edits")[1:] == [
        [
            "(更新)做团长的第一个月,我学会了写通知 formerly 做团长的第一个月,我学会了写通知",
            "3",
            "222 → 222",
            "2019-07-04 01:00 UTC 2019-07-18 01:00 UTC",
        ],
        [
            "(更新)做团长的第一个月,我学会了写通知",
            "2",
            "202 → 222",
            "2019-06-20 01:00 UTC 2019-07-04 01:00 UTC",
        ],
    ]
    assert [row[1:] for row in page.table("Disappearances")[1:]] == [
        ["社群", "returned", "2019-07-04", "2019-07-18", "back 2019-08-01"],
        ["购物资讯", "gone", "2019-06-20", "2019-07-04", "2019-07-18"],
    ]


def test_walks_over_time(page: SplitPage) -> None:
    head, *rows = page.table("Walks over time")
    assert head == ["Certified of all walks", "社群", "购物资讯"]
    assert rows == [
        [day, "1 of 1", "1 of 1"] for day in ("2019-06-20", "2019-07-04", "2019-07-18", "2019-08-01")
    ]


def test_without_counted_terms_a_sentence_says_how_to_count_them(page: SplitPage) -> None:
    assert page.under("Rising terms").startswith(
        "Terms have not been counted yet. yiqihui analyze counts them"
    )


def test_rising_terms(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    texts_of = {3: "社群团购", 20: "社群", 21: "社群", 100: "返利", 101: "返利", 150: "返利"}
    for number, (days, words) in enumerate(texts_of.items(), 1):
        published = date(2019, 7, 1) - timedelta(days=days)
        filling.listing(at(1), entry(f"{words}{number}", number, published_at=f"{published}T09:00:00+08:00"))
    filling.db.execute(
        """
        INSERT INTO terms (article_id, term, count)
        SELECT id, term, 1 FROM articles, (SELECT '社群' AS term UNION SELECT '返利') WHERE instr(body, term)
        """
    )
    filling.db.execute(
        "INSERT INTO term_state (article_id, content_hash, dictionary_hash) SELECT id, 'x', 'x' FROM articles"
    )
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(2))
    assert page.table("Rising terms")[1:] == [["社群", "4.00", "3", "100.0 %", "0", "0.0 %"]]
    assert "1. 社群" in page.tree.xpath("//svg[@aria-label='Rising terms']//text/text()")


def test_crawl_health(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    residue = Residue(Span(0, 12), "nobody knows", "not explained")
    filling.listing(at(1), entry(CITY, 11), residues=(residue,))
    for index in range(20):
        filling.listing(at(2, minute=index), entry(CITY, 11, views=200))
    filling.db.execute("UPDATE captures SET elapsed_ms = 100 * id, http_status = iif(id = 21, 503, 200)")
    filling.db.execute(
        """
        INSERT INTO todo (url, kind, category, added_at, added_run, attempts, reason)
        VALUES ('http://x/1', 'article', '社群', ?, 1, 2, 'HTTP 503'),
          ('http://x/2', 'article', '社群', ?, 1, 2, 'HTTP 503')
        """,
        [at(2), at(3)],
    )
    filling.db.execute(
        """
        INSERT INTO walks (run_id, category, started_at, finished_at, declared_total, certified, reasons)
        VALUES (1, '社群', ?, ?, 2, 0, '["1 page has residue", "one more"]')
        """,
        [at(2), at(2, 7)],
    )
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(4))
    assert page.table("Response times")[1:] == [
        ["2026-11-01", "1", "100", "100", "100", "0"],
        ["2026-11-02", "20", "1,100", "2,000", "2,100", "1"],
    ]
    assert page.table("Gaps: what is still to be fetched")[1:] == [
        ["article", "社群", "HTTP 503", "2", "0", "2026-11-02 06:00 UTC"]
    ]
    assert page.table("The last walks that were not certified, and why")[1:] == [
        ["2026-11-02 07:00 UTC", "社群", "2", "–", "1 page has residue; one more"]
    ]
    assert page.table("Walks over time")[1:] == [["2026-11-02", "0 of 1"]]
    assert page.verdicts() == [
        "社群 is not proven complete by the last walk over it.",
        "2 addresses still to be fetched.",
    ]


def test_residue_of_a_page_is_told_while_it_is_open(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing(at(1), entry(CITY, 11), residues=(Residue(Span(0, 12), "nobody knows", "not explained"),))
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(4))
    assert page.table("Residue: text that nothing explains")[1:] == [
        ["http://www.178hui.com/news/list-1.html", "12", "2026-11-01 06:00 UTC"]
    ]


# --- small and large -------------------------------------------------------------------------


def test_an_empty_archive(tmp_path: Path) -> None:
    open_archive(tmp_path / "a.db").close()
    page = report(tmp_path / "a.db", tmp_path / "r.html")
    assert page.verdicts() == ["The archive is empty. Start with: yiqihui crawl"]
    assert page.svgs() == []
    assert page.figures()["Articles"] == "0 0 characters"
    assert (
        page.under("Growing fastest")
        == "No article has gained views between two observations at least an hour apart."
    )


def test_one_article(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing(at(1), entry(CITY, views=0))
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(2))
    assert page.table("How often articles are viewed")[1:] == [["0", "1"]]
    assert page.table("Sources")[1:] == [["(none named)", "1", "100.0 %", "0.0"]]
    assert [svg.get("aria-label") for svg in page.svgs()] == [
        "Articles per month",
        "Articles per category",
        "Articles per source",
        "Articles by views",
    ]


def test_growth_of_an_untitled_article_over_a_long_past(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing("2020-01-01T00:00:00+00:00", entry(CITY, views=100))
    filling.listing("2021-01-01T00:00:00+00:00", entry(CITY, views=1930))
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(2))
    assert page.table("Growing fastest")[1][1:4] == ["article 1", "5.00", "1,830"]
    assert "of all (none within the last 30 days" in page.under("Growing fastest")


LARGE = 20_000


def large(path: Path, articles: int) -> None:
    """Many articles over eleven years, each seen on three days; no texts to speak of."""
    filling = Filling(path)
    filling.capture("http://x/", at(1))
    day = date(2015, 1, 1)
    rows = [
        (
            number,
            f"第{number}篇",
            f"来源{number % 300}",
            f"{day + timedelta(days=number % 4000)}T09:00:00+08:00",
            (number * 7919) % 100_000,
        )
        for number in range(1, articles + 1)
    ]
    insert = """
        INSERT INTO articles (id, title, source, published_at, views, views_at, body_chars, content_hash,
          first_seen_at, last_seen_at, body)
        VALUES (?, ?, ?, ?, ?, '2026-11-01T06:00:00+00:00', 3, 'x', '2026-11-01T06:00:00+00:00',
          '2026-11-03T06:00:00+00:00', '正文。')
    """
    with direct_indexing(filling.db):
        filling.db.conn.execute(
            """
            INSERT INTO captures
              (id, run_id, url, kind, captured_at, payload_digest, warc_file, warc_offset, warc_length)
            VALUES (1, 1, 'http://x/', 'listing', '2026-11-01T06:00:00+00:00', '', 'x', 0, 1)
            """
        )
        filling.db.conn.executemany(insert, rows)
        filling.db.conn.executemany(
            "INSERT INTO view_counts (article_id, observed_at, capture_id, views) VALUES (?, ?, 1, ?)",
            ((row[0], at(seen), row[4] + seen * (row[0] % 97)) for row in rows for seen in (1, 2, 3)),
        )
        filling.db.conn.execute(
            """
            INSERT INTO article_categories
            SELECT id, '社群', first_seen_at, last_seen_at, NULL FROM articles
            """
        )
    filling.db.close()


def test_a_large_archive(tmp_path: Path) -> None:
    large(tmp_path / "a.db", LARGE)
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(4))
    assert page.figures()["Articles"].startswith("20,000 ")
    assert (
        sum(int(row[13].replace(",", "")) for row in page.table("Articles per month of publication")[1:])
        == LARGE
    )
    assert (
        sum(int(row[1].replace(",", "")) for row in page.table("How often articles are viewed")[1:]) == LARGE
    )
    assert len(page.table("Sources")) == 21
    assert "18,660 articles from other sources" in page.text
    assert page.table("Growing fastest")[1][1:4] == ["第96篇", "96.0", "192"]
    assert len(page.bytes) < 250_000


# --- one file, safe and the same every time --------------------------------------------------


def test_nothing_is_loaded_from_anywhere(page: SplitPage) -> None:
    for element in page.tree.iter():
        for name, value in element.attrib.items():
            if name in ("src", "srcset", "data", "poster", "action", "background"):
                pytest.fail(f"{element.tag} {name}={value}")
            if name == "href" and element.tag != "a":
                assert value.startswith(("data:", "#")), value
            assert "url(" not in value or re.fullmatch(r"url\(#[\w-]+\)", value), value
    style = "".join(page.tree.xpath("//style/text()"))
    assert "url(" not in style
    assert "@import" not in style
    assert page.tree.xpath("//script|//iframe|//object|//embed|//base|//form") == []
    assert page.tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    ]


def test_ids_are_unique_and_links_inside_lead_somewhere(page: SplitPage) -> None:
    ids = page.tree.xpath("//@id")
    assert [one for one, count in Counter(ids).items() if count > 1] == []
    inside = [href[1:] for href in page.tree.xpath("//a/@href") if href.startswith("#")]
    assert inside == ["holds", "views", "terms", "complete", "health", "changes"]
    assert set(inside) <= set(ids)
    used = re.findall(r"url\(#([\w-]+)\)", page.text)
    assert set(used) <= set(ids)


def test_every_chart_has_a_name_and_a_table_after_it(page: SplitPage) -> None:
    svgs = page.svgs()
    assert len(svgs) == 6
    for svg in svgs:
        assert svg.get("role") == "img"
        assert svg.get("aria-label")
        assert svg.getparent().xpath("following-sibling::div[1]/table")
        assert "sans-serif" in html.tostring(svg, encoding="unicode")


def test_text_in_charts_is_text(page: SplitPage) -> None:
    labels = page.tree.xpath("//svg//text/text()")
    assert "1. 一起惠" in labels
    assert "2. 购物资讯" in labels


def hostile(path: Path) -> None:
    filling = Filling(path)
    for day, views in ((1, 5), (3, 500)):
        filling.listing(
            at(day),
            entry(CITY, None, views=views, title=HOSTILE, source=HOSTILE_NAME, url="javascript:alert('url')"),
            entry(
                RIVER,
                12,
                views=views,
                title="河边的工厂" * 60,
                source="一" * 80,
                published_at="2019-05-02T10:00:00+08:00",
            ),
            category=HOSTILE_NAME,
        )
    filling.db.execute(
        """
        INSERT INTO walks (run_id, category, started_at, finished_at, certified, reasons)
        VALUES (1, ?, ?, ?, 0, ?)
        """,
        [HOSTILE_NAME, at(1), at(1, 7), '["<script>alert(3)</script>"]'],
    )
    filling.db.close()


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    hostile(tmp_path / "a.db")
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(4))
    assert page.tree.xpath("//script|//img|//*[@onerror]") == []
    assert not any("javascript:" in href for href in page.tree.xpath("//@href"))
    assert {"\x07", "\u202e"} & set(page.text) == set()
    titles = [row[1] for row in page.table("Growing fastest")[1:]]
    assert titles[0].startswith("<script>alert('title')</script>\">") or titles[1].startswith("<script>")
    assert any(title.endswith("…") and len(title) == 90 for title in titles)
    assert HOSTILE_NAME in [row[0] for row in page.table("Articles per category")]
    assert "1. </td></table><script>aler…" in page.tree.xpath("//svg//text/text()")


def test_the_same_archive_and_moment_give_the_same_bytes(page: SplitPage, life: Path, tmp_path: Path) -> None:
    target = tmp_path / "again.html"
    command = ["report", "-o", str(target), "--archive", str(life), "--now", NOW]
    subprocess.run(
        [sys.executable, "-m", "yiqihui_spider", *command],
        check=True,
        env=os.environ | {"TZ": "America/New_York", "PYTHONHASHSEED": "7", "LC_ALL": "C.UTF-8"},
        capture_output=True,
    )
    assert target.read_bytes() == page.bytes


# --- the command -----------------------------------------------------------------------------


def test_the_command_says_what_it_wrote(life: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    result = CliRunner().invoke(main, ["report", "-o", str(target), "--archive", str(life)])
    assert result.output == f"{target}: 32 articles, {target.stat().st_size // 1024} KB\n"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_a_report_that_fails_leaves_the_old_one(
    life: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "r.html"
    target.write_text("old")
    monkeypatch.setattr(
        "os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    result = CliRunner().invoke(main, ["report", "-o", str(target), "--archive", str(life)])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "Error: No space left on device")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_errors_in_one_line(life: Path, tmp_path: Path) -> None:
    missing = CliRunner().invoke(
        main, ["report", "-o", str(tmp_path / "r.html"), "--archive", str(tmp_path / "no.db")]
    )
    assert (missing.exit_code, missing.output) == (1, f"Error: no archive at {tmp_path / 'no.db'}\n")
    folder = CliRunner().invoke(main, ["report", "-o", str(tmp_path), "--archive", str(life)])
    assert (folder.exit_code, folder.output) == (1, f"Error: cannot write {tmp_path}: it is a folder\n")
    usage = CliRunner().invoke(main, ["report", "--archive", str(life)])
    assert usage.exit_code == 2


@pytest.mark.parametrize("module", ["altair", "vl_convert"])
def test_without_the_extra_one_line_says_what_to_install(life: Path, tmp_path: Path, module: str) -> None:
    code = f"import sys; sys.modules['{module}'] = None; from yiqihui_spider.cli import main; main()"
    command = [sys.executable, "-c", code, "report", "-o", str(tmp_path / "r.html"), "--archive", str(life)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: report needs Altair and vl-convert: pip install 'yiqihui-spider[report]'\n"
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_made_while_a_crawl_writes(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing(at(1), entry(CITY, 11))
    filling.db.execute("BEGIN IMMEDIATE")
    filling.db.execute("DELETE FROM view_counts")
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(2))
    filling.db.execute("ROLLBACK")
    filling.db.close()
    assert page.figures()["View counts"] == "1 observed"


def test_making_rows_changes_nothing(life: Path) -> None:
    before = life.read_bytes()
    db = open_archive(life, create=False, read_only=True)
    try:
        first, second = report_rows(db, NOW), report_rows(db, NOW)
    finally:
        db.close()
    assert first == second
    assert life.read_bytes() == before


# --- in a browser ----------------------------------------------------------------------------


def test_in_chromium(page: SplitPage, life: Path, tmp_path: Path) -> None:
    hostile(tmp_path / "a.db")
    report(tmp_path / "a.db", tmp_path / "hostile.html", at(4))
    open_archive(tmp_path / "empty.db").close()
    report(tmp_path / "empty.db", tmp_path / "empty.html", at(4))
    with chromium(tmp_path) as driver:
        for path in (life.parent / "report.html", tmp_path / "hostile.html", tmp_path / "empty.html"):
            driver.get(path.as_uri())
            assert alert_text(driver) is None
            assert console(driver) == []
            script = "return document.documentElement.scrollWidth <= window.innerWidth"
            assert driver.execute_script(script), f"{path.name} is wider than the window"
        driver.get((life.parent / "report.html").as_uri())
        assert driver.execute_script("return document.compatMode") == "CSS1Compat"
        assert "一起惠资讯: archive report" in driver.find_element("tag name", "h1").text
        assert "1. 社群" in [text.text for text in driver.find_elements("css selector", "svg text")]
        sizes = (
            "return [...document.querySelectorAll('figure svg')].map(s => s.getBoundingClientRect().width)"
        )
        widths = driver.execute_script(sizes)
        assert len(widths) == 6
        assert all(400 < width <= 740 for width in widths), widths


# --- words and parts -------------------------------------------------------------------------


def test_shorten() -> None:
    assert charts.shorten("一二三四五", 5) == "一二三四五"
    assert charts.shorten("一二三四五六", 5) == "一二三四五…"
    assert charts.shorten("abcdefghij", 5) == "abcdefgh…"
    assert charts.shorten(" a\n\u3000b\x00") == "a b\ufffd"


def test_edges_of_classes() -> None:
    edges = [0]
    for _ in range(9):
        edges.append(next_edge(edges[-1]))
    assert edges == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500]


def test_words() -> None:
    assert texts.number(1234567) == "1,234,567"
    assert texts.number(None) == "–"
    assert texts.moment("2019-04-13T09:30:07+08:00") == "2019-04-13 09:30"
    assert texts.moment("2026-11-22T06:00:00+00:00") == "2026-11-22 06:00 UTC"
    assert texts.moment(None) == "–"
    assert texts.title({"title": None, "article_id": 17}) == "article 17"
    assert texts.plural(1, "page") == "1 page"
    assert texts.plural(2000, "address", "addresses") == "2,000 addresses"
    assert texts.link("https://www.178hui.com/news/view/1.html") == "https://www.178hui.com/news/view/1.html"
    assert texts.link("javascript:alert(1)") is None
    assert texts.link("data:text/html,x") is None
    assert texts.link(None) is None
    assert texts.clean("a\x00b\ud800c\n\u202ed") == "a\ufffdb\ufffdc\n\ufffdd"


def test_verdicts_tell_the_worst_first() -> None:
    def category(name: str, walked: str | None, certified: int, proven: str | None) -> dict[str, Any]:
        return {
            "category": name,
            "last_walk_at": walked,
            "last_walk_certified": certified,
            "last_certified_at": proven,
        }

    rows = {
        "totals": {"captures": 3, "articles": 3, "missing": 0, "gone": 0},
        "categories": [
            category("社群", at(2), 1, at(2)),
            category("购物资讯", at(2), 0, at(1)),
            category("优惠", None, 0, None),
        ],
        "state": {
            "residue": [1],
            "problems": [],
            "categories": [{"category": "社群", "feed": {"quiet": True, "days_since": 12.3}}],
        },
        "gap_total": 0,
    }
    assert texts.verdicts(rows) == [
        "购物资讯 is not proven complete by the last walk over it; it last was on 2026-11-01.",
        "优惠 has never been walked, so nothing proves it complete.",
        "1 page with text that nothing explains.",
        "社群 has had nothing new for 12 days, longer than usual.",
        "Proven complete by the last walk: 社群.",
    ]


def test_many_categories_share_a_sentence() -> None:
    never = {"last_walk_at": None, "last_walk_certified": None, "last_certified_at": None}
    quiet = {"quiet": True, "days_since": 1234.5}
    rows = {
        "totals": {"captures": 3, "articles": 3, "missing": 0, "gone": 0},
        "categories": [{"category": name, **never} for name in ("社群", "优惠")],
        "state": {
            "residue": [],
            "problems": [],
            "categories": [{"category": name, "feed": quiet} for name in ("社群", "优惠")],
        },
        "gap_total": 0,
    }
    assert texts.verdicts(rows) == [
        "社群, 优惠 have never been walked, so nothing proves them complete.",
        "Nothing new for longer than usual: 社群 for 1,234 days, 优惠 for 1,234 days.",
    ]


def test_lines_that_end_together_share_their_label() -> None:
    rows = [
        {"rank": rank, "at": f"2026-11-0{day}", "gained": rank * (day - 1)}
        for rank in (1, 2)
        for day in (1, 2)
    ]
    rows += [{"rank": 4, "at": "2026-11-03", "gained": 0}, {"rank": 3, "at": "2026-11-02", "gained": 100}]
    svg = charts.curves(rows, "Curves")
    assert re.findall(r'font-weight="bold"[^>]*>([^<]+)<', svg) == ["1, 2, 4", "3"]


@pytest.mark.parametrize("at_", ["2026-11-02", "2026-11"])
def test_single_points_can_be_drawn(at_: str) -> None:
    one = [{"at": at_, "category": "社群", "walks": 2, "certified": 1, "median_ms": 5, "p95_ms": 9}]
    assert "some certified" in charts.walks(one, "W")
    assert charts.response_times(one, "T").startswith("<svg")
    assert charts.months([{"month": "2026-11", "articles": 1}], "M").startswith("<svg")


def test_months_without_articles_keep_their_place() -> None:
    rows = [{"month": month, "articles": 1} for month in ("2015-01", "2019-06", "2024-12")]
    svg = charts.months(rows, "M")
    labels = re.findall(r">(\d{4}-\d\d)<", svg)
    assert labels == ["2016-01", "2018-01", "2020-01", "2022-01", "2024-01"]
