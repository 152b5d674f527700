"""One question can take neither the memory nor the time of others; foreign names get no answer."""

from __future__ import annotations

import doctest
import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from support.served import fill, serving

from yiqihui_spider.serving import guard

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
        f"SELECT printf('%.9000000c', 'a') LIKE '{'%a' * 3000}b'",
    ],
)
def test_no_query_takes_the_memory_or_the_time(address: str, query: str) -> None:
    before = time.monotonic()
    status, text = sql(address, query)
    assert time.monotonic() - before < 15
    assert status == 400, text[:200]
    assert sql(address, "SELECT 1 AS one") == (200, '[{"one": 1}]')


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


def test_names() -> None:
    assert doctest.testmod(guard).failed == 0
    assert guard.own_names("127.0.0.1") == {"localhost", "127.0.0.1", "::1"}
    assert "news.example" in guard.own_names("News.example")
