"""Lines for cron and units for systemd that run the crawl on a schedule. Pure."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePath

DAY = 24 * 60

LONGEST_LINE = 998
"""Characters of a command that cron takes."""


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
    config: PurePath | None = None
    """The settings file: cron and systemd start in another folder."""
    name: str = "yiqihui"
    """What the units are called."""
    user: str | None = None
    """For units of the system: who runs it. None: units of the user's own."""

    def __post_init__(self) -> None:
        if any(not char.isprintable() for word in self.command for char in word):
            raise ValueError(
                "a line break or another control character can't stand in a crontab or a unit file"
            )
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", self.name):
            raise ValueError(
                f"{self.name!r} is no name for a unit: letters, digits, '_', '.' and '-' make one"
            )

    @property
    def command(self) -> list[str]:
        words = [str(self.executable), "crawl", "--unattended", *self._where, "--log-file", str(self.log)]
        return [*words, *self.options]

    @property
    def check(self) -> list[str]:
        """What tells whether trouble has lasted too long."""
        return [str(self.executable), "schedule", "check", *self._where]

    @property
    def _where(self) -> list[str]:
        config = ["--config", str(self.config)] if self.config else []
        return ["--archive", str(self.archive), *config]


# --- cron ---------------------------------------------------------------------------------------


def crontab(job: Job) -> str:
    """A crontab line; ``%`` is escaped as cron wants it. What a run prints on standard error is left to
    cron, which mails it.

    Raises ValueError for an interval that cron can't keep, and for what it would not understand.

    >>> job = Job(PurePath("/opt/y/yiqihui"), PurePath("/srv/a b.db"), PurePath("/srv/crawl.log"))
    >>> line = crontab(job)
    >>> line[:70]
    "17 * * * * /opt/y/yiqihui crawl --unattended --archive '/srv/a b.db' --"
    """
    if any("\\" in word for word in job.command):
        raise ValueError("a backslash in a path or a name is not understood alike by all crons")
    command = f"{shlex.join(job.command)} >/dev/null # {mark(job)}".replace("%", r"\%")
    if len(command.encode()) > LONGEST_LINE:
        raise ValueError(f"the line would be longer than the {LONGEST_LINE} bytes that cron takes")
    return f"{_when(job)} {command}\n"


def mark(job: Job) -> str:
    """By what a line is known again; a shell takes it for a remark."""
    return f"yiqihui crawl of {job.archive}"


def installed(before: str, job: Job) -> str:
    """A crontab with the job's line in it, once; all other lines as they were."""
    end = f" # {mark(job)}".replace("%", r"\%")
    kept = [line for line in before.splitlines() if not (line.endswith(end) or _is_of_old(line, job))]
    return "".join(f"{line}\n" for line in kept) + crontab(job)


def _is_of_old(line: str, job: Job) -> bool:
    """Whether a line is what earlier versions printed for the same archive."""
    try:
        words = shlex.split(line.replace(r"\%", "%"))[5:]
    except ValueError:
        return False
    start = [str(job.executable), "crawl", "--archive", str(job.archive)]
    return words[:4] == start and len(words) > 5 and words[-2].startswith(">>") and words[-1] == "2>&1"


def _when(job: Job) -> str:
    if 60 % job.every_minutes == 0 and job.every_minutes < 60:
        return f"*/{job.every_minutes} * * * *"
    hours, rest = divmod(job.every_minutes, 60)
    if rest or 24 % hours:
        raise ValueError(
            f"cron can't run every {job.every_minutes} minutes: it takes parts of an hour (5, 10, 15, …)"
            " or hours that divide a day (60, 120, 180, …); systemd takes more"
        )
    if hours == 1:
        return f"{job.minute} * * * *"
    return f"{job.minute} */{hours} * * *" if hours < 24 else f"{job.minute} 4 * * *"


# --- systemd ------------------------------------------------------------------------------------


def systemd_units(job: Job) -> dict[str, str]:
    """By file name: a service, the timer that starts it, and what is started when it fails.

    Raises ValueError for an interval that no day is a multiple of.
    """
    timer = f"""[Unit]
Description=Crawl news into {_plain(job.archive)} on a schedule

[Timer]
{_calendar(job)}
# A time that passed while the machine was off is made up for.
Persistent=true
# Not at the same second as everybody else.
RandomizedDelaySec={min(300, job.every_minutes * 10)}

[Install]
WantedBy=timers.target
"""
    service, hook = f"{job.name}.service", f"{job.name}-failed@.service"
    return {service: _service(job), f"{job.name}.timer": timer, hook: _hook(job)}


def _service(job: Job) -> str:
    online = "Wants=network-online.target\nAfter=network-online.target\n" if job.user else ""
    user = f"User={job.user}\n" if job.user else ""
    return f"""[Unit]
Description=Crawl news into {_plain(job.archive)}
OnFailure={job.name}-failed@%n.service
{online}
[Service]
Type=oneshot
{user}ExecStart={_words(job.command)}
# 3, done but not certified, and 75, the site away or the archive in use, mostly pass by themselves ...
SuccessExitStatus=3 75
# ... and are a failure once they have lasted for longer than the setting alerts.after.
ExecStartPost={_words(job.check)}
"""


def _hook(job: Job) -> str:
    status = "systemctl status" if job.user else "systemctl --user status"
    script = (
        f'{status} --no-pager --lines=5 "$1" | {{ command -v mail >/dev/null && '
        'exec mail -s "$1 failed" "$(id -un)"; exec logger -t "$1" -p user.err; }'
    )
    return f"""[Unit]
Description=Tell that %i failed

[Service]
Type=oneshot
# By mail where there is a mail command, else in the system's log. Put here what reaches you.
ExecStart={_words(["/bin/sh", "-c", script, "sh"])} %i
"""


def _calendar(job: Job) -> str:
    """``OnCalendar=`` lines for every so many minutes from the job's minute on, day after day.

    >>> paths = PurePath("/y"), PurePath("/a"), PurePath("/l")
    >>> _calendar(Job(*paths, every_minutes=60)), _calendar(Job(*paths, every_minutes=1440))
    ('OnCalendar=*-*-* *:17:00', 'OnCalendar=*-*-* 04:17:00')
    """
    if DAY % job.every_minutes:
        raise ValueError(
            f"a day is no multiple of {job.every_minutes} minutes: take 5, 10, 15, 20, 30, 45, 60, 90, 120, …"
        )
    first = job.minute + (4 * 60 if job.every_minutes == DAY else 0)
    hours_of: dict[int, list[int]] = defaultdict(list)
    for moment in sorted((first + step) % DAY for step in range(0, DAY, job.every_minutes)):
        hours_of[moment % 60].append(moment // 60)
    minutes_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for minute, hours in hours_of.items():
        minutes_of[tuple(hours)].append(minute)
    return "\n".join(
        f"OnCalendar=*-*-* {_some(hours) if len(hours) < 24 else '*'}:{_some(sorted(minutes))}:00"
        for hours, minutes in sorted(minutes_of.items())
    )


def _some(numbers: tuple[int, ...] | list[int]) -> str:
    return ",".join(f"{number:02}" for number in numbers)


def _words(words: list[str]) -> str:
    return " ".join(map(_word, words))


def _word(word: str) -> str:
    """A word of an ``ExecStart`` line: specifiers, variables and quotes made plain."""
    plain = _plain(word).replace("$", "$$")
    if plain and not any(character in plain for character in " \t\"'\\;"):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _plain(path: PurePath | str) -> str:
    return str(path).replace("%", "%%")
