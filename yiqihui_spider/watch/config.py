"""Settings: defaults, then ``yiqihui.toml``, then the environment; each with where it comes from.

Options come last, and are click's business. Everything here but :func:`load` is pure.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from yiqihui_spider.errors import Exit, YiqihuiError
from yiqihui_spider.watch.notify import Receiver
from yiqihui_spider.watch.setting_keys import KEYS, SECTIONS, seconds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path("yiqihui.toml")
PREFIX = "YIQIHUI_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
OTHER_VARIABLES = (FILE_VARIABLE, f"{PREFIX}DICT")
"""Those of ours that are no settings."""


class ConfigError(YiqihuiError):
    """A settings file, or a variable, that says what nobody can follow."""

    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting in force, by its dotted name, and where each comes from."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    path: Path | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def given(self, name: str) -> bool:
        """Whether somebody chose this value: one that equals the default chooses nothing."""
        return bool(self.values[name] != KEYS[name].default)

    @property
    def patience(self) -> float:
        """Seconds that passing trouble may last before anybody is told."""
        return seconds(self["alerts.after"]) or 0.0


def default_config() -> Config:
    return Config({name: key.default for name, key in KEYS.items()}, dict.fromkeys(KEYS, "default"))


def load(chosen: Path | None, environment: Mapping[str, str]) -> Config:
    """The settings in force. ``chosen`` is what ``--config`` names.

    Raises ConfigError, with the nearest right key and the line.
    """
    path = find(chosen, environment)
    values, origins = dict(default_config().values), dict(default_config().origins)
    if path is not None:
        for name, value in parse(_read(path), path).items():
            values[name], origins[name] = _resolved(name, value, path.parent), str(path)
    for name, (variable, value) in from_environment(environment).items():
        values[name], origins[name] = value, f"${variable}"
    return Config(values, origins, path)


def find(chosen: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The settings file: one that was named must be there, the others may."""
    if chosen is not None:
        return chosen
    if named := environment.get(FILE_VARIABLE):
        return Path(named)
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME", "~"), ".config")
    for path in (FILE, Path(home, "yiqihui", "config.toml")):
        if os.path.isfile(path):
            return path
    return None


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot read the settings file {path}: {error.strerror or error}") from None
    except ValueError:
        raise ConfigError(f"{path} is not UTF-8 text, so it can't be read as settings") from None


def _resolved(name: str, value: Any, folder: Path) -> Any:
    """A path in a settings file is relative to that file; a site that is a mere name is none."""
    if not KEYS[name].is_path or not value:
        return value
    if name == "site" and not (value.endswith(".toml") or "/" in value or os.sep in value):
        return value
    path = Path(value).expanduser()
    return str(path if path.is_absolute() or folder == Path() else folder / path)


