"""A run of ``bulk``: which inputs are still to be read, and what came of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from yiqihui_spider.bulk.cluster import LOCAL, Done, cluster
from yiqihui_spider.bulk.entries import add_entry, refusals
from yiqihui_spider.bulk.inputs import BulkInput, named_by
from yiqihui_spider.bulk.journal import Journal, ResultFolder, writing
from yiqihui_spider.bulk.libraries import need_all
from yiqihui_spider.bulk.shard import zone_of
from yiqihui_spider.bulk.task import Job, Options
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.summary import Tally
from yiqihui_spider.parse.read import reading_version
from yiqihui_spider.wording import counted

ATTEMPTS = 3
"""How often an input is tried that could not be read for a reason that may pass."""
PAUSE = 1.0
"""Seconds before the second attempt; twice as long before each one after it."""


@dataclass(slots=True)
class Summary:
    """What a run did, and what its inputs hold, those read before among them."""

    inputs: int = 0
    read: int = 0
    """Inputs read in this run."""
    done_before: int = 0
    repeated: int = 0
    """Attempts that were repeated."""
    not_whole: int = 0
    """Inputs that could not be read whole: they are tried again by the next run."""
    rows: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def decide(self) -> tuple[Exit, str]:
        code, outcome = self.tally.decide()
        return code, "read" if code == Exit.DONE else outcome

    def as_dict(self) -> dict[str, Any]:
        counts = ("inputs", "read", "done_before", "repeated", "not_whole", "rows")
        tally = self.tally.as_dict()
        for told_by_an_archive in ("fresh", "unresolved_revisits"):
            del tally[told_by_an_archive]
        return {name: getattr(self, name) for name in counts} | tally


class Bulk:
    def __init__(
        self,
        folder: Path,
        options: Options,
        *,
        where: str = LOCAL,
        workers: int | None = None,
        seen: Callable[[], None] = lambda: None,
    ) -> None:
        """``seen`` is called for each input that is done."""
        need_all()
        self.folder = folder.absolute()
        self.summary = Summary()
        self._options = options
        self._where = where
        self._workers = workers
        self._seen = seen

    def run(self, patterns: Sequence[str]) -> Summary:
        """Read everything named that was not yet read. Raises BulkError."""
        site, options = self._options.site, self._options
        inputs = list(named_by(patterns, self.folder, site.names))
        about = {
            "site": site.name,
            "zone": zone_of(site),
            "hosts": sorted(options.hosts),
            "any_host": options.any_host,
            "captured_at": options.captured_at,
        }
        self.summary.inputs = len(inputs)
        with writing(self.folder, about) as journal:
            journal.begin((one.id, one.name) for one in inputs)
            failed: dict[str, str] = {}
            try:
                self._read(journal, inputs, failed)
            except KeyboardInterrupt:
                self.summary.tally.interrupted = True
            self._conclude(journal, inputs, failed)
        return self.summary

    def _read(self, journal: Journal, inputs: Sequence[BulkInput], failed: dict[str, str]) -> None:
        pending = [one for one in inputs if not self._is_done(journal, one)]
        self.summary.done_before = len(inputs) - len(pending)
        if not pending:
            return
        jobs = (Job(one, self._options, journal.temporary) for one in pending)
        with cluster(self._where, self._workers, len(pending)) as workers:
            for done in workers.work(jobs, self._again):
                if done.entry is not None:
                    journal.put(done.entry)
                    self.summary.read += 1
                else:
                    tries = counted(done.job.attempt, "attempt")
                    failed[done.job.input.id] = f"failed after {tries}: {done.error}"
                self._seen()

    def _is_done(self, journal: ResultFolder, one: BulkInput) -> bool:
        entry = journal.entry(one.id)
        if entry is None or not entry["whole"] or entry["reading"] != reading_version(self._options.site):
            return False
        try:
            return bool(entry["version"] == one.version())
        except Exception:  # whatever the storage says now: the worker will tell
            return False

    def _again(self, done: Done) -> Job | None:
        attempt = done.job.attempt + 1
        if attempt > ATTEMPTS:
            return None
        self.summary.repeated += 1
        pause = PAUSE * 2 ** (attempt - 2)
        return replace(done.job, attempt=attempt, is_last=attempt == ATTEMPTS, pause=pause)

    def _conclude(self, journal: Journal, inputs: Iterable[BulkInput], failed: dict[str, str]) -> None:
        summary = self.summary
        for one in inputs:
            entry = journal.entry(one.id)
            if entry is not None:
                add_entry(summary.tally, entry)
                for table, count in entry["rows"].items():
                    summary.rows[table] = summary.rows.get(table, 0) + count
            if one.id in failed:
                summary.tally.unreadable.add(f"{one.name}: {failed[one.id]}")
            summary.not_whole += one.id in failed or entry is None or not entry["whole"]
        if not summary.tally.interrupted and not summary.tally.files and not summary.tally.unreadable.count:
            met = summary.tally.what_was_passed_over()
            summary.tally.unreadable.add(f"nothing of the site's is in what was named ({met or 'no file'})")
        journal.finish(refusals(journal, failed), whole=not summary.not_whole)
