"""Work a plan off: fetch what the archive lacks, archive each capture under its own time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urljoin

from yiqihui_spider.archive.articles.withdrawal import withdraw
from yiqihui_spider.archive.state.past_captures import Held, Miss
from yiqihui_spider.clock import now
from yiqihui_spider.errors.network import one_line
from yiqihui_spider.imports.ingest import Outcome, archive_record, is_page, unreadable
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.session import Session, event
from yiqihui_spider.warc.coding import PAYLOAD_LIMIT
from yiqihui_spider.warc.reader import read_record
from yiqihui_spider.warc.records import StoredResponse, WarcError, iso_date
from yiqihui_spider.wayback import cdx, query, replay, verdict
from yiqihui_spider.wayback.client import Client, RateLimiter, Response, Unreachable
from yiqihui_spider.wayback.plan import Plan, Task
from yiqihui_spider.wayback.replay import Place
from yiqihui_spider.wayback.retrying import Kind, schedule
from yiqihui_spider.wayback.tally import Tally
from yiqihui_spider.wayback.verdict import NotTheCapture, Payload

REDIRECTS = 5
GIVE_UP_AFTER = 5
"""So many captures in a row without an answer end the run."""

_PLAIN_NO = (403, 404, 410, 451)
_LEADS_ON = (301, 302, 303, 307, 308)


class NotFetched(Exception):
    """A capture that was not archived; plain words."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True)
class Got:
    """What became of a capture asked for."""

    outcome: Outcome
    place: Place
    """Which capture it was by the replayer's word."""
    digest: str | None
    """That proves it."""


