from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.watch.schedule import Job, crontab, installed, systemd_units


def job(**changes: object) -> Job:
    values = {
        "executable": PurePosixPath("/opt/y/bin/yiqihui"),
        "archive": PurePosixPath("/srv/y/y.db"),
        "log": PurePosixPath("/srv/y/crawl.log"),
    }
    return Job(**{**values, **changes})  # type: ignore[arg-type]


RUN = "/opt/y/bin/yiqihui crawl --unattended --archive /srv/y/y.db --log-file /srv/y/crawl.log"


@pytest.mark.parametrize(
    ("every", "when", "calendar"),
    [
        (15, "*/15 * * * *", ["*-*-* *:02,17,32,47:00"]),
        (30, "*/30 * * * *", ["*-*-* *:17,47:00"]),
        (60, "17 * * * *", ["*-*-* *:17:00"]),
        (120, "17 */2 * * *", ["*-*-* 00,02,04,06,08,10,12,14,16,18,20,22:17:00"]),
        (360, "17 */6 * * *", ["*-*-* 00,06,12,18:17:00"]),
        (1440, "17 4 * * *", ["*-*-* 04:17:00"]),
        (480, "17 */8 * * *", ["*-*-* 00,08,16:17:00"]),
        (720, "17 */12 * * *", ["*-*-* 00,12:17:00"]),
    ],
)
def test_times(every: int, when: str, calendar: list[str]) -> None:
    line = crontab(job(every_minutes=every))
    assert line == f"{when} {RUN} >/dev/null # yiqihui crawl of /srv/y/y.db\n"
    timer = systemd_units(job(every_minutes=every))["yiqihui.timer"]
    assert re.findall("^OnCalendar=(.*)$", timer, re.MULTILINE) == calendar


def test_times_that_only_systemd_keeps() -> None:
    for every in (45, 90):
        with pytest.raises(ValueError, match=f"cron can't run every {every} minutes"):
            crontab(job(every_minutes=every))
    assert re.findall(
        "^OnCalendar=(.*)$", systemd_units(job(every_minutes=90))["yiqihui.timer"], re.MULTILINE
    ) == ["*-*-* 00,03,06,09,12,15,18,21:17:00", "*-*-* 01,04,07,10,13,16,19,22:47:00"]


@pytest.mark.parametrize("every", [7, 300, 1000])
def test_times_that_nobody_would_keep(every: int) -> None:
    with pytest.raises(ValueError, match=f"cron can't run every {every} minutes"):
        crontab(job(every_minutes=every))
    with pytest.raises(ValueError, match=f"no multiple of {every} minutes"):
        systemd_units(job(every_minutes=every))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"archive": PurePosixPath("/srv/a\nb.db")}, "a line break"),
        ({"name": "../x"}, "no name for a unit"),
    ],
)
def test_what_no_job_can_be(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        job(**changes)


def test_what_cron_would_not_take() -> None:
    with pytest.raises(ValueError, match="998 bytes"):
        crontab(job(archive=PurePosixPath("/" + "社" * 200)))
    with pytest.raises(ValueError, match="backslash"):
        crontab(job(archive=PurePosixPath("/srv/a\\b.db")))


def test_percent_and_spaces_survive_cron() -> None:
    line = crontab(job(archive=PurePosixPath("/srv/50% off/y.db")))
    assert r"'/srv/50\% off/y.db'" in line
    assert line.endswith("# yiqihui crawl of /srv/50\\% off/y.db\n")


def test_the_line_runs_as_cron_would_run_it(tmp_path: Path) -> None:
    """cron hands the line to /bin/sh, ``\\%`` made ``%`` again."""
    executable = tmp_path / "say args"
    executable.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], file=sys.stderr)\n")
    executable.chmod(0o755)
    options = ("--category", "社群 'a'")
    archive = PurePosixPath('/a "b" $HOME `c` #d.db')
    line = crontab(job(executable=executable, archive=archive, options=options, config=Path("/c%")))
    command = line.rstrip("\n").split(" ", 5)[5].replace(r"\%", "%")
    done = subprocess.run(
        ["/bin/sh", "-c", command], check=True, env={"PYTHONUTF8": "1"}, capture_output=True, text=True
    )
    words = ["crawl", "--unattended", "--archive", str(archive), "--config", "/c%"]
    words += ["--log-file", "/srv/y/crawl.log", *options]
    assert (done.stdout, done.stderr) == ("", f"{words}\n")


def test_installing_again_leaves_one_line_and_all_others() -> None:
    others = (
        "MAILTO=me@example.org\n# mine\n\n5 4 * * * /opt/y/bin/yiqihui crawl --archive /srv/y/y.db && true\n"
    )
    before = others + "17 * * * * /opt/y/bin/yiqihui crawl --archive /srv/y/y.db >>/srv/y/crawl.log 2>&1"
    first = installed(before, job())
    assert first == others + crontab(job())
    assert installed(first, job()) == first
    second = installed(first, job(every_minutes=30))
    assert second == others + crontab(job(every_minutes=30))
    another = job(archive=PurePosixPath("/srv/y/y.db2"))
    assert installed(second, another) == second + crontab(another)
    assert installed("", job()) == crontab(job())


