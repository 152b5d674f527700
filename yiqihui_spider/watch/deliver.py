"""Messages to commands and addresses, all at once, each with so many seconds and no more."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from yiqihui_spider.characters import printable_line
from yiqihui_spider.errors.network import AsTheyCome, why
from yiqihui_spider.urls import is_loopback, without_password
from yiqihui_spider.watch.notify import Receiver, is_healthchecks
from yiqihui_spider.wording import __version__

PAUSES = (0.5, 1.5)
"""Seconds before an address that says "not now" is tried again."""

LONGEST = 300
"""Characters that are kept of what a command prints."""

_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"<>\\^`{|}')


@dataclass(frozen=True, slots=True)
class Message:
    event: str
    receiver: str
    """As the settings have it."""
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of a message; ``to`` tells no secrets."""

    event: str
    to: str
    ok: bool
    result: str
    seconds: float


class _Undelivered(Exception):
    """Why a message did not arrive; ``again``: it may, if it is tried once more."""

    def __init__(self, words: str, *, again: bool = False) -> None:
        super().__init__(words)
        self.again = again


def deliver(messages: Sequence[Message], limit: float) -> list[Delivery]:
    """Send them side by side, and say what came of each; never raises, and takes ``limit`` seconds at
    most. Who is interrupted meanwhile waits no longer."""
    end = time.monotonic() + limit
    results: list[Delivery | None] = [None] * len(messages)

    def one(place: int) -> None:
        results[place] = _attempt(messages[place], end)

    threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(messages))]
    for thread in threads:
        thread.start()
    with suppress(KeyboardInterrupt):
        for thread in threads:
            # A little longer than the limit: a command has to be killed then, and to be gone.
            thread.join(max(0.0, end - time.monotonic()) + 1)
    return [
        result or _result(message, "no answer in time", ok=False, began=end - limit)
        for message, result in zip(messages, results, strict=True)
    ]


def _attempt(message: Message, end: float) -> Delivery:
    began = time.monotonic()
    receiver = Receiver.of(message.receiver)
    try:
        words = _post(receiver, message, end) if receiver.method else _call(receiver.target, message, end)
    except _Undelivered as error:
        return _result(message, str(error), ok=False, began=began)
    except Exception as error:  # whatever it is, no run may break over it
        return _result(message, why(error), ok=False, began=began)
    return _result(message, words, ok=True, began=began)


def _result(message: Message, words: str, *, ok: bool, began: float) -> Delivery:
    name = printable_line(Receiver.of(message.receiver).name)
    seconds = round(time.monotonic() - began, 1)
    return Delivery(message.event, name, ok, printable_line(without_password(words)), seconds)


def _body(message: Message) -> bytes:
    return json.dumps(message.content, ensure_ascii=False).encode("utf-8", "backslashreplace")


# --- commands -----------------------------------------------------------------------------------


def _call(command: str, message: Message, end: float) -> str:
    """Run a command by the shell, with the message on standard input, apart from ours: a session of its
    own, so that it can be killed with all it has started, and its output in a file, so that nothing
    that lives on holds us up."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(_body(message) + b"\n")
        given.seek(0)
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=given,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **_variables(message)},
        )
        try:
            code = process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise _Undelivered(f"not done in time, and killed{_said(printed)}") from None
        if code:
            how = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
            raise _Undelivered(f"{how}{_said(printed)}")
    return "exit code 0"


def _variables(message: Message) -> dict[str, str]:
    """What a command needs most, without a reader of JSON at hand."""
    names = {"NOTIFY_EVENT": "event", "NOTIFY_STATE": "state", "NOTIFY_LINE": "line"}
    return {
        name: str(message.content.get(key, "")).encode("utf-8", "backslashreplace").decode().replace("\0", "")
        for name, key in names.items()
    }


def _said(printed: IO[bytes]) -> str:
    printed.seek(0)
    text = " ".join(printed.read(4 * LONGEST).decode("utf-8", "replace").split())[:LONGEST]
    return f": {text}" if text else ""


# --- addresses ----------------------------------------------------------------------------------


def _post(receiver: Receiver, message: Message, end: float) -> str:
    """Ask an address, again where it says "not now"; GET where it does not take a POST."""
    url = receiver.address(str(message.content.get("state", "")))
    method = receiver.method
    for pause in (*PAUSES, None):
        try:
            status, answer = _ask(url, method, message, end)
            if status in (405, 501) and method == "POST":
                method = "GET"
                status, answer = _ask(url, method, message, end)
            return _judged(url, status, answer)
        except _Undelivered as error:
            left = end - time.monotonic()
            if pause is None or not error.again or left <= pause:
                raise
        time.sleep(pause)
    raise AssertionError("unreachable")


def _judged(url: str, status: int, answer: Mapping[str, str]) -> str:
    if 200 <= status < 300:
        if is_healthchecks(url) and answer["body"].startswith("OK ("):  # not found, rate limited
            raise _Undelivered(f"{status}, but {answer['body']}")
        return str(status)
    if 300 <= status < 400:
        raise _Undelivered(f"{status}, a redirect{answer['to']}: give the address it leads to")
    raise _Undelivered(f"{status} {answer['reason']}".strip(), again=status >= 500 or status in (408, 429))


def _ask(url: str, method: str, message: Message, end: float) -> tuple[int, dict[str, str]]:
    parts = urlsplit(url)
    request = urllib.request.Request(
        _plain(parts),
        data=_body(message) if method == "POST" else None,
        headers={"User-Agent": f"yiqihui_spider/{__version__}", "Content-Type": "application/json"},
        method=method,
    )
    if "@" in parts.netloc:
        user = unquote(parts.netloc.rpartition("@")[0])
        user = user if ":" in user else f"{user}:"
        request.add_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
    handlers: list[Any] = [AsTheyCome]
    if is_loopback(parts.hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    left = end - time.monotonic()
    if left <= 0:
        raise _Undelivered("no answer in time")
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=left) as response:
            body = response.read(200).decode("utf-8", "replace").strip()
            to = urlsplit(response.headers.get("Location") or "")
            where = f" to {to.scheme}://{to.netloc.rpartition('@')[2]}/…" if to.netloc else ""
            return response.status, {"body": body, "to": where, "reason": response.reason or ""}
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Undelivered(f"{_by_proxy(parts)}{why(error)}", again=_may_pass(error)) from None


def _may_pass(error: Exception) -> bool:
    reason = getattr(error, "reason", error)
    return not isinstance(reason, ValueError | ssl.SSLCertVerificationError)


def _plain(parts: SplitResult) -> str:
    """An address as it is asked for: without name and password, all of ASCII."""
    host = parts.netloc.rpartition("@")[2]
    with suppress(UnicodeError):
        host = host.encode("ascii").decode()
    if not host.isascii():
        host = host.encode("idna").decode()
    bare = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    return quote(bare, safe=_SAFE)


def _by_proxy(parts: SplitResult) -> str:
    """Whose fault it may be."""
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or is_loopback(host) or urllib.request.proxy_bypass(host):
        return ""
    return f"through the proxy {without_password(proxy)}: "
