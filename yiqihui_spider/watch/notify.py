"""Whom to tell of a run, and when: as its state changes, and once a day while it stays. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from yiqihui_spider.urls import is_web_address

EVENTS = ("failure", "recovery", "success", "change")

WELL, FAILING = "well", "failing"

DAY = 23.5 * 3600
"""Seconds after which a state is told again. A little less than a day: else a daily run that ends a
minute earlier than yesterday would be told of every other day."""

AHEAD = 3600.0
"""Seconds. What was told further in the future was told by a wrong clock, and counts as long ago."""

TRIES = 3
"""Runs that try to deliver a message."""


# --- when ---------------------------------------------------------------------------------------


def kind_of(command: str) -> str:
    """What kind of run a command makes: those of one kind are compared with each other.

    >>> kind_of("scrapy crawl"), kind_of("crawl --sample"), kind_of("wayback http://a/")
    ('crawl', 'crawl', 'wayback')
    """
    return command.removeprefix("scrapy ").partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was told of the runs of one kind so far."""

    state: str | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    """When an event was told last."""
    owed: Mapping[str, int] = field(default_factory=dict)
    """Messages that were not delivered, by event and receiver: how often that was tried."""
    since: str | None = None
    """When the trouble began, while there is some."""

    @classmethod
    def of(cls, noted: Any) -> Ledger:
        """From what was noted; anything else is an empty one."""
        if not isinstance(noted, dict):
            return cls()
        told, owed = noted.get("told"), noted.get("owed")
        return cls(
            noted.get("state") if noted.get("state") in (WELL, FAILING) else None,
            {k: v for k, v in told.items() if isinstance(v, str)} if isinstance(told, dict) else {},
            {k: v for k, v in owed.items() if isinstance(v, int)} if isinstance(owed, dict) else {},
            noted["since"] if isinstance(noted.get("since"), str) else None,
        )

    def noted(self) -> dict[str, Any]:
        return {"state": self.state, "told": dict(self.told), "owed": dict(self.owed), "since": self.since}


def state_of(exit_code: int, alarming: bool) -> str | None:
    """What a run says of its kind: None if it says nothing, as passing trouble does while it is young."""
    if exit_code == 0:
        return WELL
    return FAILING if alarming else None


def due(ledger: Ledger, state: str | None, changed: bool, now: str) -> list[str]:
    """What is to be told after a run. ``state``: what the run says; ``changed``: whether it brought
    articles that are new or changed."""
    stands = state or ledger.state
    turned = ledger.state is not None and stands != ledger.state
    wanted = {
        "failure": stands == FAILING and (ledger.state != FAILING or _long_ago(ledger, "failure", now)),
        "recovery": stands == WELL and turned,
        "success": state == WELL and (ledger.state != WELL or _long_ago(ledger, "success", now)),
        "change": changed or turned,
    }
    return [event for event in EVENTS if wanted[event]]


def _long_ago(ledger: Ledger, event: str, now: str) -> bool:
    try:
        then = datetime.fromisoformat(ledger.told.get(event, ""))
        age = (datetime.fromisoformat(now) - then).total_seconds()
    except (ValueError, TypeError):
        return True
    return age >= DAY or age < -AHEAD


def owed(ledger: Ledger, state: str | None, event: str, receiver: str) -> bool:
    """Whether a message that was not delivered is to be sent once more: it must be true still."""
    true = (state or ledger.state) == FAILING if event == "failure" else state == WELL
    return event != "change" and true and 0 < ledger.owed.get(owing(event, receiver), 0) < TRIES


def owing(event: str, receiver: str) -> str:
    """By what a message to somebody is remembered: what it goes to may be a secret."""
    return f"{event} {hashlib.sha256(receiver.encode('utf-8', 'backslashreplace')).hexdigest()[:12]}"


def after(
    ledger: Ledger,
    state: str | None,
    events: list[str],
    now: str,
    sent: Mapping[tuple[str, str], bool],
    since: str | None,
) -> Ledger:
    """The ledger behind a run. ``sent``: by event and receiver, whether it was delivered."""
    told = {**ledger.told, **dict.fromkeys(events, now)}
    owes = dict(ledger.owed) if state is None else {}
    for (event, receiver), delivered in sent.items():
        name = owing(event, receiver)
        tries = 1 if event in events else ledger.owed.get(name, 0) + 1
        owes.pop(name, None)
        if not delivered and event != "change":
            owes[name] = tries
    stands = state or ledger.state
    return Ledger(stands, told, owes, since if stands == FAILING else None)


# --- whom ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody to be told: an address to be asked with ``method``, or a command."""

    target: str
    method: str = ""
    """``POST``, ``GET``; empty for a command."""

    @classmethod
    def of(cls, text: str) -> Receiver:
        """As written in the settings: ``https://…``, ``GET https://…`` or a command.

        >>> Receiver.of(" GET  https://a.b/c "), Receiver.of("https://a.b/"), Receiver.of("mail me")
        (Receiver(target='https://a.b/c', method='GET'), Receiver(target='https://a.b/', method='POST'), \
Receiver(target='mail me', method=''))
        """
        match = re.fullmatch(r"\s*(?:(GET|POST)\s+)?((?i:https?)://\S*)\s*", text)
        return cls(match[2], match[1] or "POST") if match else cls(text)

    @property
    def name(self) -> str:
        """Who it is, without what may be a secret: the path of an address, the words of a command.

        >>> Receiver.of("https://me:pw@hooks.example:8443/T0/secret").name, Receiver.of("A=s /bin/x s").name
        ('https://hooks.example:8443/…', 'x …')
        """
        if self.method:
            parts = urlsplit(self.target)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"
        words = [word for word in self.target.split() if not re.match(r"\w+=", word)]
        program = words[0].rpartition("/")[2] if words else ""
        return f"{program} …" if re.fullmatch(r"[\w.+-]+", program) else "a command …"

    def address(self, state: str) -> str:
        """Where to send it: of healthchecks' addresses the one that says that all is not well.

        >>> check = "https://hc-ping.com/5f3b1d0e-1a2b-4c3d-8e9f-001122334455"
        >>> Receiver(check).address("failing").rpartition("/")[2], Receiver(check).address("well") == check
        ('fail', True)
        """
        parts = urlsplit(self.target)
        path = parts.path.rstrip("/")
        last = path.rpartition("/")[2]
        if state != FAILING or not is_healthchecks(self.target):
            return self.target
        if last in ("fail", "start", "log") or (last.isdigit() and len(last) <= 3):
            return self.target
        return urlunsplit(parts._replace(path=f"{path}/fail"))


_UUID = re.compile(r"/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/|$)", re.IGNORECASE)


def is_healthchecks(url: str) -> bool:
    """Whether an address is a check of healthchecks': there a ping at the address itself says "well"."""
    parts = urlsplit(url)
    return (
        parts.hostname == "hc-ping.com" or parts.path.startswith("/ping/") or bool(_UUID.search(parts.path))
    )


def can_be_told(text: str) -> bool:
    """Whether this is a receiver: a command, or an address that can be asked."""
    receiver = Receiver.of(text)
    if not receiver.method:  # a command, unless it is an address that is misspelt
        return bool(text.strip()) and not re.match(r"\s*(?:[A-Z]+\s+)?[A-Za-z][\w+.-]*://", text)
    try:
        parts = urlsplit(receiver.target)
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return False
    return is_web_address(bare)
