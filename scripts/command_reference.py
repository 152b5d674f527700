"""The commands, their options, the settings, the environment and the exit codes, as the program itself
tells them: as a page of the manual (docs/yiqihui.1) and as a page of the docs (docs/commands.md).
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import takewhile
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from yiqihui_spider.cli import COMMANDS, main
from yiqihui_spider.errors import Exit
from yiqihui_spider.watch.config import FILE_VARIABLE, variable
from yiqihui_spider.watch.setting_keys import KEYS
from yiqihui_spider.wording import __version__

COMMON_FROM = 5
"""An option that so many commands have, with the same words, is told once."""

EXIT_CODES = {
    Exit.DONE: "done; every category walked is certified, or nothing had to be",
    Exit.FAILED: "failed: robots.txt forbids it, a file can't be read, …; a line on standard error says why",
    Exit.USAGE: "wrong usage: an option, argument, setting or site profile that can't be followed",
    Exit.UNCERTIFIED: "done, but not certified: pages are missing or moved, damaged records were skipped",
    Exit.LAYOUT: "the site's layout is not understood any more",
    Exit.TRY_LATER: "try again later: another run or program holds the archive, or the site can't be reached",
}

ENVIRONMENT = {
    FILE_VARIABLE: "the settings file, where --config names none",
    "YIQIHUI_DICT": "more words for `yiqihui analyze`: files, parted by colons",
    "http_proxy, https_proxy, no_proxy": "the way to the site; never to this machine itself",
    "XDG_CONFIG_HOME": "where yiqihui/config.toml is looked for; else ~/.config",
    "XDG_STATE_HOME": "where trouble is noted if it can't be beside the archive; else ~/.local/state",
    "TMPDIR": "for what is needed for a while only, such as the copy that `reparse --diff` works on",
}
"""Besides the variables of the settings."""

WHERE_SETTINGS_ARE = (
    "In yiqihui.toml (`yiqihui config --init` writes one), as a variable of the environment, or as an "
    "option: the later counts for more."
)
FILES = {
    "data/yiqihui.db": "the archive, unless another is named",
    "data/warc/": "every response as it was received, beside the archive",
    "data/yiqihui.dict.txt": "words for `yiqihui analyze`, beside the archive",
    "./yiqihui.toml, ~/.config/yiqihui/config.toml": "settings; the first of them that is there",
}


@dataclass(frozen=True, slots=True)
class Option:
    """As a help prints it."""

    names: str
    told: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; ``kept``: lines that are shown as they are."""

    text: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    short: str
    usage: str
    blocks: tuple[Block, ...]
    options: tuple[Option, ...]


def blocks(help_text: str) -> Iterator[Block]:
    """The paragraphs of a help as it is written, where a line ``\\b`` begins one that is kept as it is."""
    for part in inspect.cleandoc(help_text).split("\n\n"):
        head, _, rest = part.partition("\n")
        if head != "\b":
            yield Block(" ".join(part.split()))
            continue
        lines = rest.splitlines()
        flush = list(takewhile(lambda line: re.fullmatch(r"\S+( \S+)*", line), lines))
        if flush:
            yield Block(" ".join(flush))
        if kept := lines[len(flush) :]:
            yield Block(inspect.cleandoc("\n" + "\n".join(kept)), kept=True)


def told(command: click.Command, name: str) -> Command:
    # Click keeps a command's help option as it was first asked for: ask as the program does.
    context = click.Context(command, info_name=name, **main.context_settings)
    records = [one.get_help_record(context) for one in command.get_params(context)]
    help_text = vars(command).get("help_as_written", command.help or "")
    return Command(
        name=name,
        short=COMMANDS.get(name, ""),
        usage=" ".join(command.collect_usage_pieces(context)),
        blocks=tuple(blocks(help_text)),
        options=tuple(Option(*record) for record in records if record and record[1]),
    )


def commands() -> list[Command]:
    context = click.Context(main)
    found = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        found.append(told(command, name))
    return found


def common_options(every: list[Command]) -> list[Option]:
    counts = Counter(option for command in every for option in command.options)
    return [option for option, count in counts.items() if count >= COMMON_FROM]


def environment() -> dict[str, str]:
    """Every variable that is obeyed, with what it says."""
    return {variable(name): f"the setting {name}" for name in KEYS} | ENVIRONMENT


def also(command: Command, common: list[Option]) -> str:
    """The common options that a command takes."""
    taken = (one.names for one in command.options if one in common)
    return ", ".join(name for names in taken for name in re.findall(r"(?<!\S)--?[\w-]+", names))


def default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


# --- Markdown ---------------------------------------------------------------------------------


