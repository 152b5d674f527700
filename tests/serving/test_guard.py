"""One question can take neither the memory nor the time of others; foreign names get no answer."""

from __future__ import annotations

import doctest
import http.client
import json
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from support.served import fill, serving

from yiqihui_spider.serving import arguments, guard, own_sql

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("guard") / "a.db"
    fill(path)
    with serving(path) as address:
        yield address


def get(address: str, path: str, host: str | None = None) -> tuple[int, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": host or parts.netloc})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def sql(address: str, query: str) -> tuple[int, str]:
    return get(address, f"/yiqihui.json?_shape=array&sql={quote(query)}")


HOURS = "SELECT instr(printf('%.7000000c', 'a'), printf('%.3000000c', 'a') || 'b')"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT zeroblob(1000000000)",
        "SELECT hex(zeroblob(500000000))",
        "SELECT length(hex(zeroblob(500000000)))",
        "SELECT replace(printf('%.9000000c', 'a'), 'a', 'bbbbbbbbbb')",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, zeroblob(9000000) FROM c",
        "WITH RECURSIVE c(x) AS (SELECT zeroblob(1000000) UNION ALL SELECT x FROM c)"
        " SELECT group_concat(x) FROM c",
        "WITH RECURSIVE c(y) AS (SELECT randomblob(900000) UNION ALL SELECT randomblob(900000) FROM c)"
        " SELECT max(y) FROM (SELECT y FROM c ORDER BY y)",
        ENDLESS,
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c ORDER BY x DESC",
        # One step of SQLite's machine, which takes hours: only the end of its process ends it.
        HOURS,
    ],
)
def test_no_query_takes_the_memory_or_the_time(address: str, query: str) -> None:
    before = time.monotonic()
    status, text = sql(address, query)
    assert time.monotonic() - before < 25
    assert status == 400, text[:200]
    assert sql(address, "SELECT 1 AS one") == (200, '[{"one": 1}]')


def test_a_query_whose_server_was_killed_ends_by_itself(tmp_path: Path) -> None:
    fill(tmp_path / "a.db")
    command = [sys.executable, "-m", own_sql.PROCESS, str(tmp_path / "a.db"), "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        pickle.dump((HOURS, None, 100, 0), process.stdin)
        process.stdin.close()
        assert process.wait(timeout=30) == -signal.SIGALRM


def test_no_pattern_takes_the_time(address: str) -> None:
    """Python 3.10 knows no limit of patterns; there the end of the query's process is what bounds it."""
    before = time.monotonic()
    status, text = sql(address, f"SELECT printf('%.9000000c', 'a') LIKE '{'%a' * 3000}b' AS found")
    assert time.monotonic() - before < 25
    assert status == 400 or (sys.version_info < (3, 11) and text == '[{"found": 0}]')


def test_others_go_on_reading_while_endless_queries_run(address: str) -> None:
    asking = [threading.Thread(target=sql, args=(address, ENDLESS)) for _ in range(8)]
    for one in asking:
        one.start()
    time.sleep(0.5)
    for page in (
        "/yiqihui/articles",
        "/",
        f"/search?q={quote('社群')}",
        "/article/1",
        f"/yiqihui/search.json?_shape=array&q={quote('记账')}",
    ):
        before = time.monotonic()
        status, text = get(address, page)
        assert status == 200
        assert time.monotonic() - before < 3, page
    assert [row["article_id"] for row in json.loads(text)] == [3]
    for one in asking:
        one.join()


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "x@localhost", ""]
)
def test_foreign_names_get_no_answer(address: str, host: str) -> None:
    status, text = get(address, "/yiqihui.json", host or " ")
    assert (status, text.count("\n")) == (421, 1)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1:80", "[::1]:80"])
def test_its_own_names_are_answered(address: str, host: str) -> None:
    assert get(address, "/-/versions.json", host)[0] == 200


def test_not_found_and_mistakes_are_nothing_for_the_log(tmp_path: Path) -> None:
    fill(tmp_path / "a.db")
    with serving(tmp_path / "a.db") as address:  # which asserts that no traceback was printed
        assert get(address, "/nothing/here")[0] == 404
        assert get(address, "/yiqihui/articles/99999")[0] == 404
        assert sql(address, "SELECT nonsense")[0] == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/article/9999999999999999999999", 404),
        ("/article/1%2F2", 302),
        ("/search?q=%ff%00&page=-1&since=x", 400),
        ("/search?q=%ED%A0%80&sort=no", 200),
        ("//evil.example/", 404),
        ("/%5cevil.example/", 404),
        ("/yiqihui/articles?_sort=nothing", 400),
        ("/yiqihui/articles?_where=id=1;", 400),
        ("/yiqihui/articles?_where=(", 400),
        ("/yiqihui/articles?_through=[]", 400),
        ("/yiqihui/articles?id__in=[", 400),
        ("/yiqihui/articles?_next=%ff", 200),
        ("/yiqihui/articles?_timelimit=abc", 200),
        ("/yiqihui/articles?" + "&".join(f"_facet=title&c{n}=1" for n in range(300)), 200),
        ("/yiqihui/view_counts/1", 404),
        ("/yiqihui/nothing.json", 404),
        ("/yiqihui?sql=%ff", 400),
        (f"/search?q={'a' * 30_000}", 200),
    ],
)
def test_odd_addresses_are_answered_and_nothing_for_the_log(address: str, path: str, status: int) -> None:
    assert get(address, path)[0] == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"])
def test_it_is_only_read(address: str, method: str) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request(method, "/yiqihui/articles")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    connection.close()


def test_a_head_is_a_page_without_its_text(address: str) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    for path in ("/", "/article/1", "/yiqihui", "/yiqihui/articles"):
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    connection.close()


def test_names() -> None:
    assert doctest.testmod(guard).failed + doctest.testmod(arguments).failed == 0
    assert guard.own_names("127.0.0.1") == {"localhost", "127.0.0.1", "::1"}
    assert "news.example" in guard.own_names("News.example")
