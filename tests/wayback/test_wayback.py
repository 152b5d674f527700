"""From an index to the archive, against a server that speaks the Internet Archive's dialect."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.crawling import run_installed
from support.import_files import one, rows, warc_bytes
from support.internet_archive import HOST, InternetArchive, Memento, cut_off, internet_archive, leads_to, says

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.cli import main
from yiqihui_spider.imports.ingest import archive_record
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import open_session
from yiqihui_spider.warc.reader import read_record, verify_record
from yiqihui_spider.warc.records import StoredResponse, payload_digest
from yiqihui_spider.wayback import client, index
from yiqihui_spider.wayback.index import IndexRefuses, IndexUnreachable
from yiqihui_spider.wayback.plan import Plan
from yiqihui_spider.wayback.query import CdxQuery
from yiqihui_spider.wayback.run import RateLimits, counts, dry_run, run
from yiqihui_spider.wayback.tally import Tally

QUICK = RateLimits(index_rate=60_000, delay=0)
PREFIX = f"{HOST}/news/"
LISTING = "/news/list.php?cat=3&page=1"
DETAIL = "/news/view/4102.html"
JULY, AUGUST, SEPTEMBER = "20190701080000", "20190801080000", "20190901080000"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    monkeypatch.setattr(client, "SLOW_DOWN", 0.02)


@pytest.fixture
def server() -> Iterator[InternetArchive]:
    with internet_archive() as server:
        yield server


@pytest.fixture
def site() -> SampleSite:
    return SampleSite()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "yiqihui.db"


def get(archive: Path, server: InternetArchive, prefix: str = PREFIX, **options: Any) -> tuple[Plan, Tally]:
    return run(archive, CdxQuery(server.index, prefix), f"{server.url}/web", QUICK, **options)


CAPTURES = "SELECT url, captured_at, kind, origin, time_source, http_status FROM captures ORDER BY id"


# --- what comes in ------------------------------------------------------------------------


def test_captures_enter_under_their_own_time(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    server.hold(site, DETAIL, JULY)
    server.hold(site, LISTING, AUGUST, host="http://www.178hui.com:80")
    found, tally = get(archive, server)
    assert tally.decide() == (0, "fetched")
    assert counts(found) == {
        "captures": 2,
        "no_pages": 0,
        "known": 0,
        "doubted": 0,
        "identical": 0,
        "wanted": 2,
        "waiting": [],
        "left_out": {},
    }
    assert rows(archive, CAPTURES) == [
        (HOST + DETAIL, "2019-07-01T08:00:00+00:00", "article", "wayback", "cdx", 200),
        (HOST + LISTING, "2019-08-01T08:00:00+00:00", "listing", "wayback", "cdx", 200),
    ]
    assert one(archive, "SELECT command, outcome, exit_code, finished_at > '' FROM runs") == (
        f"wayback {PREFIX}",
        "fetched",
        0,
        1,
    )
    stats = json.loads(one(archive, "SELECT stats FROM runs"))
    assert (stats["index"], stats["replay"]) == (server.index, f"{server.url}/web")
    assert (stats["pages"], stats["articles"], stats["failures"]) == (2, 9, [])


def test_records_are_whole_and_hold_what_the_server_sent(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    held = server.hold(site, DETAIL, JULY)
    get(archive, server)
    file, offset, digest = one(archive, "SELECT warc_file, warc_offset, payload_digest FROM captures")
    folder = archive.parent / "warc"
    assert verify_record(folder, file, offset, digest) is None
    record = read_record(folder, file, offset)
    assert record.payload == held.body
    assert (record.captured_at, record.origin, record.time_source) == (
        "2019-07-01T08:00:00+00:00",
        "wayback",
        "cdx",
    )
    assert dict(record.headers)["Content-Type"] == "text/html; charset=utf-8"


def test_old_captures_take_their_place_in_the_series(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    """Today's page first, then the past, out of order: series and versions follow capture time."""
    blocks = site.articles[4102].blocks
    for timestamp, views, text in (
        (JULY, 100, blocks),
        (AUGUST, 150, (*blocks, "当时多写的一段。")),
        (SEPTEMBER, 900, blocks),
    ):
        site.edit(4102, views=views, blocks=text)
        server.hold(site, DETAIL, timestamp)
    first, second, third = server.mementos
    for mementos in ([third], [first], [first, second, third]):
        server.mementos = mementos
        get(archive, server)
    assert rows(archive, "SELECT observed_at, views FROM view_counts ORDER BY observed_at") == [
        ("2019-07-01T08:00:00+00:00", 100),
        ("2019-08-01T08:00:00+00:00", 150),
        ("2019-09-01T08:00:00+00:00", 900),
    ]
    versions = rows(
        archive,
        "SELECT version, seen_at, body LIKE '%当时多写的一段%' FROM article_versions ORDER BY version",
    )
    assert versions == [
        (1, "2019-07-01T08:00:00+00:00", 0),
        (2, "2019-08-01T08:00:00+00:00", 1),
        (3, "2019-09-01T08:00:00+00:00", 0),
    ]
    assert one(archive, "SELECT views, views_at, first_seen_at, last_seen_at FROM articles") == (
        900,
        "2019-09-01T08:00:00+00:00",
        "2019-07-01T08:00:00+00:00",
        "2019-09-01T08:00:00+00:00",
    )


