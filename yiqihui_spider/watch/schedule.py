"""Lines for cron and units for systemd that run the crawl on a schedule. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Job:
    """What is to run: absolute paths, so that it works from any folder.

    Raises ValueError, in words for the user, for what no line can hold.
    """

    executable: PurePath
    archive: PurePath
    log: PurePath
    every_minutes: int = 60
    minute: int = 17
    """Minute of the hour at which an hourly (or rarer) run starts."""
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not char.isprintable() for word in (*self.command, str(self.log)) for char in word):
            raise ValueError(
                "a line break or another control character can't stand in a crontab or a unit file"
            )

    @property
    def command(self) -> list[str]:
        return [str(self.executable), "crawl", "--archive", str(self.archive), *self.options]


def crontab(job: Job) -> str:
    """A crontab line, ready for ``crontab -e``; ``%`` is escaped as cron wants it.

    Raises ValueError for an interval that cron can't keep.

    >>> job = Job(PurePath("/opt/y/yiqihui"), PurePath("/srv/a b.db"), PurePath("/srv/crawl.log"))
    >>> print(crontab(job).splitlines()[-1])
    17 * * * * /opt/y/yiqihui crawl --archive '/srv/a b.db' >>/srv/crawl.log 2>&1
    """
    command = f"{shlex.join(job.command)} >>{shlex.quote(str(job.log))} 2>&1".replace("%", r"\%")
    comment = "# yiqihui: a run that finds another one at work ends at once with exit code 75"
    return f"{comment}\n{_when(job)} {command}\n"


def _when(job: Job) -> str:
    if 60 % job.every_minutes == 0 and job.every_minutes < 60:
        return f"*/{job.every_minutes} * * * *"
    hours, rest = divmod(job.every_minutes, 60)
    if rest or 24 % hours:
        raise ValueError(
            f"cron can't run every {job.every_minutes} minutes: it takes parts of an hour (5, 10, 15, …)"
            " or hours that divide a day (60, 120, 180, …); systemd takes any"
        )
    if hours == 1:
        return f"{job.minute} * * * *"
    return f"{job.minute} */{hours} * * *" if hours < 24 else f"{job.minute} 4 * * *"


def systemd_units(job: Job) -> dict[str, str]:
    """A service and a timer, by file name, for ``~/.config/systemd/user/``."""
    service = "\n".join(
        [
            "[Unit]",
            "Description=Crawl 178hui.com news into the archive",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            "Type=oneshot",
            f"ExecStart={' '.join(_systemd_quote(word) for word in job.command)}",
            "# 3: done but not certified, 75: another run at work or the site away; both are told by",
            "# `yiqihui status`, neither is a broken service.",
            "SuccessExitStatus=3 75",
            f"StandardOutput=append:{_systemd_path(job.log)}",
            f"StandardError=append:{_systemd_path(job.log)}",
            "",
        ]
    )
    timer = "\n".join(
        [
            "[Unit]",
            "Description=Crawl 178hui.com news on a schedule",
            "",
            "[Timer]",
            "OnBootSec=5min",
            f"OnUnitActiveSec={job.every_minutes}min",
            "Persistent=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
        ]
    )
    return {"yiqihui.service": service, "yiqihui.timer": timer}


def _systemd_quote(word: str) -> str:
    """A word of an ``ExecStart`` line: specifiers, variables and quotes made plain."""
    plain = _systemd_path(word).replace("$", "$$")
    if not any(character in plain for character in " \t\"'\\;"):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _systemd_path(path: PurePath | str) -> str:
    return str(path).replace("%", "%%")
