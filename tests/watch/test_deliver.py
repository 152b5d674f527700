"""Messages as they go out: to real servers, to real commands."""

from __future__ import annotations

import base64
import json
import os
import ssl
import time
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from support.faults import refusing
from support.hooks import hooks
from support.network import proxy, saying, tls_server

from yiqihui_spider.watch.deliver import Delivery, Message, deliver

UUID = "5f3b1d0e-1a2b-4c3d-8e9f-001122334455"
CONTENT = {"event": "failure", "state": "failing", "line": "社群: not well", "exit_code": 4}


def send(*receivers: str, limit: float = 5, **content: object) -> list[Delivery]:
    return deliver([Message("failure", one, {**CONTENT, **content}) for one in receivers], limit)


def results(*receivers: str, limit: float = 5) -> list[tuple[bool, str]]:
    return [(one.ok, one.result) for one in send(*receivers, limit=limit)]


@pytest.fixture(autouse=True)
def _alone_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("yiqihui_spider.watch.deliver.PAUSES", (0.02, 0.02))


# --- addresses ----------------------------------------------------------------------------------


def test_json_goes_to_an_address() -> None:
    with hooks() as server:
        (done,) = send(f"{server.url}/T0/secret?a=b")
    assert (done.ok, done.result, done.to) == (True, "200", f"{server.url}/…")
    (told,) = server.told
    assert (told.method, told.path, told.content) == ("POST", "/T0/secret?a=b", CONTENT)
    assert told.headers["Content-Type"] == "application/json"
    assert told.headers["User-Agent"].startswith("yiqihui_spider/")


def test_get_where_that_is_said_and_where_no_post_is_taken() -> None:
    with hooks({"/only-get": [405, 204]}) as server:
        said = results(f"GET {server.url}/push?status=down", f"{server.url}/only-get")
    assert said == [(True, "200"), (True, "204")]
    assert sorted(server.paths()) == ["GET /only-get", "GET /push?status=down", "POST /only-get"]


def test_a_check_of_healthchecks() -> None:
    with hooks() as server:
        assert results(f"{server.url}/ping/{UUID}") == [(True, "200")]
        server.says = b"OK (not found)"
        assert results(f"GET {server.url}/ping/{UUID}") == [(False, "200, but OK (not found)")]
        assert results(f"{server.url}/other") == [(True, "200")]
    assert server.paths() == [f"POST /ping/{UUID}/fail", f"GET /ping/{UUID}/fail", "POST /other"]


def test_what_says_not_now_is_tried_again_and_nothing_else() -> None:
    with hooks({"/late": [503, 200], "/never": [500], "/gone": [404]}) as server:
        said = results(f"{server.url}/late", f"{server.url}/never", f"{server.url}/gone")
    assert said == [(True, "200"), (False, "500 Internal Server Error"), (False, "404 Not Found")]
    counted = [server.paths().count(f"POST /{name}") for name in ("late", "never", "gone")]
    assert counted == [2, 3, 1]


def test_no_redirect_is_followed() -> None:
    location = {"Location": "https://me:pw@elsewhere.example/secret"}
    with hooks({"/moved": [301]}, headers=location) as server:
        (said,) = results(f"{server.url}/moved")
    assert said == (False, "301, a redirect to https://elsewhere.example/…: give the address it leads to")
    assert len(server.told) == 1


def test_a_name_and_password_go_to_the_server_and_nowhere_else() -> None:
    with hooks({"/x": [401]}) as server:
        (done,) = send(server.url.replace("//", "//me:p%40w@") + "/x")
    assert server.told[0].headers["Authorization"] == "Basic " + base64.b64encode(b"me:p@w").decode()
    assert (done.to, done.result) == (f"{server.url}/…", "401 Unauthorized")


def test_a_server_that_is_away_silent_or_none() -> None:
    with refusing() as away, saying(None) as silent, saying(b"no http\r\n\r\n") as odd, saying(b"") as closed:
        began = time.monotonic()
        said = results(away, *(f"http://127.0.0.1:{port}/" for port in (silent, odd, closed)), limit=1)
        assert time.monotonic() - began < 3
    assert [ok for ok, _ in said] == [False] * 4
    assert [words.partition(" (")[0] for _, words in said] == [
        "connection refused",
        "timed out",
        "what answers is no HTTP server",
        "the connection was closed without an answer",
    ]


def test_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = trustme.CA()
    with tls_server(authority.issue_cert("localhost")) as server:
        address = f"GET {server.url.replace('http:', 'https:').replace('127.0.0.1', 'localhost')}/news/"
        (said,) = results(address)
        assert said[0] is False
        assert said[1].startswith("its certificate is not valid: unable to get local issuer certificate")
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert ssl.get_default_verify_paths().cafile == str(tmp_path / "ca.pem")
        assert results(address) == [(True, "200")]


def test_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    with hooks() as server, proxy("me:pw", hooks__example=int(server.url.rpartition(":")[2])) as way:
        monkeypatch.setenv("http_proxy", way.url.replace("//", "//me:pw@"))
        assert results("GET http://hooks.example/x", f"{server.url}/y") == [(True, "200")] * 2
        assert way.asked == ["http://hooks.example/x"]
        monkeypatch.setenv("http_proxy", "http://me:pw@127.0.0.1:1")
        assert results("GET http://hooks.example/x") == [
            (False, "through the proxy http://***@127.0.0.1:1: connection refused")
        ]


# --- commands -----------------------------------------------------------------------------------


def test_a_command_gets_json_and_what_it_needs_most(tmp_path: Path) -> None:
    variables = '"$NOTIFY_EVENT" "$NOTIFY_STATE" "$NOTIFY_LINE"'
    said = results(f"cat > '{tmp_path}/in'; printf '%s|' {variables} > '{tmp_path}/env'")
    assert said == [(True, "exit code 0")]
    assert json.loads((tmp_path / "in").read_text("utf-8")) == CONTENT
    assert (tmp_path / "env").read_text("utf-8") == "failure|failing|社群: not well|"


def test_what_a_command_prints_reaches_nobody_but_the_notes(capfd: pytest.CaptureFixture[str]) -> None:
    assert results("echo out; echo err >&2", "echo \x1b[31mbad; exit 3", "no-such-command", "kill -9 $$") == [
        (True, "exit code 0"),
        (False, "exit code 3: �[31mbad"),
        (False, "exit code 127: /bin/sh: 1: no-such-command: not found"),
        (False, "killed by signal 9"),
    ]
    assert capfd.readouterr() == ("", "")


def test_a_command_that_reads_nothing_of_a_long_message() -> None:
    (done,) = send("true", reasons=["x" * 10**6])
    assert done.ok


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = time.monotonic()
    said = results(f"sleep 100 & echo $! > {pids}; echo hm; sleep 100", "true", limit=0.5)
    assert time.monotonic() - began < 2
    assert said == [(False, "not done in time, and killed: hm"), (True, "exit code 0")]
    child = int(pids.read_text())
    for _ in range(100):
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(child, 0)
            if Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
                time.sleep(0.02)
                continue
        return
    raise AssertionError("a child of it lives on")


def test_a_command_that_leaves_something_running_holds_nobody_up() -> None:
    began = time.monotonic()
    assert results("sleep 3 & exit 0", limit=2) == [(True, "exit code 0")]
    assert time.monotonic() - began < 1.5