class Fetch:
    """Works a plan off. Every capture is archived before the next is asked for, so a run that is
    interrupted or killed is continued by the next one."""

    def __init__(
        self,
        session: Session,
        client: Client,
        limiter: RateLimiter,
        held: Held,
        plan: Plan,
        ours: Callable[[str], bool],
    ) -> None:
        """``held`` names the replay, too; ``ours`` tells addresses of the site."""
        self.tally = Tally()
        self._session = session
        self._held = held
        self._client = client
        self._limiter = limiter
        self._plan = plan
        self._ours = ours

    def run(self, limit: int | None = None, done: Callable[[], None] = lambda: None) -> Tally:
        tasks = self._plan.tasks if limit is None else self._plan.tasks[:limit]
        silence: list[tuple[Task, Unreachable]] = []
        tried = 0
        try:
            for task in tasks:
                trouble = self._one(task)
                tried += 1
                if trouble is None:
                    self._unanswered(silence)
                    silence = []
                else:
                    silence.append((task, trouble))
                done()
                if len(silence) >= GIVE_UP_AFTER or (trouble is not None and trouble.later):
                    self.tally.gave_up = True
                    break
        except KeyboardInterrupt:
            self.tally.interrupted = True
        self._unanswered(silence)
        self.tally.left = len(self._plan.tasks) - tried
        return self.tally

    def _unanswered(self, tasks: list[tuple[Task, Unreachable]]) -> None:
        """Remember captures without an answer; but where nothing answers any more, that says nothing
        of the single ones."""
        for task, trouble in tasks:
            if self.tally.gave_up:
                self.tally.failures.append(f"{task.row.timestamp} {task.row.url}: {trouble}")
            else:
                self._remember(task, "unanswered", str(trouble))

    def _one(self, task: Task) -> Unreachable | None:
        """Archive a capture, or remember why not. Returns why there was no answer at all."""
        asked = Place(task.row.url, task.row.captured_at)
        try:
            got = self._note(task, asked) or self._fetch(task.row, asked)
        except NotFetched as error:
            self._remember(task, error.kind, str(error))
            return None
        except Unreachable as error:
            return error
        self.tally.add(got.outcome, f"{task.row.timestamp} {task.row.url}")
        event("capture", url=got.place.url, captured_at=got.place.captured_at, status=got.outcome.status)
        if got.outcome.status == "skipped":
            self._remember(task, "no page", "neither a page nor an error of the site: not kept")
        elif got.place != asked:
            there = f"{got.place.captured_at} {got.place.url}"
            self._remember(task, "elsewhere", f"another capture was served: {there}")
        elif got.digest is None:
            self._remember(task, "unproven", "taken on the replay's word")
        else:
            withdraw(self._session.db, asked.url, asked.captured_at, got.digest)
            self._held.forget(asked.url, asked.captured_at)
        return None

    def _remember(self, task: Task, kind: Kind, reason: str) -> None:
        url, at = task.row.url, task.row.captured_at
        before = self._held.miss(url, at)
        attempts = before.attempts + 1 if before else 1
        moment = now()
        then = schedule(kind, attempts, moment)
        event("missed", logging.WARNING, url=url, captured_at=at, reason=reason)
        self._held.remember(Miss(url, at, kind, reason, attempts, then.lasting, then.next_try_at), moment)
        if kind not in ("elsewhere", "no page", "unproven"):
            lines = self.tally.again if before and before.lasting else self.tally.failures
            lines.append(f"{task.row.timestamp} {url}: {reason}")

    # --- one capture -----------------------------------------------------------------------

    def _note(self, task: Task, asked: Place) -> Got | None:
        """Archive a capture whose payload we have as a repetition of the one that holds it."""
        source = self._held.record_at(*task.same_as) if task.same_as else None
        if source is None:
            return None
        try:
            earlier = read_record(self._session.warc_folder, *source, self._session.evidence.lookup)
        except WarcError:
            return None
        self._refuse_contradictions(earlier, asked)
        outcome = self._archive(replay.repetition(earlier, asked))
        if outcome.status in ("unresolved", "skipped"):
            return None
        self.tally.noted += 1
        return Got(outcome, asked, earlier.payload_digest)

    def _fetch(self, row: cdx.Row, asked: Place) -> Got:
        """Ask for a capture; once more where the answer is not what the index names."""
        with suppress(NotTheCapture):
            return self._ask(row, asked)
        try:
            return self._ask(row, asked)
        except NotTheCapture as error:
            raise NotFetched("doubtful", str(error)) from None

    def _ask(self, row: cdx.Row, asked: Place) -> Got:
        """What came, and which capture it was by the replayer's word."""
        place, timestamp = asked, row.timestamp
        for _ in range(REDIRECTS + 1):
            address = query.replay_address(self._held.replay, timestamp, place.url)
            response = self._client.get(address, self._limiter, PAYLOAD_LIMIT)
            led = self._led_to(response)
            if led is None:
                _refuse_errors(response)
                shown = replay.served(response, place)
                if shown not in (asked, place):
                    self._refuse_elsewhere(shown)
                payload = self._judge(response, shown, row.status if shown == asked else "")
                record = replay.stored(response, payload, shown)
                self._refuse_contradictions(record, shown)
                outcome = self._archive(record, payload.proven)
                return Got(outcome, shown, record.payload_digest if payload.proven else None)
            timestamp, url = led
            place = Place(url, cdx.moment(timestamp))
            if place != asked:
                self._refuse_elsewhere(place)
        raise NotFetched("doubtful", "redirected in circles")

    def _led_to(self, response: Response) -> tuple[str, str] | None:
        """The capture that the replayer sends us on to."""
        if response.status not in _LEADS_ON:
            return None
        target = urljoin(response.url, response.header("Location") or "")
        led = query.replayed(self._held.replay, query.open_address(target))
        if led is None and not verdict.is_capture(response):
            raise NotFetched("doubtful", f"redirected to {one_line(query.open_address(target))}")
        return led

    def _refuse_elsewhere(self, place: Place) -> None:
        """Leave what was served instead of the capture asked for if it is another site's, or is here."""
        if place.captured_at > latest_moment():
            raise NotTheCapture(f"the replayer dates it {place.captured_at}, which is yet to come")
        if not self._ours(place.url):
            self.tally.elsewhere += 1
            raise NotFetched("elsewhere", f"leads to another site: {place.url[:200]}")
        if self._held.capture_at(place.url, place.captured_at):
            self.tally.elsewhere += 1
            raise NotFetched("elsewhere", f"leads to what is here: {place.captured_at} {place.url}")

    def _judge(self, response: Response, place: Place, status: str) -> Payload:
        """Without a digest that proves it, an answer must come twice the same."""
        digests = self._plan.digests.get((place.url, place.captured_at), [None])
        for other in digests[1:]:  # a page that was captured twice in one second
            with suppress(NotTheCapture):
                if (payload := verdict.judge(response, other, status)).proven:
                    return payload
        payload = verdict.judge(response, digests[0], status)
        if not payload.proven and not response.cut:
            again = self._client.get(response.url, self._limiter, PAYLOAD_LIMIT)
            if again.body != response.body:
                raise NotTheCapture("asked twice, it gave two answers, and no digest tells which is right")
        return payload

    def _refuse_contradictions(self, record: StoredResponse, place: Place) -> None:
        if unreadable(record) is not None or not is_page(record):
            return
        reading = read_page(record.body, record.content_type, place.url, self._session.site)[2]
        why = replay.contradiction(reading, place.captured_at, self._held.article)
        if why is not None:
            raise NotFetched("contradicted", why)

    def _archive(self, record: StoredResponse, proven: bool = True) -> Outcome:
        outcome = archive_record(self._session, record, time_source="cdx", origin="wayback")
        self.tally.unproven += not proven and outcome.status in ("archived", "kept")
        return outcome


def latest_moment() -> str:
    """The last moment at which something can have been captured, by clocks that are not quite ours."""
    return iso_date(datetime.now(timezone.utc) + replay.CLOCKS)


def _refuse_errors(response: Response) -> None:
    """An error of the replayer's own is no capture."""
    if response.status == 200 or verdict.is_capture(response):
        return
    why = one_line(response.header("X-Archive-Wayback-Runtime-Error") or "", 100)
    said = f"{response.status} {response.reason}".strip() + (f" ({why})" if why else "")
    raise NotFetched("refused" if response.status in _PLAIN_NO else "doubtful", said)