def parse(text: str, path: Path) -> dict[str, Any]:
    """The settings that a file gives, by dotted name."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {_in_words(error)}") from None
    found = {}
    for name, value in _flat(table):
        place = f"{path}, line {line_of(text, name)}"
        if name not in KEYS:
            raise ConfigError(f"{place}: {_unknown(name)}")
        if not KEYS[name].check(value):
            raise ConfigError(f"{place}: {name} must be {KEYS[name].kind}{_not(name, value)}")
        found[name] = value
    return found


def _in_words(error: Exception) -> str:
    """What is no TOML; the commonest slip in words of ours."""
    words = str(error)
    if match := re.match(
        r"Cannot overwrite a value (\(at line \d+)|Cannot declare .* twice (\(at line \d+)", words
    ):
        return f"a name is set for the second time {match[1] or match[2]})"
    return words


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        dotted = f"{before}{name}"
        if isinstance(value, dict) and not before and name in SECTIONS:
            yield from _flat(value, f"{name}.")
        else:
            yield dotted, value


def _not(name: str, value: Any) -> str:
    """The wrong value, unless it may be a secret: this ends up in mails and logs."""
    if KEYS[name].tells_secrets:
        return ""
    return f", not {repr(value) if not isinstance(value, bool) else str(value).lower()}"


def shown(name: str, value: Any) -> Any:
    """A setting as it may be shown to anybody."""
    return [Receiver.of(one).name for one in value] if KEYS[name].tells_secrets else value


def _unknown(name: str) -> str:
    if name in SECTIONS:
        return f"{name} is a section: write [{name}], and its settings below"
    return f"there is no setting {name!r}; did you mean {nearest(name)!r}?"


def nearest(name: str) -> str:
    """The setting that a misspelt name most likely means; a section counts as part of it, or not."""
    for pool in (list(KEYS), [] if "." in name else list(SECTIONS)):
        if found := get_close_matches(name.lower(), pool, 1, 0.75):
            return found[0]
    last = {key.rpartition(".")[2]: key for key in KEYS}
    (best,) = get_close_matches(name.lower().rpartition(".")[2], last, 1, 0.0)
    return last[best]


def line_of(text: str, name: str) -> int:
    """The line on which a key is set, found by leaving lines away: the shortest beginning of the file
    that can be read and has it."""
    lines = text.splitlines(keepends=True)
    for number in range(1, len(lines) + 1):
        try:
            table = tomllib.loads("".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        if any(found == name for found, _ in _flat(table)):
            return _first_line(lines[:number], name)
    return 1


def _first_line(lines: list[str], name: str) -> int:
    """Of a value over several lines, the one where its name stands."""
    last = re.escape(name.rpartition(".")[2])
    for number in range(len(lines), 0, -1):
        if re.match(rf"""\s*\[*[\w\s."']*?{last}["']?\s*[=.\]]""", lines[number - 1]):
            return number
    return len(lines)


# --- the environment -------------------------------------------------------------------------


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("crawl.delay")
    'YIQIHUI_CRAWL_DELAY'
    """
    return PREFIX + name.replace(".", "_").upper()


def from_environment(environment: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """What variables say: the name of each with its value. Empty is unset."""
    known = {variable(name): name for name in KEYS}
    sections = tuple(variable(name) + "_" for name in SECTIONS)
    found = {}
    for given, text in environment.items():
        if text and given not in known and (name := _meant(given, sections)):
            raise ConfigError(f"there is no setting ${given}; did you mean ${name}?")
        if text and (name := known.get(given, "")):
            found[name] = (given, _from_text(name, text, given))
    return found


def _meant(given: str, sections: tuple[str, ...]) -> str | None:
    """The variable that a name means which is none of ours; None for somebody else's name."""
    if given.startswith(sections):
        return variable(nearest(given.removeprefix(PREFIX).lower().replace("_", ".", 1)))
    if not given.startswith(PREFIX) or given in OTHER_VARIABLES:
        return None
    return next(iter(get_close_matches(given, [*map(variable, KEYS), *OTHER_VARIABLES], 1, 0.9)), None)


def _from_text(name: str, text: str, given: str) -> Any:
    key = KEYS[name]
    value: Any = text
    if isinstance(key.default, bool):
        value = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(
            text.lower(), text
        )
    elif isinstance(key.default, float):
        value = _number(text)
    elif isinstance(key.default, int):
        value = int(text) if re.fullmatch("[0-9]{1,9}", text) else text
    elif isinstance(key.default, list):
        value = [one.strip() for one in re.split(key.separator or ",", text) if one.strip()]
    if not key.check(value):
        raise ConfigError(f"${given}: {name} must be {key.kind}{_not(name, text)}")
    return value


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


# --- a file to begin with ---------------------------------------------------------------------


def commented() -> str:
    """A settings file with everything in it, as it is by default, and what it means."""
    lines = [
        "# Settings of yiqihui. Environment variables (YIQIHUI_ARCHIVE, YIQIHUI_CRAWL_DELAY, …) and",
        "# options on the command line count for more. Paths are relative to this file.",
    ]
    section = ""
    for name, key in KEYS.items():
        head, dot, last = name.rpartition(".")
        if dot and head != section:
            section = head
            lines += ["", f"[{head}]"]
        elif not dot:
            lines.append("")
        lines += [f"# {key.help}", f"{last} = {_toml(key.default)}"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
