"""Ask an index, fetch what the archive lacks, archive each capture under its own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from yiqihui_spider.addresses import same_site
from yiqihui_spider.archive.wayback import Held
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.imports.importer import Outcome, archive_record, place_of_payload
from yiqihui_spider.outcome import Exit
from yiqihui_spider.session import Session
from yiqihui_spider.warc.coding import PAYLOAD_LIMIT, undo_coding
from yiqihui_spider.warc.reader import read_record
from yiqihui_spider.warc.records import WarcError
from yiqihui_spider.wayback import cdx, replay
from yiqihui_spider.wayback.cdx import BadAnswer, Row
from yiqihui_spider.wayback.client import Client, Pace, Reply, Unreachable
from yiqihui_spider.wayback.plan import Plan, Task

INDEX_LIMIT = 256 * 1024 * 1024
"""Bytes of one answer of an index."""
PAGE_ROWS = 3000
"""Rows asked for at once. The Internet Archive looks at a few thousand and may then take what it
has for all there is, so more is less."""
ALL_ROWS = 10_000_000
"""Asked for where an index cuts its answer and gives no key to go on: pywb's own limit is lower."""
BROKEN_ANSWERS = 3
REDIRECTS = 5
GIVE_UP_AFTER = 5
"""So many captures in a row without an answer end the run."""


class IndexUnreachable(YiqihuiError):
    """The index gives no answer, or says "not now"."""

    exit_code = Exit.TRY_LATER


class IndexRefuses(YiqihuiError):
    """The index answers something that is no list of captures."""


class NotFetched(Exception):
    """A capture that could not be had; plain words."""


@dataclass(slots=True)
class Tally:
    """What a run met."""

    pages: int = 0
    """Pages of ours archived, those noted without fetching among them."""
    kept: int = 0
    """Captures archived that are no page of ours."""
    noted: int = 0
    """Captures that went back to a payload we have: archived from the index's word alone."""
    elsewhere: int = 0
    """The replay led to a capture that we have, or to another site."""
    articles: int = 0
    fresh: int = 0
    left: int = 0
    """Not tried: beyond the limit asked for, or after giving up."""
    failures: list[str] = field(default_factory=list)
    layout: list[str] = field(default_factory=list)
    interrupted: bool = False
    gave_up: bool = False

    def add(self, outcome: Outcome, where: str) -> None:
        if outcome.status == "archived":
            self.pages += 1
            self.articles += outcome.articles
            self.fresh += outcome.fresh
        elif outcome.status in ("kept", "skipped"):
            self.kept += 1
        elif outcome.status == "known":
            self.elsewhere += 1
        else:
            self.failures.append(f"{where}: {outcome.reason}")
        if outcome.layout:
            self.layout.append(f"{where}: {outcome.layout}")

    def decide(self) -> tuple[Exit, str]:
        """The exit code and a word for ``runs.outcome``."""
        if self.failures or self.interrupted or self.gave_up:
            return Exit.UNCERTIFIED, "interrupted" if self.interrupted else "captures missing"
        if self.layout:
            return Exit.LAYOUT, "layout not understood"
        return Exit.DONE, "fetched" if self.pages or self.kept else "nothing new"

    def as_dict(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "kept": self.kept,
            "noted": self.noted,
            "elsewhere": self.elsewhere,
            "articles": self.articles,
            "fresh": self.fresh,
            "left": self.left,
            "failures": self.failures,
            "layout": self.layout,
        }


# --- the index -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    index: str
    prefix: str
    since: str | None = None
    until: str | None = None


def read_index(client: Client, pace: Pace, question: Question) -> Iterator[Sequence[Row]]:
    """Every capture the index knows, answer by answer. Raises IndexUnreachable or IndexRefuses."""
    key: str | None = None
    limit = PAGE_ROWS
    while True:
        url = cdx.query(
            question.index,
            question.prefix,
            since=question.since,
            until=question.until,
            limit=limit,
            resume_key=key,
        )
        answer = _ask(client, pace, url, question.index)
        if answer.resume_key is None and key is None and limit == PAGE_ROWS <= answer.size:
            limit = ALL_ROWS
            continue
        yield answer.rows
        if answer.resume_key is None:
            return
        if answer.resume_key == key:
            raise IndexRefuses(f"{question.index} gives the same part of its answer again and again")
        key = answer.resume_key