def test_today_stays_today(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    """What was crawled live keeps the article's present; the past only adds to it."""
    site.edit(4102, views=5000)
    now = site.get(DETAIL)
    record = StoredResponse(
        url=HOST + DETAIL,
        record_type="response",
        captured_at="2026-11-22T06:00:00+00:00",
        status=200,
        headers=tuple(now.headers.items()),
        payload=now.body,
        body=now.body,
        content_type="text/html; charset=utf-8",
        payload_digest=payload_digest(now.body),
    )
    with open_session(archive, "crawl") as session:
        archive_record(session, record, origin="live", time_source="clock")
    site.edit(4102, views=12)
    server.hold(site, DETAIL, JULY)
    get(archive, server)
    assert one(archive, "SELECT views, views_at, first_seen_at FROM articles") == (
        5000,
        "2026-11-22T06:00:00+00:00",
        "2019-07-01T08:00:00+00:00",
    )
    assert rows(archive, "SELECT origin, captured_at FROM captures ORDER BY captured_at") == [
        ("wayback", "2019-07-01T08:00:00+00:00"),
        ("live", "2026-11-22T06:00:00+00:00"),
    ]


def test_only_pages_are_fetched(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    server.hold(site, DETAIL, JULY)
    server.mementos += [
        Memento(JULY, f"{HOST}/news/pic.gif", b"GIF89a", mimetype="image/gif"),
        Memento(JULY, f"{HOST}/news/old.html", b"", status="301"),
        Memento(JULY, f"{HOST}/zdm/view-1.html", b"<html></html>"),
    ]
    found, _ = get(archive, server)
    assert (found.rows, found.others) == (3, 2)
    assert server.replays() == [f"{JULY} {DETAIL}"]


def test_a_page_that_is_none_of_ours_is_kept_and_not_asked_for_again(
    archive: Path, server: InternetArchive
) -> None:
    server.mementos.append(Memento(JULY, f"{HOST}/news/about.html", "<html><p>关于我们</p></html>".encode()))
    for _ in range(2):
        get(archive, server)
    assert len(server.replays()) == 1
    assert one(archive, "SELECT kind FROM captures") == "other"


# --- what does not come in again ------------------------------------------------------------


def test_a_second_run_changes_nothing(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    server.hold(site, DETAIL, JULY)
    server.hold(site, LISTING, AUGUST)
    get(archive, server)
    before = warc_bytes(archive)
    found, tally = get(archive, server)
    assert (found.known, tally.decide()) == (2, (0, "nothing new"))
    assert warc_bytes(archive) == before
    assert len(server.replays()) == 2


def test_identical_digests_are_skipped(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    for timestamp in (JULY, AUGUST, SEPTEMBER):
        server.hold(site, DETAIL, timestamp)
    found, _ = get(archive, server)
    assert (found.identical, server.replays()) == (2, [f"{JULY} {DETAIL}"])
    assert one(archive, "SELECT count(*) FROM captures") == 1


def test_a_page_that_went_back_is_noted_without_a_request(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    body = site.articles[4102].blocks
    server.hold(site, DETAIL, JULY)
    site.edit(4102, blocks=(*body, "当时多写的一段。"))
    server.hold(site, DETAIL, AUGUST)
    site.edit(4102, blocks=body)
    server.hold(site, DETAIL, SEPTEMBER)
    _, tally = get(archive, server)
    assert (tally.pages, tally.noted) == (3, 1)
    assert server.replays() == [f"{JULY} {DETAIL}", f"{AUGUST} {DETAIL}"]
    assert rows(archive, "SELECT version, seen_at FROM article_versions ORDER BY version") == [
        (1, "2019-07-01T08:00:00+00:00"),
        (2, "2019-08-01T08:00:00+00:00"),
        (3, "2019-09-01T08:00:00+00:00"),
    ]
    file, offset, digest, first = one(
        archive,
        "SELECT warc_file, warc_offset, payload_digest,"
        " (SELECT payload_digest FROM captures ORDER BY id LIMIT 1) FROM captures ORDER BY id DESC LIMIT 1",
    )
    assert digest == first
    assert read_record(archive.parent / "warc", file, offset).record_type == "revisit"
    checked = run_installed("verify", "--archive", str(archive), "--json")
    assert checked.code == 0, checked.out
    reread = run_installed("reparse", "--archive", str(archive), "--diff", "--json")
    assert reread.code == 0, reread.err
    assert get(archive, server)[0].known == 3


def test_a_revisit_without_its_original_is_fetched(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    server.hold(site, DETAIL, JULY)
    server.mementos[-1] = replace(server.mementos[-1], mimetype="warc/revisit", status="-")
    _, tally = get(archive, server)
    assert (tally.pages, tally.failures) == (1, [])


def test_fetches_what_was_left(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    pages = ["/news/view/4102.html", "/news/view/4117.html", "/news/view/4303.html"]
    for number, path in enumerate(pages):
        server.hold(site, path, f"2019070{number + 1}000000")
    left = [get(archive, server, limit=1)[1].left for _ in range(3)]
    assert left == [2, 1, 0]
    assert [path for _, path in (line.split(" ") for line in server.replays())] == pages


def test_interrupted_and_continued(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    for number in (4102, 4117, 4303):
        server.hold(site, f"/news/view/{number}.html", f"2019070{number % 7 + 1}000000")

    def interrupt() -> None:
        raise KeyboardInterrupt

    _, tally = get(archive, server, progress=lambda plan: interrupt)
    assert (tally.decide(), tally.left) == ((3, "interrupted"), 2)
    found, tally = get(archive, server)
    assert (found.known, tally.pages, tally.decide()[0]) == (1, 2, 0)
    assert len(server.replays()) == 3


def test_dry_run_writes_nothing(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    server.hold(site, DETAIL, JULY)
    question = CdxQuery(server.index, PREFIX)
    assert len(dry_run(archive, question, f"{server.url}/web", QUICK).tasks) == 1
    assert not archive.exists()
    get(archive, server)
    server.hold(site, LISTING, AUGUST)
    assert [task.row.url for task in dry_run(archive, question, f"{server.url}/web", QUICK).tasks] == [
        HOST + LISTING
    ]
    assert server.replays() == [f"{JULY} {DETAIL}"]


# --- the index ------------------------------------------------------------------------------


def test_resumes_with_the_key_until_all_is_read(
    archive: Path, server: InternetArchive, site: SampleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PAGE_ROWS", 2)
    for number in (4102, 4117, 4303, 4421, 4433):
        server.hold(site, f"/news/view/{number}.html", JULY)
    found, _ = get(archive, server)
    assert found.rows == 5
    asked = server.paths("/cdx/")
    assert len(asked) == 3
    assert "resumeKey" not in asked[0]
    assert "resumeKey=com%2C178hui%29%2Fnews%2Fview%2F4117.html+20190701080000" in asked[1]


def test_an_index_without_keys_is_asked_for_everything(
    archive: Path, server: InternetArchive, site: SampleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PAGE_ROWS", 2)
    server.resumes = False
    for number in (4102, 4117, 4303):
        server.hold(site, f"/news/view/{number}.html", JULY)
    found, _ = get(archive, server)
    assert found.rows == 3
    assert [path.partition("limit=")[2] for path in server.paths("/cdx/")] == [
        "2&showResumeKey=true",
        "2&showNumPages=true",
        "10000000&showResumeKey=true",
    ]


def test_a_key_that_leads_nowhere_is_an_error(archive: Path, server: InternetArchive) -> None:
    table = json.dumps([["timestamp", "original"], [JULY, HOST + DETAIL], [], ["again"]])
    server.faults["/cdx/"] = [says(200, table)] * 2
    with pytest.raises(IndexRefuses, match="gives the same part of its answer again and again"):
        get(archive, server)


def test_the_span_of_time_is_asked_for(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    for timestamp, views in ((JULY, 1), (AUGUST, 2), (SEPTEMBER, 3)):
        site.edit(4102, views=views)
        server.hold(site, DETAIL, timestamp)
    run(archive, CdxQuery(server.index, PREFIX, "20190715", "20190815"), f"{server.url}/web", QUICK)
    assert server.replays() == [f"{AUGUST} {DETAIL}"]


def test_index_requests_keep_their_rate(
    archive: Path, server: InternetArchive, site: SampleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PAGE_ROWS", 1)
    for number in (4102, 4117, 4303):
        server.hold(site, f"/news/view/{number}.html", JULY)
    run(archive, CdxQuery(server.index, PREFIX), f"{server.url}/web", RateLimits(index_rate=200, delay=0.2))
    times = [at for at, _ in server.asked]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert [path.startswith("/cdx/") for _, path in server.asked] == [True, True, True, False, False, False]
    assert min(gaps[:2]) >= 0.25  # as they arrive: a busy machine may be late for the first
    assert min(gaps[3:]) >= 0.15


def test_429_from_the_index_is_waited_out(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    server.hold(site, DETAIL, JULY)
    server.faults["/cdx/"] = [says(429, "slow down", Retry_After="1")]
    _, tally = get(archive, server)
    assert tally.pages == 1
    assert server.asked[1][0] - server.asked[0][0] >= 1.0


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([says(403, "Blocked Site Error")], "answers 403 Forbidden: Blocked Site Error"),
        ([says(404, "<html>no such place</html>")], "answers 404 Not Found"),
        ([says(302, Location="/login")], "answers 302 Found"),
        ([says(200, "<html>Sign in</html>")], "this is no index's answer: '<html>Sign in</html>'"),
        ([says(200, '[["timestamp"')] * 3, "the answer is cut off or is not JSON"),
    ],
)
def test_an_index_that_refuses(
    archive: Path, server: InternetArchive, answers: list[Any], words: str
) -> None:
    server.faults["/cdx/"] = list(answers)
    with pytest.raises(IndexRefuses) as caught:
        get(archive, server)
    assert words in str(caught.value)
    assert str(caught.value).startswith(server.index)
    assert len(server.asked) == len(answers)
    assert one(archive, "SELECT outcome, exit_code FROM runs") == ("failed", 1)


def test_half_an_answer_is_asked_for_again(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    server.hold(site, DETAIL, JULY)
    server.faults["/cdx/"] = [says(200, '[["timestamp"')] * 2
    assert get(archive, server)[1].pages == 1


def test_an_index_out_of_reach(archive: Path, server: InternetArchive) -> None:
    server.faults["/cdx/"] = [says(503)] * 3
    with pytest.raises(
        IndexUnreachable, match=r"can't be reached: 503 Service Unavailable; try again later$"
    ):
        get(archive, server)
    assert one(archive, "SELECT outcome, exit_code FROM runs") == ("index unreachable", 75)


# --- the replay -----------------------------------------------------------------------------


def test_truncated_replay_is_tried_again_and_never_archived(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    held = server.hold(site, DETAIL, JULY)
    server.faults["/web/"] = [cut_off(held)] * 3
    _, tally = get(archive, server)
    assert tally.decide() == (3, "captures missing")
    size = len(held.body) - 100
    assert tally.failures == [f"{JULY} {HOST}{DETAIL}: the answer was cut off after {size} bytes"]
    assert one(archive, "SELECT count(*) FROM captures") == 0
    _, tally = get(archive, server)
    assert (tally.pages, tally.decide()[0]) == (1, 0)
    assert read_record(
        archive.parent / "warc", *one(archive, "SELECT warc_file, warc_offset FROM captures")
    ).payload == (held.body)


def test_coding_that_the_server_puts_on_is_taken_off(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    held = server.hold(site, DETAIL, JULY)
    server.stays_gzip = True
    get(archive, server)
    record = read_record(
        archive.parent / "warc", *one(archive, "SELECT warc_file, warc_offset FROM captures")
    )
    assert record.payload == held.body


def test_coding_of_then_is_kept(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    site.compress = True
    answer = site.get(DETAIL, {"Accept-Encoding": "gzip"})
    server.mementos.append(Memento(JULY, HOST + DETAIL, answer.body, headers=dict(answer.headers)))
    server.faults["/web/"] = [lambda one: one.send(200, {**answer.headers}, answer.body)]
    get(archive, server)
    record = read_record(
        archive.parent / "warc", *one(archive, "SELECT warc_file, warc_offset FROM captures")
    )
    assert record.payload == answer.body
    assert one(archive, "SELECT kind FROM captures") == "article"


def test_a_redirect_to_the_nearest_capture_is_filed_as_that(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    secure = "https://www.178hui.com"
    server.hold(site, DETAIL, JULY, host=secure)
    server.hold(site, DETAIL, AUGUST, digest="A" * 32)
    server.faults["/web/"] = [leads_to(JULY, secure + DETAIL)]
    base = f"{server.url}/web"
    _, tally = run(archive, CdxQuery(server.index, PREFIX, since="201908"), base, QUICK)
    filed = [(secure + DETAIL, "2019-07-01T08:00:00+00:00")]
    assert rows(archive, "SELECT url, captured_at FROM captures") == filed
    assert (tally.pages, tally.elsewhere, tally.decide()[0]) == (1, 0, 0)
    found, tally = get(archive, server)
    assert rows(archive, "SELECT url, captured_at FROM captures") == filed
    assert (found.known, len(found.waiting), tally.decide()[0]) == (1, 1, 0)
    assert len(server.replays()) == 3  # without a digest an answer must come twice the same
    server.faults["/web/"] = [leads_to(JULY, secure + DETAIL)]
    found, tally = get(archive, server, retry=True)
    assert (found.known, tally.pages, tally.elsewhere, tally.decide()[0]) == (1, 0, 1, 0)
    assert len(server.replays()) == 4


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(302, Location="https://archive.org/sorry"), "redirected to https://archive.org/sorry"),
        (says(404, "<html>not archived</html>"), "404 Not Found"),
        (
            says(403, X_Archive_Wayback_Runtime_Error="RobotAccessControlException"),
            "403 Forbidden (RobotAccessControlException)",
        ),
        (leads_to(JULY, HOST + DETAIL), "redirected in circles"),
    ],
)
def test_what_can_not_be_fetched_is_told(
    archive: Path, server: InternetArchive, site: SampleSite, fault: Any, words: str
) -> None:
    server.hold(site, DETAIL, JULY)
    server.hold(site, LISTING, AUGUST)
    server.faults["/web/"] = [fault] * (6 if words == "redirected in circles" else 1)
    _, tally = get(archive, server)
    assert tally.failures == [f"{JULY} {HOST}{DETAIL}: {words}"]
    assert (tally.pages, tally.decide()) == (1, (3, "captures missing"))


def test_a_redirect_to_another_site_is_not_followed(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    server.hold(site, DETAIL, JULY)
    server.faults["/web/"] = [leads_to(JULY, "http://casino.example/")]
    _, tally = get(archive, server)
    assert (tally.elsewhere, tally.decide(), len(server.replays())) == (1, (0, "nothing new"), 1)


def test_the_replayer_s_own_word_on_the_time_counts(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    held = server.hold(site, DETAIL, JULY)
    server.faults["/web/"] = [lambda one: one.send_memento(replace(held, timestamp=AUGUST))]
    get(archive, server)
    assert one(archive, "SELECT captured_at FROM captures") == "2019-08-01T08:00:00+00:00"


def test_gives_up_when_nothing_answers_any_more(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    for number in (4102, 4117, 4303, 4421, 4433, 4447, 4459):
        server.hold(site, f"/news/view/{number}.html", JULY)
    server.faults["/web/"] = [says(503)] * 100
    _, tally = get(archive, server)
    assert (len(tally.failures), tally.left, tally.gave_up, tally.decide()[0]) == (5, 2, True, 3)


def test_a_page_not_understood_is_told(archive: Path, server: InternetArchive) -> None:
    server.mementos.append(
        Memento(JULY, f"{HOST}/news/view/1.html", "<html><p>没有标记的一页</p></html>".encode())
    )
    _, tally = get(archive, server)
    assert tally.decide() == (4, "layout not understood")
    (line,) = tally.layout
    assert line.startswith(f"{JULY} {HOST}/news/view/1.html: ")


# --- the command ----------------------------------------------------------------------------


def command(archive: Path, server: InternetArchive, *words: str) -> Any:
    return run_installed(
        "wayback",
        PREFIX,
        "--cdx",
        server.index,
        "--rate",
        "60000",
        "--delay",
        "0",
        "--archive",
        str(archive),
        *words,
    )


def test_command(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    server.hold(site, DETAIL, JULY)
    server.hold(site, DETAIL, AUGUST)
    planned = command(archive, server, "--dry-run")
    assert (planned.code, planned.out) == (
        0,
        f"2019-07-01T08:00:00+00:00  {HOST}{DETAIL}\n"
        "2 captures in the index: 0 no pages, 0 already here, 1 same as the one before, 1 to get\n",
    )
    done = command(archive, server, "--json")
    assert done.code == 0, done.err
    assert done.report == {
        "archive": str(archive), "outcome": "fetched", "exit_code": 0,
        "captures": 2, "no_pages": 0, "known": 0, "doubted": 0, "identical": 1, "wanted": 1,
        "waiting": [], "left_out": {},
        "pages": 1, "kept": 0, "noted": 0, "elsewhere": 0, "not_kept": 0, "unproven": 0,
        "articles": 1, "fresh": 1, "left": 0,
        "failures": [], "failed_again": [], "incomplete": [], "layout": [],
    }  # fmt: skip
    again = command(archive, server, "--show")
    assert again.code == 0
    assert "1 already here, 1 same as the one before, 0 to get" in again.out
    assert "outcome: nothing new" in again.out
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone()[0] == 2


def test_command_says_what_is_missing_and_exits_3(
    archive: Path, server: InternetArchive, site: SampleSite
) -> None:
    server.hold(site, DETAIL, JULY)
    server.faults["/web/"] = [says(404)]
    done = command(archive, server)
    assert (done.code, done.lines) == (3, [f"not fetched: {JULY} {HOST}{DETAIL}: 404 Not Found"])


def test_command_with_nobody_there(archive: Path) -> None:
    done = invoke(
        "wayback", PREFIX, "--cdx", "http://127.0.0.1:9/x/cdx", "--rate", "60000", "--archive", str(archive)
    )
    said = "Error: http://127.0.0.1:9/x/cdx can't be reached: connection refused; try again later\n"
    assert (done.exit_code, done.stderr) == (75, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((PREFIX, "--cdx", "nonsense"), "'nonsense' is no http:// or https:// address"),
        (
            (PREFIX, "--cdx", "http://127.0.0.1:9/search"),
            "does not tell where captures are replayed; add --replay",
        ),
        ((PREFIX, "--from", "spring"), "'spring' is no date; write 2019, 2019-04 or 2019-04-13"),
        (("ftp://x/",), "'ftp://x/' is no http:// or https:// address"),
        ((), "Missing argument 'URL-PREFIX'"),
    ],
)
def test_usage(words: tuple[str, ...], said: str, archive: Path) -> None:
    done = invoke("wayback", *words, "--archive", str(archive))
    assert done.exit_code == 2
    assert said in done.stderr
    assert not archive.exists()


def test_killed_and_continued(archive: Path, server: InternetArchive, site: SampleSite) -> None:
    numbers = (4102, 4117, 4303, 4421, 4433, 4447, 4459)
    for day, number in enumerate(numbers):
        server.hold(site, f"/news/view/{number}.html", f"201907{day + 1:02d}000000")
    words = ["wayback", PREFIX, "--cdx", server.index, "--rate", "60000", "--delay", "0.3"]
    running = subprocess.Popen(
        [sys.executable, "-m", "yiqihui_spider", *words, "--archive", str(archive)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while len(server.replays()) < 4 and time.monotonic() < end:
        time.sleep(0.01)
    running.kill()
    running.wait()
    held = one(archive, "SELECT count(*) FROM captures")
    assert 3 <= held <= 4
    found, tally = get(archive, server)
    assert (found.known, tally.pages) == (held, 7 - held)
    assert one(archive, "SELECT count(*), count(DISTINCT url) FROM captures") == (7, 7)
    assert one(archive, "SELECT count(*) FROM articles") == 7
    assert rows(archive, "SELECT outcome FROM runs ORDER BY id") == [("died",), ("fetched",)]


def test_one_run_at_a_time(archive: Path, server: InternetArchive) -> None:
    with open_session(archive, "crawl"):
        done = invoke("wayback", PREFIX, "--cdx", server.index, "--archive", str(archive))
    assert done.exit_code == 75
    assert "is in use by 'crawl'" in done.stderr
    assert server.asked == []


def invoke(*words: str) -> Result:
    """The command in this process, where nothing waits for long."""
    return CliRunner().invoke(main, list(words))
