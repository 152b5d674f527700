"""One input read by a worker: the same functions as an import's, into files of its own."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from yiqihui_spider.bulk.entries import ShardTally
from yiqihui_spider.bulk.inputs import BulkInput, Trouble
from yiqihui_spider.bulk.shard import Shard
from yiqihui_spider.imports.files import Files
from yiqihui_spider.parse.read import reading_version
from yiqihui_spider.site import SiteProfile, parse_profile

_CHANGED = Trouble("it changed while it was read", True)


@dataclass(frozen=True, slots=True)
class Options:
    """By what pages are chosen and read: the same for every input."""

    profile: str
    """Text of the site profile."""
    built_in: bool
    hosts: tuple[str, ...] = ()
    any_host: bool = False
    captured_at: str | None = None

    @property
    def site(self) -> SiteProfile:
        return _profile(self.profile, self.built_in)


@lru_cache(maxsize=4)
def _profile(text: str, built_in: bool) -> SiteProfile:
    return parse_profile(text, "the site profile", built_in=built_in)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is to do."""

    input: BulkInput
    options: Options
    folder: Path
    """Where the files of rows are put, one run's own."""
    attempt: int = 1
    is_last: bool = False
    """What can be had is better than nothing now."""
    pause: float = 0.0
    """Seconds to wait first: what failed just now may go better in a while."""


class PassingTrouble(Exception):
    """The input could not be read as it is: trying again may help."""


def read_shard(job: Job) -> dict[str, Any]:
    """Read one input; what came of it, for the journal. Raises PassingTrouble."""
    time.sleep(job.pause)
    one, options = job.input, job.options
    one.troubles.clear()
    version = one.version()
    stem = f"{one.id}.{uuid.uuid4().hex[:8]}"  # a worker that was given up may be at it still
    shard = Shard(job.folder, stem, one.name, options.site)
    tally = ShardTally()
    files = Files(shard, tally, options.site, options.hosts, options.any_host, options.captured_at)
    try:
        files.read(one)
        files.records.settle_revisits()
    finally:
        rows, sizes = shard.close()
    troubles = [*one.troubles, *([] if one.version() == version else [_CHANGED])]
    if any(trouble.passing for trouble in troubles) and not job.is_last:
        raise PassingTrouble("; ".join({trouble.words for trouble in troubles}))
    for words in {trouble.words for trouble in troubles}:
        if not any(words in line for lines in (tally.unreadable, tally.damaged) for line in lines.kept):
            tally.unreadable.add(f"{one.name}: {words}")
    return {
        "id": one.id,
        "file": one.name,
        "version": version,
        "reading": reading_version(options.site),
        "whole": not troubles and version is not None,
        "attempts": job.attempt,
        "stem": stem,
        "rows": rows,
        "sizes": sizes,
        **tally.as_entry(),
    }
