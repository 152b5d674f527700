from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from yiqihui_spider.watch.schedule import Job, crontab, systemd_units


def job(**changes: object) -> Job:
    values = {
        "executable": PurePosixPath("/opt/y/bin/yiqihui"),
        "archive": PurePosixPath("/srv/y/y.db"),
        "log": PurePosixPath("/srv/y/crawl.log"),
    }
    return Job(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("every", "when"),
    [
        (15, "*/15 * * * *"),
        (60, "17 * * * *"),
        (30, "*/30 * * * *"),
        (120, "17 */2 * * *"),
        (360, "17 */6 * * *"),
        (1440, "17 4 * * *"),
    ],
)
def test_times(every: int, when: str) -> None:
    line = crontab(job(every_minutes=every)).splitlines()[-1]
    assert line == f"{when} /opt/y/bin/yiqihui crawl --archive /srv/y/y.db >>/srv/y/crawl.log 2>&1"


@pytest.mark.parametrize("every", [7, 45, 90, 300, 1000])
def test_times_that_cron_would_not_keep(every: int) -> None:
    with pytest.raises(ValueError, match=f"cron can't run every {every} minutes"):
        crontab(job(every_minutes=every))
    assert f"OnUnitActiveSec={every}min" in systemd_units(job(every_minutes=every))["yiqihui.timer"]


def test_what_no_line_can_hold() -> None:
    with pytest.raises(ValueError, match="a line break"):
        job(archive=PurePosixPath("/srv/a\nb.db"))


def test_percent_and_spaces_survive_cron() -> None:
    line = crontab(job(archive=PurePosixPath("/srv/50% off/y.db"))).splitlines()[-1]
    assert r"'/srv/50\% off/y.db'" in line


def test_the_line_runs_as_cron_would_run_it(tmp_path: Path) -> None:
    """cron hands the line to /bin/sh, ``\\%`` made ``%`` again."""
    executable = tmp_path / "say args"
    executable.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:])\n")
    executable.chmod(0o755)
    log = tmp_path / "l%g.txt"
    line = crontab(job(executable=executable, log=log, options=("--category", "社群 a"))).splitlines()[-1]
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    subprocess.run(["/bin/sh", "-c", command], check=True, env={**os.environ, "PYTHONUTF8": "1"})
    assert log.read_text("utf-8") == "['crawl', '--archive', '/srv/y/y.db', '--category', '社群 a']\n"


def test_units() -> None:
    units = systemd_units(job(archive=PurePosixPath('/srv/50% "q"/y.db'), every_minutes=30))
    assert sorted(units) == ["yiqihui.service", "yiqihui.timer"]
    exec_line = next(line for line in units["yiqihui.service"].splitlines() if line.startswith("ExecStart="))
    assert exec_line == 'ExecStart=/opt/y/bin/yiqihui crawl --archive "/srv/50%% \\"q\\"/y.db"'
    assert "SuccessExitStatus=3 75" in units["yiqihui.service"]
    assert "OnUnitActiveSec=30min" in units["yiqihui.timer"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yiqihui_spider", "schedule", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_prints_absolute_paths(tmp_path: Path) -> None:
    done = run("cron", "--archive", str(tmp_path / "y.db"), "--category", "社群", "--minute", "5")
    assert done.returncode == 0
    line = done.stdout.splitlines()[-1]
    assert line.startswith("5 * * * * /")
    assert f"crawl --archive {tmp_path}/y.db --category '社群' >>{tmp_path}/crawl.log 2>&1" in line


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
