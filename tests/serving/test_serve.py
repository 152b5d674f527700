"""Datasette on an archive: what it shows, that its search knows Chinese, that it only reads."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from support.archive_pages import CITY, Filling, at, entry
from support.browser import alert_text, chromium, console, submit
from support.served import HOSTILE, Pages, fill, serving

from yiqihui_spider.archive.schema.data_dictionary import meanings
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.search.terms import sum_up
from yiqihui_spider.cli import main
from yiqihui_spider.serving.charts import CHARTS
from yiqihui_spider.serving.metadata import LOOKS, NOT_SHOWN, SHOWN, metadata
from yiqihui_spider.serving.queries import ORDER, canned_queries
from yiqihui_spider.site import built_in


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serve") / "odd #name 100%.db"
    fill(path)
    return path


@pytest.fixture
def pages(archive: Path) -> Pages:
    return Pages(archive)


def ids(rows: list[dict[str, Any]], key: str = "id") -> list[int]:
    return [row[key] for row in rows]


# --- search ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("社群", [1, 4]),
        ("群", [1, 4]),
        ("社群 菜市场", [1]),
        ("菜市场|记账", [1, 3]),
        ("月亮", []),
        ('"', [4]),
        ('"社群', []),
        ("社群 OR 记账", []),
        ("*", []),
    ],
)
def test_the_search_box_reads_a_query_as_the_archive_does(pages: Pages, query: str, found: list[int]) -> None:
    url = f"/yiqihui/articles.json?_shape=array&_sort=id&_search={quote(query)}"
    assert ids(pages.rows(url)) == found
    canned = pages.rows(f"/yiqihui/search.json?_shape=array&q={quote(query)}")
    assert sorted(ids(canned, "article_id")) == found


def test_search_in_one_column(pages: Pages) -> None:
    url = f"/yiqihui/articles.json?_shape=array&_search_title={quote('菜市场')}"
    assert ids(pages.rows(url)) == [1]
    assert pages.rows(f"/yiqihui/articles.json?_shape=array&_search_title={quote('取货点')}") == []
    assert ids(pages.rows(url.replace("_search_title", "_search%5Ftitle"))) == [1]
    page = pages.get(url.replace(".json?_shape=array&", "?")).text
    assert "where title matches &#34;菜市场&#34;" in page
    assert pages.get("/yiqihui/articles.json?_search_url=x").status_code == 400


def test_no_argument_sends_the_search_to_another_key(pages: Pages) -> None:
    url = f"/yiqihui/articles.json?_shape=array&_search={quote('菜市场')}"
    expected = ids(pages.rows(url))
    assert expected != []
    for other in ("_fts_pk=id", "_fts%5Fpk=rowid", "_fts_table=articles_fts&_fts_pk=id"):
        assert ids(pages.rows(f"{url}&{other}")) == expected


def test_canned_search_is_newest_first_with_context(pages: Pages) -> None:
    rows = pages.rows(f"/yiqihui/search.json?_shape=array&q={quote('社群')}")
    assert [(row["article_id"], row["published_at"]) for row in rows] == [
        (4, "2019-06-06T08:00:00+08:00"),
        (1, "2019-06-04T09:17:24+08:00"),
    ]
    assert "社群里的人都这么说。" in rows[1]["kwic"]


def test_the_database_has_its_page(pages: Pages) -> None:
    page = pages.get("/yiqihui")
    assert page.status_code == 200
    assert 'href="/yiqihui/article_versions"' in page.text


def test_a_search_without_a_query_is_a_page_and_no_error(pages: Pages) -> None:
    assert pages.get("/yiqihui/search").status_code == 200
    assert pages.get("/yiqihui/articles?_search=").status_code == 200


# --- canned queries --------------------------------------------------------------------------


def test_month_counts(pages: Pages) -> None:
    rows = pages.rows("/yiqihui/month_counts.json?_shape=array")
    assert [(row["month"], row["articles"], row["views"]) for row in rows] == [
        ("2019-05", 1, 90),
        ("2019-06", 3, 110),
    ]


def test_fastest_growing(pages: Pages) -> None:
    rows = pages.rows("/yiqihui/fastest_growing.json?_shape=array")
    assert [(row["article_id"], row["gained"], row["days"], row["per_day"]) for row in rows] == [
        (2, 40, 2.0, 20.0)
    ]


def test_completeness_and_walks(pages: Pages) -> None:
    (row,) = pages.rows("/yiqihui/how_complete.json?_shape=array")
    assert (row["category"], row["declared"], row["archived"], row["lacking"]) == ("社群", 4, 4, 0)
    assert pages.rows("/yiqihui/certified_walks.json?_shape=array") == [
        {"at": "2026-11-01", "category": "社群", "walks": 1, "certified": 1}
    ]


def test_an_articles_life(pages: Pages) -> None:
    rows = pages.rows("/yiqihui/article_life.json?_shape=array&id=2")
    assert [(row["at"], row["event"], row["views"]) for row in rows] == [
        ("2019-05-02T10:00:00+08:00", "published", None),
        (at(1), "text 1", None),
        (at(1), "listed in 社群", None),
        (at(1), "viewed", 50),
        (at(3), "viewed", 90),
    ]


@pytest.mark.parametrize("name", ORDER)
def test_every_canned_query_has_a_page_with_title_and_meaning(pages: Pages, name: str) -> None:
    query = canned_queries()[name]
    page = pages.get(f"/yiqihui/{name}").text
    title = query.title.replace("'", "&#39;")
    assert f"<title>{title}: yiqihui</title>" in page
    assert f"{title}</h1>" in page
    assert query.description.split("'")[0] in page


def test_a_reader_may_ask_in_sql(pages: Pages) -> None:
    page = pages.get("/yiqihui?sql=select+count(*)+as+n+from+search+where+q='社群'").text
    assert re.search(r'data-label="n">\s*2\s*</td>', page)
    assert "<title>一起惠资讯: yiqihui</title>" in page


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("month_counts", "<title>2019-06: 3</title>"),
        ("article_life", "<title>2026-11-03 14:00: 90</title>"),
        ("how_complete", '<th scope="row" lang="zh-CN">社群</th><td class="n">4</td>'),
        ("sources", '<th scope="row" lang="zh-CN">一起惠</th><td class="n">1</td>'),
        ("fastest_growing", '<th scope="row" lang="zh-CN">河边的工厂</th><td class="n">20.0</td>'),
    ],
)
def test_charts_stand_on_the_pages_of_canned_queries(pages: Pages, name: str, told: str) -> None:
    page = pages.get(f"/yiqihui/{name}?id=2").text
    assert told in page.partition("<figure>")[2].partition("</figure>")[0]


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_without_rows_there_is_no_chart_and_no_error(tmp_path: Path, name: str) -> None:
    open_archive(tmp_path / "a.db").close()
    answer = Pages(tmp_path / "a.db").get(f"/yiqihui/{name}")
    assert answer.status_code == 200
    assert "<figure>" not in answer.text
    assert "No rows" in answer.text


def test_a_term_month_by_month(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    fill(path)
    with closing(open_archive(path)) as db:
        db.execute("INSERT INTO terms VALUES (1, '社群', 2), (2, '社群', 1), (4, '社群', 1)")
        db.execute(
            """
            INSERT INTO term_state (article_id, content_hash, dictionary_hash)
            SELECT id, 'x', 'x' FROM articles
            """
        )
        sum_up(db)
    pages = Pages(path)
    assert pages.rows(f"/yiqihui/term_by_month.json?_shape=array&term={quote('社群')}") == [
        {"month": "2019-05", "articles": 1, "count": 1, "share": 1.0},
        {"month": "2019-06", "articles": 2, "count": 3, "share": 0.6667},
    ]
    assert pages.rows("/yiqihui/rising.json?_shape=array") == []
    page = pages.get(f"/yiqihui/term_by_month?term={quote('社群')}").text
    assert "<title>2019-06: 2</title>" in page


# --- metadata --------------------------------------------------------------------------------


def test_every_table_and_column_of_a_real_archive_has_a_meaning(archive: Path) -> None:
    known = meanings()
    with sqlite3.connect(archive.as_uri() + "?mode=ro", uri=True) as db:
        names = [
            name
            for (name,) in db.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow'"
            )
            if not name.startswith(("sqlite_", "_sqlite_"))
        ]
        assert sorted(names) == sorted(known)
        for name in names:
            if name == "search_input":
                continue
            columns = {column for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", [name])}
            assert set(known[name].columns) == columns, name
            assert known[name].meaning, name
    db.close()


def test_looks_name_tables_and_columns_that_exist() -> None:
    for name, look in LOOKS.items():
        columns = set(meanings()[name].columns)
        facets = [
            next(iter(one.values())) if isinstance(one, dict) else one for one in look.get("facets", [])
        ]
        named = {look.get("sort_desc"), look.get("label_column"), *facets, *SHOWN.get(name, ())} - {None}
        assert named <= columns, name


def test_metadata_is_json() -> None:
    assert json.loads(json.dumps(metadata(built_in("178hui"))))["databases"]["yiqihui"]["queries"]["search"][
        "params"
    ] == ["q"]


def test_tables_tell_what_their_columns_mean(pages: Pages) -> None:
    page = pages.get("/yiqihui/captures").text
    assert "how long the site took to answer" in page
    assert "views then" in pages.get("/yiqihui/view_counts").text
    assert "(characters)" in pages.get("/yiqihui/residues").text + pages.get("/yiqihui/articles").text


@pytest.mark.parametrize("name", sorted(set(meanings()) - NOT_SHOWN))
def test_every_table_has_a_page(pages: Pages, name: str) -> None:
    assert pages.get(f"/yiqihui/{name}").status_code == 200


def test_what_cannot_be_listed_is_not_offered(pages: Pages) -> None:
    page = pages.get("/yiqihui").text
    for name in NOT_SHOWN - {"search"}:
        assert f'href="/yiqihui/{name}"' not in page
        assert pages.get(f"/yiqihui/{name}").status_code == 403


def test_articles_are_linked_from_views_and_queries(pages: Pages) -> None:
    for name in ("view_growth", "fastest_growing"):
        page = pages.get(f"/yiqihui/{name}").text
        assert '<a href="/article/2">2</a>' in page
        assert '<a href="/article/2">河边的工厂</a>' in page


# --- reading only ----------------------------------------------------------------------------


def test_nothing_can_be_written(pages: Pages, archive: Path) -> None:
    before = archive.read_bytes()
    for sql in ("delete from articles", "with x as (select 1) delete from articles"):
        assert pages.get(f"/yiqihui.json?sql={quote(sql)}").status_code == 400
    assert archive.read_bytes() == before


def test_what_a_crawl_writes_meanwhile_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    filling = Filling(path)
    pages = Pages(path)
    assert pages.rows("/yiqihui/articles.json?_shape=array") == []
    filling.listing(at(1), entry(CITY, 11, title="菜市场"))  # in the write-ahead log, not yet in the file
    assert [row["title"] for row in pages.rows("/yiqihui/articles.json?_shape=array")] == ["菜市场"]
    filling.db.close()


def test_hostile_text_is_text_in_the_page(pages: Pages) -> None:
    for url in (
        "/yiqihui/articles",
        "/yiqihui/articles/4",
        "/yiqihui/search?q=" + quote("社群"),
        "/yiqihui/edits",
    ):
        page = pages.get(url).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert" in pages.get("/yiqihui/articles/4").text


# --- the command -----------------------------------------------------------------------------


def test_the_command_serves_until_it_is_interrupted(archive: Path) -> None:
    with (
        serving(archive) as address,
        urlopen(f"{address}yiqihui/search.json?_shape=array&q={quote('记账')}") as answer,
    ):
        assert [row["article_id"] for row in json.load(answer)] == [3]


def test_missing_archive(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--archive", str(tmp_path / "none.db")])
    assert result.exit_code == 1
    assert result.output.strip() == f"Error: no archive at {tmp_path / 'none.db'}"


def test_a_port_that_is_taken(archive: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "--archive", str(archive), "--port", str(port)])
    assert result.exit_code == 1
    assert result.output.strip() == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_without_datasette_one_line_says_what_to_install(archive: Path) -> None:
    code = "import sys; sys.modules['datasette'] = None; from yiqihui_spider.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", "--archive", str(archive)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "Error: serve needs Datasette: pip install 'yiqihui-spider[serve]'"


# --- in a browser ----------------------------------------------------------------------------


def test_in_chromium(archive: Path, tmp_path: Path) -> None:
    with chromium(tmp_path) as driver, serving(archive) as address:
        _search_box(driver, address)
        _canned_query(driver, address)
        _hostile(driver, address)
        _charts(driver, address)
        assert console(driver) == []


def _column(driver: Any, name: str) -> list[str]:
    return [
        cell.text for cell in driver.find_elements("css selector", f"table.rows-and-columns td.col-{name}")
    ]


def _search_box(driver: Any, address: str) -> None:
    driver.get(f"{address}yiqihui/articles")
    submit(driver, "_search", "社群")
    assert _column(driver, "label") == [HOSTILE, "菜市场与社群"]


def _canned_query(driver: Any, address: str) -> None:
    driver.get(f"{address}yiqihui/search")
    submit(driver, "q", "社群")
    assert _column(driver, "published_at") == ["2019-06-06T08:00:00+08:00", "2019-06-04T09:17:24+08:00"]
    assert _column(driver, "article_id") == ["4", "1"]


def _hostile(driver: Any, address: str) -> None:
    for page in (
        "articles",
        "articles/4",
        "article_versions",
        f"search?q={quote('社群')}",
        "article_life?id=4",
    ):
        driver.get(f"{address}yiqihui/{page}")
        assert alert_text(driver) is None
        assert "<script>alert(" in driver.find_element("tag name", "body").text
        assert (
            driver.find_elements(
                "css selector", "img[onerror], .rows-and-columns script, .rows-and-columns b"
            )
            == []
        )


def _charts(driver: Any, address: str) -> None:
    for page, drawn in (("month_counts", "rect"), ("article_life?id=2", "circle")):
        driver.get(f"{address}yiqihui/{page}")
        marks = driver.find_elements("css selector", f"figure .plot {drawn}")
        assert [mark.size["height"] > 0 for mark in marks] == [True, True]


def test_a_missing_browser_is_no_silent_pass_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="not both installed"), chromium(tmp_path):
        pass
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="not both installed"), chromium(tmp_path):
        pass
