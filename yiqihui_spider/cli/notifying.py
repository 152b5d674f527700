"""``[notify]``: telling commands and addresses of a run that has ended, or was found dead."""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from yiqihui_spider.cli.terminal import one_line
from yiqihui_spider.clock import now
from yiqihui_spider.watch import memory
from yiqihui_spider.watch.notify import (
    EVENTS,
    FAILING,
    TRIES,
    WELL,
    Ledger,
    after,
    due,
    kind_of,
    owed,
    owing,
    state_of,
)
from yiqihui_spider.wording import __version__

if TYPE_CHECKING:
    from yiqihui_spider.archive.state.captures import DeadRun
    from yiqihui_spider.cli.aftermath import Verdict
    from yiqihui_spider.cli.running import Run
    from yiqihui_spider.watch.deliver import Delivery

FETCHES = ("crawl", "wayback")
"""Runs that are told of whoever started them; of others only those that nobody watches."""

NOTE = "notify"
"""Its name among the stats of a run."""

MOST_REASONS = 20

LIMIT = 10.0
"""Seconds for a message in all: looking a name up, every try, and the answer."""


def tell(run: Run, verdict: Verdict) -> list[str]:
    """Send what is due after a run, and note it; what a person must hear of messages that did not arrive."""
    numbers = run.numbers
    told = {
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "reasons": run.reasons[:MOST_REASONS],
        "since": verdict.since,
        **numbers,
    }
    changed = bool(run.session and (numbers["new"] or numbers["changed"]))
    state = state_of(run.exit_code, verdict.alarming)
    return _tell(run, run.kind, state, changed, {**told, "line": verdict.line, "command": run.command})


def tell_of_the_dead(run: Run, died: DeadRun, line: str) -> list[str]:
    """As soon as a run finds that one before it died: it may not live to tell of it at its end."""
    told = {"outcome": "died", "exit_code": None, "reasons": [line], "since": died.started_at}
    return _tell(run, kind_of(died.command), FAILING, False, {**told, "line": line, "command": died.command})


def wanted(run: Run) -> bool:
    """Whether anybody is to be told of runs of this kind."""
    return any(_receivers(run, run.kind, event) for event in EVENTS)


def _receivers(run: Run, kind: str, event: str) -> list[str]:
    watched = kind not in FETCHES and not run.how.unattended
    if watched or (event == "success" and kind != "crawl"):
        return []
    receivers: list[str] = run.config[f"notify.on_{event}"]
    return list(dict.fromkeys(receivers))


def _tell(run: Run, kind: str, state: str | None, changed: bool, told: Mapping[str, Any]) -> list[str]:
    from yiqihui_spider.watch.deliver import Message, deliver

    receivers = {event: found for event in EVENTS if (found := _receivers(run, kind, event))}
    if not receivers:
        return []
    ledger, sent_before = _noted(run, kind)
    present = now()
    events = [event for event in due(ledger, state, changed, present) if event in receivers]
    told = _as_it_stands(told, ledger, state, bool(events))
    messages = [
        Message(event, receiver, _content(run, event, present, told))
        for event, found in receivers.items()
        for receiver in found
        if event in events or owed(ledger, state, event, receiver)
    ]
    deliveries = deliver(messages, LIMIT) if messages else []
    arrived = {(m.event, m.receiver): d.ok for m, d in zip(messages, deliveries, strict=True)}
    new = after(ledger, state, events, present, arrived, told["since"])
    if deliveries or new != ledger:
        _note(run, kind, {**new.noted(), "sent": [*sent_before, *(asdict(one) for one in deliveries)]})
    _log(deliveries)
    return _to_be_heard(run, new, [m.receiver for m in messages], deliveries)


def _as_it_stands(told: Mapping[str, Any], ledger: Ledger, state: str | None, is_due: bool) -> dict[str, Any]:
    """What is told of a run, with what was known before it."""
    stands = state or ledger.state or WELL
    reminder = is_due and stands == ledger.state
    return {**told, "since": told["since"] or ledger.since, "state": stands, "reminder": reminder}


def _content(run: Run, event: str, present: str, told: Mapping[str, Any]) -> dict[str, Any]:
    line = told["line"] if event == "failure" else _line(run, event, told["since"])
    reminder = event != "change" and told["reminder"]
    head = {"event": event, "state": told["state"], "line": one_line(line), "reminder": reminder}
    return {
        **head,
        "archive": os.path.abspath(run.archive),
        "run": run.run_id,
        **{name: value for name, value in told.items() if name not in head},
        "at": present,
        "host": socket.gethostname(),
        "log": str(run.how.log_file.resolve()) if run.how.log_file else None,
        "software": f"yiqihui_spider/{__version__}",
    }


def _line(run: Run, event: str, since: str | None) -> str:
    numbers = run.numbers
    what = f"yiqihui {run.command} of {run.archive}: "
    if event == "recovery":
        what += "well again, "
    what += (
        f"{run.outcome}, exit code {run.exit_code}, {numbers['new']:,} new, {numbers['changed']:,} changed"
    )
    return what + (f"; in trouble since {since}" if event == "recovery" and since else "")


def _to_be_heard(run: Run, ledger: Ledger, receivers: list[str], deliveries: list[Delivery]) -> list[str]:
    """Who is at a terminal hears of each; cron mails those that were tried for the last time."""
    said = []
    for receiver, one in zip(receivers, deliveries, strict=True):
        last = ledger.owed.get(owing(one.event, receiver), 0) >= TRIES
        if not one.ok and (last or not run.how.unattended):
            said.append(f"notify.on_{one.event} did not reach {one.to}: {one.result}")
    return said


def _log(deliveries: Sequence[Delivery]) -> None:
    from yiqihui_spider.session import event

    for one in deliveries:
        level = logging.INFO if one.ok else logging.WARNING
        event("notified", level, of=one.event, to=one.to, result=one.result, seconds=one.seconds)


# --- what was told before -----------------------------------------------------------------------


def _noted(run: Run, kind: str) -> tuple[Ledger, list[Any]]:
    """The ledger, and what this run has sent already. Beside the archive it is only where a run had no
    row to note it in, and then it is newer than all rows: the next that has one takes it there."""
    from yiqihui_spider.archive.queries import run_history
    from yiqihui_spider.cli.aftermath import reading

    known = memory.load(memory.places(run.archive, os.environ)).get(_key(kind))
    if known is not None:
        return Ledger.of(known), []
    with reading(run.archive) as db, suppress(sqlite3.Error, ValueError):
        if db is not None and (found := run_history.last_noted(db, kind, NOTE)):
            of_this_run = found[0] == run.run_id and isinstance(found[1], dict)
            return Ledger.of(found[1]), found[1].get("sent", []) if of_this_run else []
    return Ledger(), []


def _note(run: Run, kind: str, noted: dict[str, Any]) -> None:
    from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive
    from yiqihui_spider.archive.state.captures import note_stats

    places = memory.places(run.archive, os.environ)
    known = memory.load(places)
    if run.session is not None and kind == run.kind:
        run.session.stats[NOTE] = noted  # which is written once more when the run ends
        try:
            db = open_archive(run.archive, create=False)
            try:
                note_stats(db, run.session.run_id, {NOTE: noted})
            finally:
                db.close()
        except (ArchiveError, sqlite3.Error, OSError):
            pass
        else:
            if known.pop(_key(kind), None) is not None:
                memory.save(places, known)
            return
    memory.save(places, {**known, _key(kind): {**noted, "sent": noted["sent"][-MOST_REASONS:]}})


def _key(kind: str) -> str:
    return f"{NOTE} {kind}"
