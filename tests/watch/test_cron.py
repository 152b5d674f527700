"""The line that ``schedule cron`` installs, run by Debian's cron, which mails or does not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.faults import Faults, refusing, serve_faulty, swap

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.sample.site import SampleSite

# Everything that cron reads and writes is put aside, so that the machine's own jobs neither run nor change.
ALONE = r"""
set -eu
mount -t tmpfs none /run
mount -t tmpfs none /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
chgrp crontab /var/spool/cron/crontabs
mount -t tmpfs none /etc/cron.d
: >empty; [ ! -e /etc/crontab ] || mount --bind empty /etc/crontab
mkdir -p sbin real; mount --bind /usr/sbin real
for program in real/*; do ln -sf "$PWD/$program" sbin/; done
cp sendmail sbin/sendmail
mount --bind sbin /usr/sbin
printf '%s\n' 'HOUSE=mine' "5 4 * * * echo 100\% mine" | crontab -
sh ./install
sh ./install
crontab -l >table
sed 's/^17 \* \* \* \*/@reboot/' table | crontab -
env -i /usr/sbin/cron -f &
cron=$!
sleep 1
while [ -n "$(cat /proc/$cron/task/$cron/children)" ]; do sleep 0.1; done
kill $cron
"""

SENDMAIL = """#!/bin/sh
cat >"$(mktemp {folder}/XXXXXXXX)"
"""


def usable() -> str | None:
    """Why the real cron can't be run here, or None."""
    if os.geteuid() != 0:
        return "only root can run cron"
    if missing := [name for name in ("crontab", "unshare", "cron") if not shutil.which(name, path=PATH)]:
        return f"{', '.join(missing)} not installed"
    if subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/run"], capture_output=True
    ).returncode:
        return "nothing may be mounted here, so cron can't be kept apart from the machine's own"
    return None


PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture
def alone() -> None:
    if why := usable():
        pytest.skip(why)


def test_cron_mails_trouble_and_nothing_else(alone: None, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "sendmail").write_text(SENDMAIL.format(folder=tmp_path / "mail"))
    (tmp_path / "sendmail").chmod(0o755)
    (tmp_path / "y.toml").write_text(
        "[crawl]\ndelay = 0\ncategories = ['购物资讯']\ndetails = false\n", "utf-8"
    )
    folder = tmp_path / "50% 社群 'q'"
    yiqihui = f"{sys.executable} -m yiqihui_spider --config {tmp_path}/y.toml schedule cron --install"
    broken = Faults()
    broken.on("/news/list*", swap(" 次", " 回"))
    with (
        serve_faulty(SampleSite(), Faults()) as well,
        serve_faulty(SampleSite(), broken) as odd,
        refusing() as away,
    ):
        jobs = {"well": well.url, "layout": odd.url, "young": away, "lasting": away}
        lines = [
            f'{yiqihui} --archive "{folder}/{name}.db" --start-url {url}/news/' for name, url in jobs.items()
        ]
        (tmp_path / "install").write_text("\n".join(lines), "utf-8")
        folder.mkdir()
        with closing(open_archive(folder / "lasting.db")) as db:
            db.execute(
                "INSERT INTO runs (command, started_at, finished_at, outcome, exit_code, software) "
                "VALUES ('crawl', "
                "'2026-03-01T00:00:00+00:00', '2026-03-01T00:01:00+00:00', 'site unreachable', 75, 's')"
            )
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", ALONE], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{PATH}:{os.environ['PATH']}"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = (tmp_path / "table").read_text("utf-8").splitlines()
    assert table[:2] == ["HOUSE=mine", "5 4 * * * echo 100\\% mine"]
    assert len(table) == 2 + 4
    codes = {name: last_exit_code(folder / f"{name}.db") for name in jobs}
    assert codes == {"well": 0, "layout": 4, "young": 75, "lasting": 75}
    told = sorted(path.read_text("utf-8").partition("\n\n")[2] for path in (tmp_path / "mail").iterdir())
    assert [text.count("\n") for text in told] == [1, 1], told
    start = f"yiqihui crawl of {folder}"
    assert told[0].startswith(f"{start}/lasting.db: site unreachable, exit code 75: ")
    assert "; so since 2026-03-01T00:00:00+00:00; more in " in told[0]
    assert told[1].startswith(f"{start}/layout.db: layout not understood, exit code 4: ")
    assert (folder / "crawl.log").read_text("utf-8").count(" run_ended ") == 4


def last_exit_code(archive: Path) -> int:
    with closing(sqlite3.connect(archive)) as db:
        code: int = db.execute("SELECT exit_code FROM runs ORDER BY id DESC LIMIT 1").fetchone()[0]
        return code
