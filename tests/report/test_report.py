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
from support.browser import alert_text, chromium, console, phone
from support.sample_life import sample_life

from yiqihui_spider.archive.queries.report_rows import next_edge, report_rows
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.search.index import direct_indexing
from yiqihui_spider.cli import main
from yiqihui_spider.items import Residue, Span
from yiqihui_spider.report import texts
from yiqihui_spider.report.words import words

NOW = "2019-08-02T06:00:00+00:00"
HOSTILE = "<script>alert('title')</script>\"><img src=x onerror=alert(1)>\x07\u202e{{7*7}}]]><!--"
HOSTILE_NAME = "</td></table><script>alert('name')</script>"


class SplitPage:
    """A report as its reader's browser takes it."""

    def __init__(self, path: Path) -> None:
        self.bytes = path.read_bytes()
        self.text = self.bytes.decode()
        self.tree = html.document_fromstring(self.text)

    def bars(self, heading: str) -> list[str]:
        """How long the bars in the first table under a heading are."""
        (found,) = self.tree.xpath("//*[self::h2 or self::h3][normalize-space()=$heading]", heading=heading)
        return [str(width) for width in found.xpath("following::table[1]//rect/@width")]

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the first table under a heading, header row first."""
        (found,) = self.tree.xpath("//*[self::h2 or self::h3][normalize-space()=$heading]", heading=heading)
        rows = found.xpath("following::table[1]//tr")
        return [
            [
                " ".join(" ".join(cell.itertext()).split())
                for cell in row.xpath("(th|td)[not(@class='bar')][normalize-space() or @data-label]")
            ]
            for row in rows
        ]

    def under(self, heading: str) -> str:
        """The first paragraph under a heading."""
        (found,) = self.tree.xpath("//*[self::h2 or self::h3][normalize-space()=$heading]", heading=heading)
        return " ".join(found.xpath("following::p[1]")[0].text_content().split())

    def figures(self) -> dict[str, str]:
        return {dt.text_content(): " ".join(dt.getnext().itertext()) for dt in self.tree.xpath("//dl//dt")}

    def verdicts(self) -> list[str]:
        return [item.text_content() for item in self.tree.xpath("//ul[@class='verdicts']/li")]

    def svgs(self) -> list[Any]:
        return list(self.tree.xpath("//figure/div[@role='img']"))


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


def test_growth_is_what_the_view_says(page: SplitPage, db: sqlite3.Connection) -> None:
    head, *rows = page.table("Growing fastest")
    assert head == ["Rank", "Article", "per day", "gained", "from", "to", "observed"]
    expected = db.execute(
        """
        SELECT row_number() OVER (ORDER BY per_day DESC, article_id), title, printf('%.2f', per_day), gained,
          printf('%,d', first_views), printf('%,d', last_views)
        FROM view_growth WHERE per_day > 0 ORDER BY per_day DESC, article_id LIMIT 20
        """
    ).fetchall()
    assert [row[:6] for row in rows] == [[str(cell) for cell in row] for row in expected]
    assert rows[0][6] == "2019-06-20 09:00 2019-08-01 09:00"


def test_edits_and_disappearances_have_their_dates(page: SplitPage) -> None:
    assert page.table("Edits")[1:] == [
        [
            "(更新)做团长的第一个月,我学会了写通知 formerly 做团长的第一个月,我学会了写通知",
            "3",
            "222 → 222",
            "2019-07-04 09:00 2019-07-18 09:00",
        ],
        [
            "(更新)做团长的第一个月,我学会了写通知",
            "2",
            "202 → 222",
            "2019-06-20 09:00 2019-07-04 09:00",
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
    for number in range(1, 37):
        days, text = (number, "社群") if number < 13 else (35 + 4 * number, "返利")
        published = date(2019, 7, 1) - timedelta(days=days)
        body = f"{text}{number}" + "甲" * 8 * number
        filling.listing(at(1), entry(body, number, published_at=f"{published}T09:00:00+08:00"))
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
    assert page.table("Rising terms")[1:] == [["社群", "13.00", "12", "100.0 %", "0", "0.0 %"]]


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
        ["article", "社群", "HTTP 503", "2", "0", "2026-11-02 14:00"]
    ]
    assert page.table("The last walks that were not certified, and why")[1:] == [
        ["2026-11-02 15:00", "社群", "2", "–", "1 page has residue; one more"]
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
        ["http://www.178hui.com/news/list-1.html", "12", "2026-11-01 14:00"]
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
        == "No article has gained views between two observations a day or more apart."
    )


def test_one_article(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing(at(1), entry(CITY, views=0))
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(2))
    assert page.table("How often articles are viewed")[1:] == [["0", "1"]]
    assert page.table("Sources")[1:] == [["(none named)", "1", "100.0 %", "0.0"]]
    assert [svg.get("aria-label") for svg in page.svgs()] == ["Articles per month of publication"]
    assert page.tree.xpath("//figure//svg[@class='plot']/rect/title/text()") == ["2019-06: 1"]
    assert page.tree.xpath("//figure//text[@class='value']/text()") == ["0", "1"]


def test_growth_of_an_untitled_article_over_a_long_past(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing("2020-01-01T00:00:00+00:00", entry(CITY, views=100))
    filling.listing("2021-01-01T00:00:00+00:00", entry(CITY, views=1930))
    filling.db.close()
    page = report(tmp_path / "a.db", tmp_path / "r.html", at(2))
    assert page.table("Growing fastest")[1][1:4] == [
        "城南的菜市场去年翻新了屋顶,摊位却比从前少了一半。",
        "5.00",
        "1,830",
    ]


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
            f"第{number}篇",
            f"来源{number % 300}",
            f"{day + timedelta(days=number % 4000)}T09:00:00+08:00",
            (number * 7919) % 100_000,
        )
        for number in range(1, articles + 1)
    ]
    insert = """
        INSERT INTO articles (id, title, label, source, published_at, views, views_at, body_chars,
          content_hash, first_seen_at, last_seen_at, body)
        VALUES (?, ?, ?, ?, ?, ?, '2026-11-01T06:00:00+00:00', 3, 'x', '2026-11-01T06:00:00+00:00',
          '2026-11-03T06:00:00+00:00', '正文。')
    """
    with direct_indexing(filling.db):
        filling.db.conn.executemany(
            """
            INSERT INTO captures
              (id, run_id, url, kind, captured_at, payload_digest, warc_file, warc_offset, warc_length)
            VALUES (?, 1, 'http://x/', 'listing', ?, '', 'x', ?, 1)
            """,
            ((seen, at(seen), seen) for seen in (1, 2, 3)),
        )
        filling.db.conn.executemany(insert, rows)
        filling.db.conn.execute(
            """
            INSERT INTO entry_facts (id, article_id, content_hash, body_chars)
            SELECT id, id, 'x', 3 FROM articles
            """
        )
        filling.db.conn.executemany(
            """
            INSERT INTO observations (capture_id, position, facts_id, views, span_start, span_end, counted)
            VALUES (?, ?, ?, ?, 0, 3, 1)
            """,
            ((seen, row[0], row[0], row[5] + seen * (row[0] % 97)) for seen in (1, 2, 3) for row in rows),
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
    charts = page.svgs()
    assert [chart.get("aria-label") for chart in charts] == [
        "Articles per month of publication",
        "Views gained over time",
    ]
    for chart in charts:
        assert chart.getparent().xpath("following-sibling::table[1]")


def test_bars_stand_beside_their_numbers(page: SplitPage) -> None:
    assert page.bars("Articles per category") == ["100.0%", "69.6%"]  # 23 and 16
    assert page.bars("Sources") == ["100.0%", "38.9%", "16.7%", "11.1%", "5.6%", "5.6%"]


def test_in_chinese_nothing_of_ours_is_english(life: Path, tmp_path: Path) -> None:
    target = tmp_path / "zh.html"
    command = ["report", "-o", str(target), "--archive", str(life), "--now", NOW, "--lang", "zh"]
    assert CliRunner().invoke(main, command).exit_code == 0
    page = SplitPage(target)
    assert page.tree.get("lang") == "zh-CN"
    for aside in page.tree.xpath("//code|//style|//footer|//a[@rel]"):
        aside.drop_tree()
    latin = set(re.findall("[A-Za-z]{2,}", " ".join(page.tree.xpath("//body//text()"))))
    assert latin == {"yiqihui", "db", "UTC", "crawl"}  # names
    assert page.table("历次遍历")[1] == ["2019-06-20", "1 / 1", "1 / 1"]


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


def test_without_the_extra_one_line_says_what_to_install(life: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['jinja2'] = None; from yiqihui_spider.cli import main; main()"
    command = [sys.executable, "-c", code, "report", "-o", str(tmp_path / "r.html"), "--archive", str(life)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: report needs Jinja: pip install 'yiqihui-spider[report]'\n"
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_made_while_a_crawl_writes(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "a.db")
    filling.listing(at(1), entry(CITY, 11))
    filling.db.execute("BEGIN IMMEDIATE")
    filling.db.execute("UPDATE observations SET counted = 0")
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
        sizes = "return [...document.querySelectorAll('.chart')].map(s => s.getBoundingClientRect().width)"
        widths = driver.execute_script(sizes)
        assert len(widths) == 2
        assert all(400 < width <= 740 for width in widths), widths


def test_on_a_phone_all_type_can_be_read_and_no_column_is_lost(
    page: SplitPage, life: Path, tmp_path: Path
) -> None:
    with chromium(tmp_path) as driver:
        phone(driver)
        driver.get((life.parent / "report.html").as_uri())
        small = """
            return [...document.querySelectorAll('body *')].filter(e => e.textContent.trim()
              && parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.outerHTML.slice(0, 80))
        """
        assert driver.execute_script(small) == []
        outside = """
            return [...document.querySelectorAll('td, th, text, rect')].filter(e => e.getClientRects().length
              && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 80))
        """
        assert driver.execute_script(outside) == []
        assert driver.execute_script("return document.documentElement.scrollWidth") == 390


# --- words and parts -------------------------------------------------------------------------


def test_edges_of_classes() -> None:
    edges = [0]
    for _ in range(9):
        edges.append(next_edge(edges[-1]))
    assert edges == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500]


def test_words() -> None:
    assert texts.number(1234567) == "1,234,567"
    assert texts.number(None) == "–"
    assert texts.moment("2019-04-13T09:30:07+08:00") == "2019-04-13 09:30"
    assert texts.moment("2026-11-22T06:00:00+00:00") == "2026-11-22 14:00"
    assert texts.moment(None) == "–"
    assert texts.title({"label": "", "article_id": 17}) == "article 17"
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
    assert texts.verdicts(rows, words("en")) == [
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
    assert texts.verdicts(rows, words("en")) == [
        "社群, 优惠 have never been walked, so nothing proves them complete.",
        "社群 has had nothing new for 1,234 days, longer than usual.",
        "优惠 has had nothing new for 1,234 days, longer than usual.",
    ]