def test_units() -> None:
    units = systemd_units(job(archive=PurePosixPath('/srv/50% "q"/y.db'), every_minutes=30))
    assert sorted(units) == ["yiqihui-failed@.service", "yiqihui.service", "yiqihui.timer"]
    service, timer = units["yiqihui.service"].splitlines(), units["yiqihui.timer"].splitlines()
    run, check = (line for line in service if line.startswith("Exec"))
    archive = '--archive "/srv/50%% \\"q\\"/y.db"'
    assert run == f"ExecStart=/opt/y/bin/yiqihui crawl --unattended {archive} --log-file /srv/y/crawl.log"
    assert check == f"ExecStartPost=/opt/y/bin/yiqihui schedule check {archive}"
    assert {"SuccessExitStatus=3 75", "Type=oneshot", "OnFailure=yiqihui-failed@%n.service"} <= set(service)
    assert {"Persistent=true", "RandomizedDelaySec=300"} <= set(timer)
    assert not any(line.startswith("User=") for line in service)
    system = systemd_units(job(user="alice", name="news"))
    assert {"User=alice", "OnFailure=news-failed@%n.service"} <= set(system["news.service"].splitlines())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("words", [("--user",), ("--system",)])
def test_systemd_finds_nothing_wrong_with_the_units(words: tuple[str, ...], tmp_path: Path) -> None:
    units = tmp_path / "units"
    kind = () if words == ("--user",) else words
    odd = tmp_path / "50% '社群'" / "y.db"
    done = run("systemd", *kind, "--archive", str(odd), "--every", "90", "-o", str(units))
    assert done.returncode == 0, done.stderr
    verify = ["systemd-analyze", "verify", *words, *sorted(str(path) for path in units.iterdir())]
    checked = subprocess.run(
        verify,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yiqihui_spider", "schedule", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **env})


def test_command_prints_absolute_paths_and_the_settings_file(tmp_path: Path) -> None:
    config = tmp_path / "y.toml"
    config.write_text("log.file = 'logs/run.log'\n")
    done = run(
        "cron", "--archive", str(tmp_path / "y.db"), "--category", "社群", "--minute", "5",
        YIQIHUI_CONFIG=str(config), YIQIHUI_CRAWL_DELAY="2",
    )  # fmt: skip
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith("5 * * * * /")
    wanted = (
        f"crawl --unattended --archive {tmp_path}/y.db --config {config} --log-file {tmp_path}/logs/run.log"
    )
    assert f"{wanted} --category '社群' >/dev/null #" in line
    told = "note: $YIQIHUI_CRAWL_DELAY will not be set there; put it into a settings file\n"
    assert done.stderr == told


CRONTAB = """#!/bin/sh
if [ "$1" = -l ]; then cat "$TABLE" 2>/dev/null || { echo "no crontab for me" >&2; exit 1; }
else cat >"$TABLE"; fi
"""


def test_install(tmp_path: Path) -> None:
    (tmp_path / "crontab").write_text(CRONTAB)
    (tmp_path / "crontab").chmod(0o755)
    table = tmp_path / "table"
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TABLE": str(table)}
    words = ("cron", "--install", "--archive", str(tmp_path / "y.db"))
    assert run(*words, **env).stdout.startswith("in your crontab now: 17 * * * * ")
    assert table.read_text().count("yiqihui crawl of") == 1
    assert run(*words, **env).stdout == "the line is in your crontab already\n"
    table.write_bytes(b"1 2 3 4 5 caf\xe9\n" + table.read_bytes())
    assert run(*words, "--every", "30", **env).returncode == 0
    first, second = table.read_bytes().splitlines()
    assert (first, second[:12]) == (b"1 2 3 4 5 caf\xe9", b"*/30 * * * *")
    (tmp_path / "crontab").write_text("#!/bin/sh\necho you may not >&2; exit 1\n")
    failed = run(*words, **env)
    assert (failed.returncode, failed.stderr) == (1, "Error: crontab -l: you may not\n")


def test_check(tmp_path: Path) -> None:
    archive = tmp_path / "y.db"
    with closing(open_archive(archive)) as db:
        db.execute("""
            INSERT INTO runs (command, started_at, finished_at, outcome, exit_code, software) VALUES
              ('crawl', '2026-03-01T00:00:00+00:00', '2026-03-01T00:01:00+00:00', 'certified', 0, 's'),
              ('crawl', '2026-03-01T01:00:00+00:00', '2026-03-01T01:01:00+00:00', 'site away', 75, 's'),
              ('analyze', '2026-03-01T02:00:00+00:00', '2026-03-01T02:01:00+00:00', 'done', 0, 's')
            """)
    done = run("check", "--archive", str(archive))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"yiqihui crawl of {archive}: site away, exit code 75; so since 2026-03-01T01:00:00+00:00\n"
    )
    assert run("check", "--archive", str(archive), YIQIHUI_ALERTS_AFTER="9999999d").returncode == 0


@pytest.mark.parametrize("words", [("--every", "90"), ("--category", "a\nb")])
def test_what_makes_no_schedule_is_usage(words: tuple[str, ...]) -> None:
    done = run("cron", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_unknown_kind_is_usage() -> None:
    done = run("windows")
    assert done.returncode == 2
    assert "cron" in done.stderr
    assert "Traceback" not in done.stderr
