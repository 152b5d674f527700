"""A replay that lies, an index that goes in circles: what is believed, what is asked for again."""

from __future__ import annotations

import gzip
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support import internet_archive
from support.import_files import one, rows
from support.internet_archive import HOST, InternetArchive, Memento, says

from yiqihui_spider.archive.schema import opening
from yiqihui_spider.cli import main
from yiqihui_spider.imports.ingest import archive_record
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import open_session
from yiqihui_spider.warc.records import StoredResponse, payload_digest
from yiqihui_spider.wayback import client, index

JULY, AUGUST, SEPTEMBER = "20190701080000", "20190801080000", "20190901080000"
DETAIL, OTHER = "/news/view/4102.html", "/news/view/4117.html"
LISTING = "/news/list.php?cat=3&page=1"

ARTICLES = "SELECT site_id, title, url FROM articles ORDER BY site_id"
MISSES = "SELECT kind, attempts, lasting FROM wayback_misses ORDER BY captured_at, url"


@dataclass
class Past:
    server: InternetArchive
    site: SampleSite
    archive: Path

    def fetch(self, *words: str, prefix: str = f"{HOST}/news/") -> Result:
        quick = ("--cdx", self.server.index, "--rate", "60000", "--delay", "0")
        return CliRunner().invoke(
            main, ["wayback", prefix, *quick, "--show", "--archive", str(self.archive), *words]
        )

    def count(self, table: str = "captures") -> int:
        return int(one(self.archive, f"SELECT count(*) FROM {table}"))

    def lie(self, answer: Callable[[Any], None], times: int = 1000) -> None:
        self.server.faults["/web/"] = [answer] * times


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    with internet_archive.internet_archive() as server:
        yield Past(server, SampleSite(), tmp_path / "yiqihui.db")


# --- the digest is the verdict ----------------------------------------------------------------


