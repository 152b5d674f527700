"""One ``yiqihui wayback``: index, plan, captures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.archive.state.past_captures import Held, Nothing
from yiqihui_spider.clock import now
from yiqihui_spider.errors import Exit, YiqihuiError
from yiqihui_spider.session import open_session, site_of
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.urls import same_site
from yiqihui_spider.wayback.cdx import LeftOut, Row, plain_address
from yiqihui_spider.wayback.client import Client, RateLimiter
from yiqihui_spider.wayback.fetch import Fetch, latest_moment
from yiqihui_spider.wayback.index import read_index
from yiqihui_spider.wayback.plan import Holdings, Plan, plan
from yiqihui_spider.wayback.query import CdxQuery, credentials, open_address
from yiqihui_spider.wayback.tally import Tally

Progress = Callable[[Plan], Callable[[], None]]
"""Told of the plan; gives what is called once for each capture tried."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    index_rate: float
    """Index requests a minute."""
    delay: float
    """Seconds between two captures asked for."""
    contact: str = ""
    """Whom the servers may write to."""


def dry_run(
    archive: Path,
    query: CdxQuery,
    base: str,
    limits: RateLimits,
    *,
    retry: bool = False,
    on_wait: Callable[[str], None] = lambda text: None,
    site: SiteProfile | None = None,
) -> Plan:
    """What would be fetched; nothing is written. Raises IndexUnreachable, IndexRefuses, ArchiveError."""
    site = site_of(archive, site)
    client = Client(credentials=credentials(query.index), contact=limits.contact, on_wait=on_wait)
    query = query.without_credentials()
    if not archive.exists():
        return _plan(client, query, limits, Nothing(), site)
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return _plan(client, query, limits, Held(db, open_address(base), None if retry else now()), site)


def run(
    archive: Path,
    query: CdxQuery,
    base: str,
    limits: RateLimits,
    *,
    limit: int | None = None,
    retry: bool = False,
    on_wait: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda plan: lambda: None,
    site: SiteProfile | None = None,
) -> tuple[Plan, Tally]:
    """Fetch what the archive lacks; with ``retry``, what could not be had before, too. Raises
    IndexUnreachable, IndexRefuses, ArchiveLocked, ArchiveError."""
    client = Client(credentials=credentials(query.index, base), contact=limits.contact, on_wait=on_wait)
    query, base = query.without_credentials(), open_address(base)
    with open_session(archive, f"wayback {query.prefix}", site) as session:
        session.stats |= {"index": query.index, "replay": base}
        held = Held(session.db, base, None if retry else now())
        try:
            found = _plan(client, query, limits, held, session.site)
        except YiqihuiError as error:
            session.exit_code = error.exit_code
            session.outcome = "index unreachable" if error.exit_code == Exit.TRY_LATER else "failed"
            session.stats["error"] = str(error)
            raise
        fetch = Fetch(
            session,
            client,
            RateLimiter(limits.delay),
            held,
            found,
            lambda url: is_ours(url, query, session.site),
        )
        tally = fetch.run(limit, progress(found))
        session.exit_code, session.outcome = tally.decide()
        session.stats |= counts(found) | tally.as_dict() | {"requests": client.requests}
    return found, tally


def counts(found: Plan) -> dict[str, Any]:
    return {
        "captures": found.rows,
        "no_pages": found.others,
        "known": found.known,
        "doubted": found.doubted,
        "identical": found.identical,
        "wanted": len(found.tasks),
        "waiting": found.waiting,
        "left_out": found.left_out,
    }


def is_ours(url: str, query: CdxQuery, site: SiteProfile) -> bool:
    """Whether an address is on the host that was asked for. (Indexes take ``www.`` away.)"""
    return same_site(url, query.home, site.names) or _host(url) == _host(query.home)


def _host(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(plain_address(url) or url)
        return (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return "", -1


def _plan(client: Client, query: CdxQuery, limits: RateLimits, held: Holdings, site: SiteProfile) -> Plan:
    answers = read_index(client, RateLimiter(60 / limits.index_rate), query)
    rows: Iterator[Row | LeftOut] = chain.from_iterable((*one.rows, *one.left_out) for one in answers)
    return plan(rows, held, latest=latest_moment(), ours=lambda url: is_ours(url, query, site))