def _ask(client: Client, pace: Pace, url: str, index: str) -> cdx.Answer:
    for attempt in range(1, BROKEN_ANSWERS + 1):
        try:
            reply = client.get(url, pace, INDEX_LIMIT)
        except Unreachable as error:
            raise IndexUnreachable(f"{index} can't be reached: {error}; try again later") from None
        text = _text(reply)
        if reply.status not in (200, 404) or (reply.status == 404 and not text.lstrip().startswith("{")):
            said = f": {' '.join(text.split())[:120]}" if text and "<" not in text[:200] else ""
            raise IndexRefuses(f"{index} answers {reply.status} {reply.reason}{said}")
        if reply.cut:
            raise IndexRefuses(f"{index} answers too much at once; narrow it with --from and --to")
        try:
            return cdx.parse(text)
        except BadAnswer as error:
            if attempt == BROKEN_ANSWERS or text.lstrip()[:1] not in ("[", "{"):
                raise IndexRefuses(f"{index}: {error}") from None
    raise AssertionError("unreachable")


def _text(reply: Reply) -> str:
    coding = reply.header("Content-Encoding")
    return undo_coding(reply.body, coding, INDEX_LIMIT).body.decode("utf-8", "replace")


# --- the captures --------------------------------------------------------------------------


class Fetch:
    """Works a plan off. Every capture is archived before the next is asked for, so a run that is
    interrupted or killed is continued by the next one."""

    def __init__(self, session: Session, client: Client, pace: Pace, *, base: str, home: str) -> None:
        """``base``: where captures are replayed; ``home``: an address of the site."""
        self.tally = Tally()
        self._session = session
        self._held = Held(session.db)
        self._client = client
        self._pace = pace
        self._base = base
        self._home = home

    def run(self, plan: Plan, limit: int | None = None, done: Callable[[], None] = lambda: None) -> Tally:
        tasks = plan.tasks if limit is None else plan.tasks[:limit]
        unanswered = tried = 0
        try:
            for task in tasks:
                unanswered = 0 if self._one(task) else unanswered + 1
                tried += 1
                done()
                if unanswered >= GIVE_UP_AFTER:
                    self.tally.gave_up = True
                    break
        except KeyboardInterrupt:
            self.tally.interrupted = True
        self.tally.left = len(plan.tasks) - tried
        return self.tally

    def _one(self, task: Task) -> bool:
        """Whether there was an answer."""
        where = f"{task.row.timestamp} {task.row.url}"
        try:
            outcome = self._note(task) or self._fetch(task.row)
        except (NotFetched, replay.CutOff) as error:
            self.tally.failures.append(f"{where}: {error}")
        except Unreachable as error:
            self.tally.failures.append(f"{where}: {error}")
            return False
        else:
            if outcome is None:
                self.tally.elsewhere += 1
            else:
                self.tally.add(outcome, where)
        return True

    def _note(self, task: Task) -> Outcome | None:
        """Archive a capture whose payload we have as a repetition of the one that holds it."""
        place = self._held.record_at(*task.same_as) if task.same_as else None
        if place is None:
            return None
        try:
            earlier = read_record(
                self._session.warc_folder, *place, lambda *asked: place_of_payload(self._session, *asked)
            )
        except WarcError:
            return None
        outcome = archive_record(
            self._session,
            replay.repetition(earlier, task.row.url, task.row.captured_at),
            time_source="cdx",
            origin="wayback",
        )
        if outcome.status in ("unresolved", "skipped"):
            return None
        self.tally.noted += 1
        return outcome

    def _fetch(self, row: Row) -> Outcome | None:
        """None if the way leads to what is held, or to another site."""
        timestamp, url = row.timestamp, row.url
        for _ in range(REDIRECTS + 1):
            reply = self._client.get(
                cdx.replay_address(self._base, timestamp, url), self._pace, PAYLOAD_LIMIT
            )
            led = self._led_to(reply)
            if led is None:
                return self._archive(reply, row, timestamp, url)
            timestamp, url = led
            if not same_site(url, self._home) or self._held.capture_at(url, cdx.moment(timestamp)):
                return None
        raise NotFetched("redirected in circles")

    def _led_to(self, reply: Reply) -> tuple[str, str] | None:
        """The capture that the replayer sends us on to."""
        if reply.status not in (301, 302, 303, 307, 308):
            return None
        target = urljoin(reply.url, reply.header("Location") or "")
        led = cdx.replayed(self._base, target)
        if led is None and not replay.is_capture(reply):
            raise NotFetched(f"redirected to {target[:200]}")
        return led

    def _archive(self, reply: Reply, row: Row, timestamp: str, url: str) -> Outcome:
        if not replay.is_capture(reply):
            why = reply.header("X-Archive-Wayback-Runtime-Error")
            raise NotFetched(f"{reply.status} {reply.reason}".strip() + (f" ({why[:100]})" if why else ""))
        at = replay.captured_at(reply) or cdx.moment(timestamp)
        digest = row.digest if (at, url) == (row.captured_at, row.url) else None
        record = replay.stored(reply, url, at, digest)
        return archive_record(self._session, record, time_source="cdx", origin="wayback")