def half(past: Past, memento: Memento) -> Callable[[Any], None]:
    return lambda handler: handler.send_memento(memento, body=memento.body[: len(memento.body) // 2])


def another_page(past: Past, memento: Memento) -> Callable[[Any], None]:
    return lambda handler: handler.send_memento(memento, body=past.site.get(OTHER).body)


def rewritten(past: Past, memento: Memento) -> Callable[[Any], None]:
    past.server.rewrites = True
    return lambda handler: handler.send_memento(memento)


def empty(past: Past, memento: Memento) -> Callable[[Any], None]:
    return lambda handler: handler.send_memento(memento, body=b"")


def error_page(past: Past, memento: Memento) -> Callable[[Any], None]:
    return says(200, "<html><h1>The Wayback Machine has not archived that URL.</h1></html>")


def runtime_error(past: Past, memento: Memento) -> Callable[[Any], None]:
    return says(200, "<html>sorry</html>", X_Archive_Wayback_Runtime_Error="ResourceNotAvailable: x")


LIES = {
    half: "its digest is not the index's: half of the page, or another one",
    another_page: "its digest is not the index's: half of the page, or another one",
    rewritten: "the replayer rewrote the page: its links lead through the archive",
    empty: "its digest is not the index's: half of the page, or another one",
    error_page: "nothing in the answer says that it is a capture: a page of the replayer's own",
    runtime_error: "the replay failed (ResourceNotAvailable: x)",
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_what_is_not_the_capture_is_refused_and_asked_for_again(past: Past, lie: Any) -> None:
    memento = past.server.hold(past.site, DETAIL, JULY)
    past.lie(lie(past, memento))
    done = past.fetch()
    assert done.exit_code == 3
    assert done.stderr == f"not fetched: {JULY} {HOST}{DETAIL}: {LIES[lie]}\n"
    assert (past.count(), past.count("articles")) == (0, 0)
    past.server.faults["/web/"].clear()
    past.server.rewrites = False
    assert past.fetch().exit_code == 0
    assert rows(past.archive, ARTICLES) == [(4102, past.site.articles[4102].title, HOST + DETAIL)]
    assert past.count("wayback_misses") == 0


def test_a_lie_that_passes_is_asked_for_again_at_once(past: Past) -> None:
    past.lie(half(past, past.server.hold(past.site, DETAIL, JULY)), times=1)
    assert past.fetch().exit_code == 0
    assert past.count("articles") == 1


@pytest.mark.parametrize("lie", [half, error_page, rewritten, empty], ids=lambda lie: lie.__name__)
def test_without_a_digest_the_replay_must_vouch_for_it(past: Past, lie: Any) -> None:
    """And nothing may speak against it: a length that was declared, links that were rewritten."""
    memento = past.server.hold(past.site, DETAIL, JULY, digest="-")
    memento.headers = {**memento.headers, "Content-Length": str(len(memento.body))}
    past.lie(lie(past, memento))
    assert past.fetch().exit_code == 3
    assert past.count() == 0
    past.server.faults["/web/"].clear()
    past.server.rewrites = False
    done = past.fetch()
    assert (done.exit_code, past.count("articles")) == (0, 1)
    assert "1 of them taken on the replay's word: no digest could be compared" in done.stdout


def test_neither_digest_nor_headers(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY, digest="-")
    past.server.marks = False
    done = past.fetch()
    assert (done.exit_code, past.count()) == (3, 0)
    assert "a page of the replayer's own, and the index has no digest" in done.stderr


def test_without_a_digest_two_answers_must_agree(past: Past) -> None:
    memento = past.server.hold(past.site, DETAIL, JULY, digest="-")
    past.server.faults["/web/"] = [half(past, memento), lambda handler: handler.send_memento(memento)] * 2
    done = past.fetch()
    assert (done.exit_code, past.count()) == (3, 0)
    assert "asked twice, it gave two answers, and no digest tells which is right" in done.stderr
    assert past.fetch().exit_code == 0
    assert past.count("articles") == 1


def test_two_captures_in_one_second(past: Past) -> None:
    """One of them can be had; whichever it is, the index knows its digest."""
    past.server.hold(past.site, DETAIL, JULY)
    past.site.bump(4102, 7)
    past.server.hold(past.site, DETAIL, JULY)
    past.server.mementos.append(past.server.mementos.pop(0))
    assert past.fetch().exit_code == 0
    assert past.count() == 1


def test_what_a_server_says_reaches_no_terminal_as_it_is(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY)
    bad = "\x1b]0;x\x07\x1b[2J"
    past.lie(says(302, Location=f"http://x/{bad}"), times=1)
    past.server.faults["/web/"].append(says(403, X_Archive_Wayback_Runtime_Error=bad))
    said = [past.fetch("--retry").stderr for _ in range(2)]
    past.server.faults["/cdx/"] = [says(418, f"{bad} no coffee"), says(200, f"{bad}{bad}")]
    said += [past.fetch().stderr for _ in range(2)]
    assert all(line.rstrip("\n").isprintable() and line for line in said), said


def test_a_digest_needs_no_headers(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY)
    past.server.marks = False
    assert past.fetch().exit_code == 0
    assert past.count("articles") == 1


def test_an_empty_capture_is_left_out_and_told(past: Past) -> None:
    past.server.mementos.append(Memento(JULY, HOST + DETAIL, b""))
    for _ in range(2):
        done = past.fetch()
        assert (done.exit_code, past.server.replays()) == (0, [])
        assert f"left out: 1 with an empty page, such as {JULY} {HOST}{DETAIL}" in done.stdout


def test_half_a_page_of_an_earlier_version_is_taken_back(past: Past) -> None:
    """Archived as whole when no digest was looked at: asked for again, and its claims withdrawn."""
    article = past.site.articles[4102]
    past.site.edit(4102, blocks=article.blocks[:1], views=3)
    half_page = past.site.get(DETAIL).body
    past.site.edit(4102, blocks=article.blocks, views=407)
    memento = past.server.hold(past.site, DETAIL, JULY)
    record = StoredResponse(
        HOST + DETAIL,
        "response",
        "2019-07-01T08:00:00+00:00",
        200,
        "OK",
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        payload=half_page,
        body=half_page,
        content_type="text/html; charset=utf-8",
        payload_digest=payload_digest(half_page),
    )
    with open_session(past.archive, "wayback") as session:
        archive_record(session, record, time_source="cdx", origin="wayback")
    past.lie(says(404), times=1)
    assert past.fetch().exit_code == 3
    assert rows(past.archive, "SELECT views FROM articles") == [(3,)]
    done = past.fetch("--retry")
    assert done.exit_code == 0
    assert "of those here, not what the index names and asked for again: 1" in done.stdout
    assert rows(past.archive, "SELECT views FROM view_counts") == [(407,)]
    assert one(past.archive, "SELECT count(*) FROM article_versions") == 1
    assert article.blocks[-1] in one(past.archive, "SELECT body FROM articles")
    (problem,) = json.loads(one(past.archive, "SELECT problems FROM captures WHERE kind = 'other'"))
    assert problem == (
        f"not the capture of this time: its digest is not {payload_digest(memento.body)}; kept, not read"
    )
    for command in ("verify", "reparse"):
        assert CliRunner().invoke(main, [command, "--archive", str(past.archive)]).exit_code == 0
    assert rows(past.archive, "SELECT views FROM view_counts") == [(407,)]
    again = json.loads(past.fetch("--json").stdout)
    assert (again["known"], again["doubted"], again["wanted"]) == (1, 0, 0)


# --- content codings --------------------------------------------------------------------------


def gzipped(past: Past, **more: str) -> Memento:
    body = gzip.compress(past.site.get(DETAIL).body, mtime=0)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", **more}
    memento = Memento(JULY, HOST + DETAIL, body, headers=headers)
    past.server.mementos.append(memento)
    return memento


@pytest.mark.parametrize("digest", [None, "-"])
def test_gzip_known_only_from_the_headers_of_then(past: Past, digest: str | None) -> None:
    gzipped(past).digest = digest
    assert past.fetch().exit_code == 0
    assert rows(past.archive, ARTICLES) == [(4102, past.site.articles[4102].title, HOST + DETAIL)]
    assert CliRunner().invoke(main, ["verify", "--archive", str(past.archive)]).exit_code == 0


def test_gzip_known_from_nowhere(past: Past) -> None:
    gzipped(past)
    past.server.marks = False
    assert past.fetch().exit_code == 0
    assert past.count("articles") == 1


def test_a_coding_that_the_replay_took_off_is_proven_by_putting_it_on_again(past: Past) -> None:
    memento = gzipped(past)
    past.server.undoes_coding = True
    done = past.fetch("--json")
    assert (done.exit_code, json.loads(done.stdout)["unproven"]) == (0, 0)
    assert one(past.archive, "SELECT payload_digest FROM captures") == f"sha1:{memento.row[5]}"


@pytest.mark.parametrize(("size", "code", "articles"), [(None, 0, 1), (2000, 3, 0)])
def test_a_coding_that_can_not_be_put_on_again(
    past: Past, size: int | None, code: int, articles: int
) -> None:
    """A whole page is taken on the replay's word; half a one isn't."""
    memento = gzipped(past)
    memento.digest = "B" * 32
    plain = gzip.decompress(memento.body)[:size]
    past.lie(lambda handler: handler.send_memento(memento, body=plain))
    assert past.fetch().exit_code == code
    assert past.count("articles") == articles


# --- another capture than the one asked for -----------------------------------------------------


def test_a_neighbour_is_filed_as_itself(past: Past) -> None:
    """Served without a redirect, as pywb does; and never as the capture that was asked for."""
    asked = past.server.hold(past.site, DETAIL, AUGUST)
    past.site.edit(4102, views=9)
    neighbour = past.server.hold(past.site, DETAIL, JULY)
    past.server.mementos.remove(neighbour)
    past.lie(lambda handler: handler.send_memento(neighbour))
    done = past.fetch()
    assert done.exit_code == 0
    filed = [(HOST + DETAIL, "2019-07-01T08:00:00+00:00")]
    assert rows(past.archive, "SELECT url, captured_at FROM captures") == filed
    assert rows(past.archive, MISSES) == [("elsewhere", 1, 1)]
    asked_so_far = len(past.server.replays())
    assert past.fetch().exit_code == 0
    assert len(past.server.replays()) == asked_so_far
    past.server.faults["/web/"].clear()
    assert past.fetch("--retry").exit_code == 0
    assert past.count() == 2
    assert asked in past.server.mementos


def test_another_address_is_filed_as_itself(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY, digest="-")
    other = Memento(JULY, HOST + OTHER, past.site.get(OTHER).body)
    past.lie(lambda handler: handler.send_memento(other))
    assert past.fetch().exit_code == 0
    assert rows(past.archive, "SELECT url FROM captures") == [(HOST + OTHER,)]
    assert rows(past.archive, ARTICLES) == [(4117, past.site.articles[4117].title, HOST + OTHER)]


def test_an_article_in_the_place_of_another(past: Past) -> None:
    """The site itself, or its cache, served another article then: what is known is not overwritten."""
    past.server.hold(past.site, DETAIL, JULY)
    past.server.mementos.append(Memento(AUGUST, HOST + DETAIL, past.site.get(OTHER).body))
    done = past.fetch()
    assert done.exit_code == 3
    said = "shows another article than number 4102 (time and title differ)"
    assert done.stderr == f"not fetched: {AUGUST} {HOST}{DETAIL}: {said}\n"
    assert rows(past.archive, ARTICLES) == [(4102, past.site.articles[4102].title, HOST + DETAIL)]
    assert past.fetch().exit_code == 0


def test_a_capture_of_2099(past: Past) -> None:
    past.server.hold(past.site, DETAIL, "20990101000000")
    done = past.fetch()
    assert (done.exit_code, past.server.replays()) == (0, [])
    assert (
        f"left out: 1 with a time that is yet to come, such as 20990101000000 {HOST}{DETAIL}" in done.stdout
    )
    past.server.mementos[0].timestamp = JULY
    future = Memento("20990101000000", HOST + DETAIL, past.server.mementos[0].body)
    past.lie(lambda handler: handler.send_memento(future))
    done = past.fetch()
    assert (done.exit_code, past.count()) == (3, 0)
    assert "the replayer dates it 2099-01-01T00:00:00+00:00, which is yet to come" in done.stderr


def test_dated_before_what_it_shows(past: Past) -> None:
    past.server.hold(past.site, LISTING, "20180101000000")
    done = past.fetch()
    assert (done.exit_code, past.count(), past.count("articles")) == (3, 0, 0)
    assert "dated before what it shows was published" in done.stderr
    assert past.fetch().exit_code == 0


def test_one_odd_date_on_a_page_says_nothing_of_its_time(past: Past) -> None:
    past.site.edit(4102, published="2031-01-01 00:00:00")
    past.server.hold(past.site, LISTING, JULY)
    past.fetch()
    assert past.count("articles") > 1


# --- what can't be had ---------------------------------------------------------------------------


def test_what_can_never_be_had_is_tried_seldom(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY)
    past.lie(says(404))
    assert past.fetch().exit_code == 3
    for _ in range(3):
        done = past.fetch()
        assert done.exit_code == 0
        assert f"not to be had: {JULY} {HOST}{DETAIL}: 404 Not Found (tried once; again after " in done.stdout
    assert len(past.server.replays()) == 1
    done = past.fetch("--retry")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"still not to be had: {JULY} {HOST}{DETAIL}: 404 Not Found" in done.stdout
    assert rows(past.archive, MISSES) == [("refused", 2, 1)]


def test_doubt_is_cleared_up_in_the_next_run_or_left_for_days(past: Past) -> None:
    past.lie(half(past, past.server.hold(past.site, DETAIL, JULY)))
    codes = [past.fetch().exit_code for _ in range(4)]
    assert codes == [3, 3, 0, 0]
    assert len(past.server.replays()) == 4  # twice in a run
    assert rows(past.archive, MISSES) == [("doubtful", 2, 1)]
    report = json.loads(past.fetch("--dry-run", "--json").stdout)
    assert (report["wanted"], len(report["waiting"])) == (0, 1)


def test_a_repetition_stands_in_for_what_can_not_be_had(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY)
    past.server.hold(past.site, DETAIL, AUGUST)
    past.lie(says(404), times=1)
    assert past.fetch().exit_code == 3
    assert past.fetch().exit_code == 0
    assert rows(past.archive, "SELECT captured_at FROM captures") == [("2019-08-01T08:00:00+00:00",)]


def test_an_outage_says_nothing_of_single_captures(past: Past) -> None:
    for number in (4102, 4117, 4303, 4421, 4433, 4447, 4459):
        past.server.hold(past.site, f"/news/view/{number}.html", JULY)
    past.lie(says(503))
    done = past.fetch()
    assert done.exit_code == 3
    assert "gave up: the archive does not answer any more" in done.stderr
    assert past.count("wayback_misses") == 0


def test_asked_to_come_back_later_it_asks_for_nothing_more(past: Past) -> None:
    for number in (4102, 4117, 4303):
        past.server.hold(past.site, f"/news/view/{number}.html", JULY)
    past.lie(says(429, Retry_After="3600"))
    done = past.fetch()
    assert (done.exit_code, len(past.server.replays())) == (3, 1)
    assert "2 captures are left" in done.stdout


def test_what_turns_out_to_be_no_page_is_asked_for_once(past: Past) -> None:
    picture = Memento(
        JULY, f"{HOST}/news/x", b"GIF89a", mimetype="unk", headers={"Content-Type": "image/gif"}
    )
    past.server.mementos.append(picture)
    for _ in range(2):
        assert past.fetch().exit_code == 0
    assert len(past.server.replays()) == 1


def test_a_page_that_says_there_is_no_such_page(past: Past) -> None:
    body = "<html><title>提示信息</title><p>对不起，您访问的文章不存在或已被删除！</p></html>".encode()
    past.server.mementos.append(Memento(JULY, HOST + DETAIL, body))
    done = past.fetch()
    assert (done.exit_code, done.stderr) == (0, "")
    assert rows(past.archive, "SELECT kind, problems FROM captures") == [("other", "[]")]


def test_a_database_that_another_program_holds(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a run: come back later; and the next run goes on."""
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.2)
    first, second = (past.server.hold(past.site, path, JULY) for path in (DETAIL, OTHER))
    other: list[sqlite3.Connection] = []

    def hold(handler: Any) -> None:
        connection = sqlite3.connect(past.archive, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN IMMEDIATE")
        other.append(connection)
        handler.send_memento(second)

    past.server.faults["/web/"] = [lambda handler: handler.send_memento(first), hold]
    done = past.fetch()
    assert (done.exit_code, len(done.stderr.splitlines())) == (75, 1)
    for connection in other:
        connection.rollback()
        connection.close()
    assert past.fetch().exit_code == 0
    assert past.count() == 2


# --- the index -------------------------------------------------------------------------------------


DIALECTS = [
    internet_archive.objects_by_line,
    internet_archive.list_of_objects,
    internet_archive.no_header,
    internet_archive.plain_lines,
    internet_archive.cdx_file,
    internet_archive.cdxj_file,
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.__name__)
def test_every_dialect(past: Past, dialect: Any) -> None:
    past.server.dialect = dialect
    past.server.hold(past.site, DETAIL, JULY)
    past.server.hold(past.site, LISTING, AUGUST)
    assert past.fetch().exit_code == 0
    assert past.count() == 2


@pytest.mark.parametrize("dialect", [json.dumps, *DIALECTS[:4]], ids=lambda dialect: dialect.__name__)
def test_pages_of_an_index(past: Past, dialect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PAGE_ROWS", 2)
    past.server.dialect = dialect
    past.server.paged = 2
    for number in (4102, 4117, 4303, 4421, 4433):
        past.server.hold(past.site, f"/news/view/{number}.html", JULY)
    assert past.fetch().exit_code == 0
    assert past.count() == 5


def table(*rows: list[str], key: str | None = None) -> str:
    return json.dumps([internet_archive.HEADER, *rows, *([[], [key]] if key else [])])


ROW = ["k", JULY, HOST + DETAIL, "text/html", "200", "A" * 32, "1"]


@pytest.mark.parametrize(
    ("answers", "most"),
    [
        ((table(ROW, key=key) for key in itertools.cycle("ab")), 3),
        ((table(ROW, key=str(n)) for n in itertools.count()), 4),
        ((table(key=str(n)) for n in itertools.count()), 3),
        ((table([*ROW[:2], f"{HOST}/{n}", *ROW[3:]], key=str(n)) for n in itertools.count()), 21),
    ],
    ids=["keys in circles", "no news", "no rows", "for ever"],
)
def test_keys_that_lead_nowhere(
    past: Past, answers: Iterator[str], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MOST_PARTS", 20)
    past.server.faults["/cdx/"] = [lambda handler: says(200, next(answers))(handler)] * 1000
    done = past.fetch()
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert done.stderr.startswith(f"Error: {past.server.index} ")
    assert len(past.server.paths("/cdx/")) == most


def test_rows_left_out_are_counted_and_told(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY)
    odd = [
        ["k", "201906", HOST + DETAIL, *ROW[3:]],
        ["k", "20190230000000", HOST + DETAIL, *ROW[3:]],
        ["k", "00000101000000", HOST + DETAIL, *ROW[3:]],
        ["k", JULY, "www.178hui.com/news/1.html", *ROW[3:]],
        ["k", JULY, "http://casino.example/news/1.html", *ROW[3:]],
        ["k", "20990101000000", HOST + DETAIL, *ROW[3:]],
    ]
    past.server.faults["/cdx/"] = [says(200, table(past.server.mementos[0].row, *odd))] * 3
    done = past.fetch()
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("left out: ")] == [
        f"left out: 1 with an address of another host, such as {JULY} http://casino.example/news/1.html",
        f"left out: 1 with a time that is yet to come, such as 20990101000000 {HOST}{DETAIL}",
        f"left out: 3 with a timestamp that is no moment, such as 201906 {HOST}{DETAIL}",
        "left out: 1 with an address that is no http:// or https:// address, "
        f"such as {JULY} www.178hui.com/news/1.html",
    ]
    assert (past.count(), len(past.server.replays())) == (1, 1)
    report = json.loads(past.fetch("--json").stdout)
    assert sum(report["left_out"].values()) == 6
    assert (
        json.loads(one(past.archive, "SELECT stats FROM runs ORDER BY id LIMIT 1"))["left_out"]
        == (report["left_out"])
    )


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (says(200, "<html>Sign in</html>"), 1, ": this is no index's answer: '<html>Sign in</html>'"),
        (says(200, ""), 1, ": this is no index's answer: an empty page"),
        (says(200, '{"error": "no such collection"}'), 1, ": no such collection"),
        (says(200, '{\n  "message": "Internal error"\n}'), 1, ": Internal error"),
        (says(404, "<html>nothing</html>"), 1, " answers 404 Not Found"),
        (says(401, "who are you?"), 1, " answers 401 Unauthorized: who are you?"),
        (says(301, Location="/cdx/search/cdx/"), 1, " answers 301 Moved Permanently and leads to "),
        (says(503), 75, " can't be reached: 503 Service Unavailable; try again later"),
        (says(500), 75, " can't be reached: 500 Internal Server Error; try again later"),
    ],
)
def test_what_is_no_index(past: Past, answer: Any, code: int, said: str) -> None:
    past.server.faults["/cdx/"] = [answer] * 20
    done = past.fetch()
    assert done.exit_code == code
    assert done.stderr.startswith(f"Error: {past.server.index}{said}")
    assert len(done.stderr.splitlines()) == 1


def test_an_index_that_knows_nothing(past: Past) -> None:
    for answer in ("[]", "", "\n"):
        past.server.faults["/cdx/"] = [
            lambda handler, answer=answer: handler.send(
                200, {"Content-Type": "text/x-ndjson"}, answer.encode()
            )
        ]
        done = past.fetch()
        assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "the index knows no captures there")


# --- credentials -------------------------------------------------------------------------------------


def test_credentials_are_given_to_the_archive_and_shown_to_nobody(past: Past) -> None:
    past.server.hold(past.site, DETAIL, JULY)
    past.server.needs = "Basic bWU6c2VjcmV0"
    quick = ("--rate", "60000", "--delay", "0", "--archive", str(past.archive))
    private = past.server.index.replace("http://", "http://me:secret@")
    done = CliRunner().invoke(main, ["wayback", f"{HOST}/news/", "--cdx", private, *quick])
    assert (done.exit_code, past.count()) == (0, 1)
    stored = rows(past.archive, "SELECT command, stats FROM runs") + rows(
        past.archive, "SELECT url FROM captures"
    )
    wrong = past.server.index.replace("http://", "http://me:wrong@")
    failed = CliRunner().invoke(main, ["wayback", f"{HOST}/news/", "--cdx", wrong, *quick])
    assert failed.exit_code == 1
    assert failed.stderr == f"Error: {past.server.index} answers 401 Unauthorized: who are you?\n"
    assert "secret" not in done.output + str(stored)