def markdown() -> str:
    """docs/commands.md"""
    every = commands()
    common = common_options(every)
    group = told(main, "yiqihui")
    parts = [
        "# Commands, settings, exit codes\n",
        "Made by `make docs` from what the program itself says; `man yiqihui` is the same page.\n",
        *_markdown_blocks(group.blocks),
        *_markdown_table(("command", "does"), [(f"[`{c.name}`](#{c.name})", c.short) for c in every]),
    ]
    for command in every:
        parts += [f"## {command.name}\n", f"    yiqihui {command.name} {command.usage}\n"]
        parts += _markdown_blocks(command.blocks)
        own = [option for option in command.options if option not in common]
        if own:
            parts += _markdown_table(("option", "means"), [(f"`{o.names}`", o.told) for o in own])
        parts.append(
            f"[Also](#common-options): {', '.join(f'`{o}`' for o in also(command, common).split(', '))}\n"
        )
    parts += ["## Common options\n", "Those that each command names above. Before a command go "
              "`--config`, `--version` and `--help`.\n"]  # fmt: skip
    parts += _markdown_table(("option", "means"), [(f"`{o.names}`", o.told) for o in common])
    parts += ["## Settings\n", f"{WHERE_SETTINGS_ARE} `yiqihui config` shows those in force.\n"]
    rows = [(f"`{n}`", f"`{default(k.default)}`", f"`{variable(n)}`", k.help) for n, k in KEYS.items()]
    parts += _markdown_table(("setting", "default", "variable", "means"), rows)
    parts += ["## Environment\n", "Besides the variables of the settings:\n"]
    parts += _markdown_table(("variable", "means"), [(f"`{n}`", t) for n, t in ENVIRONMENT.items()])
    parts += ["## Exit codes\n"]
    parts += _markdown_table(("code", "means"), [(str(int(c)), t) for c, t in EXIT_CODES.items()])
    parts += ["`status --check`, `verify` and `schedule check` exit with 1 when something is wrong; "
              "`status --format nagios` as plugins of Nagios do.\n"]  # fmt: skip
    return "\n".join(parts)


def _markdown_blocks(found: tuple[Block, ...]) -> Iterator[str]:
    for block in found:
        yield re.sub(r"^", "    ", block.text, flags=re.MULTILINE) + "\n" if block.kept else f"{block.text}\n"


def _markdown_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    lines = [head, ("---",) * len(head), *rows]
    yield "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# --- the manual -------------------------------------------------------------------------------


def manual(day: str) -> str:
    """docs/yiqihui.1, in the macros of man(7)."""
    every = commands()
    common = common_options(every)
    group = told(main, "yiqihui")
    lines = [
        '.\\" Made by `make docs` from what the program itself says.',
        f'.TH YIQIHUI 1 {day} "yiqihui_spider {__version__}" "User Commands"',
        ".SH NAME",
        "yiqihui \\- a provable archive of the news of 178hui.com in one SQLite file",
        ".SH SYNOPSIS",
        "\\fByiqihui\\fR [\\fB\\-\\-config\\fR \\fIFILE\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".br",
        "\\fByiqihui\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR",
        ".SH DESCRIPTION",
        *_roff_blocks(group.blocks),
        ".SH COMMANDS",
    ]
    for command in every:
        lines += [f".SS {command.name}", f"\\fByiqihui {command.name}\\fR {_roff(command.usage)}"]
        lines += _roff_blocks(command.blocks, first=".PP")
        for option in command.options:
            if option not in common:
                lines += _roff_entry(option.names, option.told)
        lines += [".PP", _filled(f"Also (see COMMON OPTIONS): {also(command, common)}.")]
    lines += [".SH COMMON OPTIONS", "Those that each command names above."]
    for option in common:
        lines += _roff_entry(option.names, option.told)
    lines += [".SH EXIT STATUS"]
    for code, means in EXIT_CODES.items():
        lines += _roff_entry(str(int(code)), means)
    lines += [".SH SETTINGS", _filled(WHERE_SETTINGS_ARE)]
    for name, key in KEYS.items():
        lines += _roff_entry(f"{name} = {default(key.default)}", key.help)
    lines += [".SH ENVIRONMENT"]
    for name, means in environment().items():
        lines += _roff_entry(name, means)
    lines += [".SH FILES"]
    for name, means in FILES.items():
        lines += _roff_entry(name, means)
    lines += [".SH SEE ALSO", "\\fBsqlite3\\fR(1), \\fBcrontab\\fR(5), \\fBsystemd.timer\\fR(5)"]
    return "\n".join(lines) + "\n"


def manual_as_of(path: Path) -> str:
    """The page, dated as the one that is there unless it says something else."""
    there = path.read_text("utf-8") if path.exists() else ""
    dated = re.search(r"^\.TH YIQIHUI 1 (\S+)", there, re.MULTILINE)
    page = manual(dated[1]) if dated else ""
    return page if page == there != "" else manual(f"{datetime.now(timezone.utc):%Y-%m-%d}")


def _roff(text: str) -> str:
    """Text that is nothing but text: no request, no escape, hyphens that can be pasted."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\x00")
    plain = re.sub("\x00(.+?)\x00", r"\\fB\1\\fR", plain)
    return re.sub(r"^(?=[.'])", r"\\&", plain, flags=re.MULTILINE).replace("\x00", "`")


def _bold(text: str) -> str:
    return f"\\fB{_roff(text)}\\fR"


def _roff_entry(head: str, text: str) -> list[str]:
    return [".TP", _bold(head), _filled(text)]


def _filled(text: str) -> str:
    """A paragraph, in lines that a tool for text can show."""
    lines = wrap(_roff(text), 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(re.sub(r"^(?=[.'])", r"\\&", line) for line in lines)


def _roff_blocks(found: tuple[Block, ...], first: str | None = None) -> Iterator[str]:
    before = first
    for block in found:
        if block.kept:
            yield from (".PP", ".nf", ".RS 4", _roff(block.text), ".RE", ".fi")
        else:
            if before:
                yield before
            yield _filled(block.text)
        before = ".PP"
