"""What ``status`` tells Prometheus and Nagios, of archives in every state."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.cli import main
from yiqihui_spider.cli.terminal import cuts
from yiqihui_spider.session import open_session
from yiqihui_spider.watch.exposition import nagios, prometheus, unknown

SAMPLE = re.compile(
    r'([a-z_]+)(\{([a-z]+)="((?:[^"\\\n]|\\[\\n"])*)"\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)'
)
STATE = {
    "last_crawl": {
        "started_at": "2026-03-01T00:00:00+00:00", "finished_at": "2026-03-01T00:01:30+00:00", "exit_code": 3,
    },
    "last_success_at": None,
    "crawl_stats": {"requests": 5, "pages": 4, "new_articles": 2},
    "counts": {"articles": 7, "missing": 1, "gone": 0, "captures": 9, "residue_chars": 12},
    "gaps": [{}, {}],
    "categories": [
        {"category": 'a"b\\c\nd', "last_certified_at": "2026-03-01T00:00:00+00:00", "declared": None,
         "archived": 3},
        {"category": "社群", "last_certified_at": None, "declared": 139, "archived": 138},
    ],
    "monitors": [
        {"monitor": "titles", "level": "fail", "value": 0.5, "low": 0.0, "high": 0.1, "message": "gone"},
        {"monitor": "links", "level": "warn", "value": None, "low": None, "high": None, "message": "odd"},
    ],
}  # fmt: skip


def samples(text: str) -> dict[tuple[str, str | None], str]:
    """The samples, with the format's rules held: HELP and TYPE once and before, no name in two places."""
    assert text.endswith("\n")
    found: dict[tuple[str, str | None], str] = {}
    told: list[str] = []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert line.split()[2] not in told
            told.append(line.split()[2])
        elif line.startswith("# TYPE "):
            assert line.split()[2:] == [told[-1], "gauge"]
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == told[-1]
            assert (match[1], match[4]) not in found
            found[match[1], match[4]] = match[5]
    return found


def test_every_number_has_its_name() -> None:
    found = samples(prometheus(STATE, "0.1.0", ["x"]))
    assert found["yiqihui_last_crawl_exit_code", None] == "3"
    assert found["yiqihui_last_crawl_timestamp_seconds", None] == "1772323290"
    assert found["yiqihui_last_crawl_duration_seconds", None] == "90"
    assert found["yiqihui_last_certified_timestamp_seconds", r"a\"b\\c\nd"] == "1772323200"
    assert ("yiqihui_last_certified_timestamp_seconds", "社群") not in found
    named = ("healthy", "articles", "new_articles", "residue_chars", "open_gaps")
    assert [found[f"yiqihui_{name}", None] for name in named] == ["0", "7", "2", "12", "2"]
    monitors = [found["yiqihui_monitor", name] for name in ("titles", "links")]
    assert monitors == ["2", "1"]
    assert found["yiqihui_monitor_value", "titles"] == "0.5"
    assert ("yiqihui_monitor_value", "links") not in found


def test_a_crawl_that_died_has_no_exit_code() -> None:
    died = {**STATE, "last_crawl": {**STATE["last_crawl"], "exit_code": None}}  # type: ignore[dict-item]
    assert samples(prometheus(died, "1", []))["yiqihui_last_crawl_exit_code", None] == "NaN"


@pytest.mark.parametrize(
    ("reasons", "changes", "line", "code"),
    [
        (["late"], {}, "YIQIHUI CRITICAL - late | age=3510s;;7200 new=2 gaps=2 fail=1", 2),
        (["late", "x"], {}, "YIQIHUI CRITICAL - late (+1) | age=3510s;;7200 new=2 gaps=2 fail=1", 2),
        ([], {"monitors": []}, "YIQIHUI OK - 7 articles | age=3510s;;7200 new=2 gaps=2 fail=0", 0),
        ([], {}, "YIQIHUI WARNING - links: odd | age=3510s;;7200 new=2 gaps=2 fail=1", 1),
        (["社群 | " * 9], {},
         "YIQIHUI CRITICAL - 社群 / 社群 / 社群 /… | age=3510s;;7200 new=2 gaps=2 fail=1", 2),
    ],
)  # fmt: skip
def test_nagios(reasons: list[str], changes: dict[str, object], line: str, code: int) -> None:
    told = nagios({**STATE, **changes}, "2026-03-01T01:00:00+00:00", 7200, reasons)
    assert told == (line, code)
    assert cuts(line, 79) == [(0, len(line))]


def test_nagios_is_told_what_cannot_be_known() -> None:
    assert unknown("no archive\nat x|y") == ("YIQIHUI UNKNOWN - no archive at x/y", 3)


# --- the command ---------------------------------------------------------------------------------


def status(archive: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["status", "--archive", str(archive), *words])


def test_an_archive_that_was_never_crawled(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    open_archive(archive).close()
    done = status(archive, "--format", "prometheus")
    found = samples(done.stdout)
    assert (done.exit_code, found["yiqihui_articles", None]) == (0, "0")
    assert ("yiqihui_last_crawl_exit_code", None) not in found
    done = status(archive, "--format", "nagios")
    assert (done.exit_code, done.output) == (
        2, "YIQIHUI CRITICAL - no crawl has ended yet | new=0 gaps=0 fail=0\n"
    )  # fmt: skip


def test_no_archive(tmp_path: Path) -> None:
    done = status(tmp_path / "none.db", "--format", "prometheus")
    assert (done.exit_code, done.stdout) == (1, "")
    done = status(tmp_path / "none.db", "--format", "nagios")
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (3, "", 1)
    assert done.stdout.startswith("YIQIHUI UNKNOWN - no archive at")
    assert status(tmp_path / "none.db", "--json", "--format", "nagios").exit_code == 2


def test_a_run_at_work_and_one_that_died(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    with open_session(archive, "crawl"):
        assert "at work" in status(archive).stdout
        assert "died" not in status(archive, "--check").stderr
        assert status(archive, "--format", "prometheus").exit_code == 0
    with closing(open_archive(archive)) as db:
        db.execute("UPDATE runs SET exit_code = 0, outcome = 'certified'")
        db.execute(
            "INSERT INTO runs (command, started_at, software) "
            "VALUES ('import', '2026-03-01T00:00:00+00:00', 's')"
        )
    done = status(archive, "--check")
    assert (done.exit_code, done.stderr) == (
        1, "not healthy: the last run, import of 2026-03-01T00:00:00+00:00: died\n"
    )  # fmt: skip
    assert "last run: import, 2026-03-01 08:00, died" in done.stdout
