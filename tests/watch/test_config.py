"""Settings: who says what, who counts for more, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from yiqihui_spider.watch.config import (
    ConfigError,
    commented,
    default_config,
    load,
    parse,
    variable,
)
from yiqihui_spider.watch.setting_keys import KEYS, seconds

TOML = Path("y.toml")


def test_the_keys() -> None:
    assert {name: key.default for name, key in KEYS.items()} == {
        "archive": "data/yiqihui.db",
        "site": "178hui",
        "contact": "",
        "crawl.start_urls": [],
        "crawl.categories": [],
        "crawl.delay": 1.0,
        "crawl.mode": "auto",
        "crawl.full_every": 7.0,
        "crawl.details": True,
        "import.jobs": 1,
        "log.file": "",
        "log.format": "text",
        "alerts.after": "24h",
        "notify.on_failure": [],
        "notify.on_recovery": [],
        "notify.on_success": [],
        "notify.on_change": [],
    }


def test_the_file_that_init_writes_says_the_defaults() -> None:
    assert parse(commented(), TOML) == default_config().values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[crawl]\n\ndely = 2\n",
            "y.toml, line 3: there is no setting 'crawl.dely'; did you mean 'crawl.delay'?",
        ),
        ("# a\narcive = 'x'\n", "y.toml, line 2: there is no setting 'arcive'; did you mean 'archive'?"),
        ("delay = 2\n", "y.toml, line 1: there is no setting 'delay'; did you mean 'crawl.delay'?"),
        ("[notfy]\non_failure = []\n", "y.toml, line 1: there is no setting 'notfy'; did you mean 'notify'?"),
        ("[crawl]\ndelay = '1'\n", "y.toml, line 2: crawl.delay must be a number of seconds, not '1'"),
        ("[crawl]\ndelay = nan\n", "y.toml, line 2: crawl.delay must be a number of seconds, not nan"),
        ("[crawl]\ndelay = true\n", "y.toml, line 2: crawl.delay must be a number of seconds, not true"),
        ("crawl.details = 1\n", "y.toml, line 1: crawl.details must be true or false, not 1"),
        (
            "[crawl]\nmode='x'",
            'y.toml, line 2: crawl.mode must be "auto", "incremental" or "full", not \'x\'',
        ),
        (
            "[crawl]\ncategories = [\n  'a',\n  3,\n]\n",
            "y.toml, line 2: crawl.categories must be a list of names in quotes, not ['a', 3]",
        ),
        ("\ncrawl = 3\n", "y.toml, line 2: crawl is a section: write [crawl], and its settings below"),
        ("[alerts]\nafter = 'soon'\n", "y.toml, line 2: alerts.after must be a span of time such as"),
        ("[notify]\non_change = 'true'\n", "y.toml, line 2: notify.on_change must be a list of commands"),
        ("[crawl\n", "y.toml: Expected ']'"),
        (
            "site = 'a'\nsite = 'b'\n",
            "y.toml: a name is set for the second time (at line 2",
        ),
        ("[log]\n[log]\n", "y.toml: a name is set for the second time (at line 2"),
        (f"[crawl]\ndelay = {'9' * 400}\n", "y.toml, line 2: crawl.delay must be a number of seconds"),
        (
            "[notify]\non_change = ['ftp://a/key']\n",
            "y.toml, line 2: notify.on_change must be a list of comm",
        ),
        ("[log]\nfile = '''\nx\n'''\nformt = 'a'\n", "y.toml, line 5: there is no setting 'log.formt'"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, TOML)
    assert str(caught.value).startswith(words)
    assert caught.value.exit_code == 2


def test_who_counts_for_more(tmp_path: Path) -> None:
    path = tmp_path / "y.toml"
    path.write_text("archive = 'a/b.db'\n[crawl]\ndelay = 3\ncategories = ['社群', 'a, b']\n", "utf-8")
    config = load(path, {"YIQIHUI_CRAWL_DELAY": "4.5", "YIQIHUI_NOTIFY_ON_FAILURE": "mail -s a b"})
    assert (config["crawl.delay"], config.origins["crawl.delay"]) == (4.5, "$YIQIHUI_CRAWL_DELAY")
    assert (config["archive"], config.origins["archive"]) == (str(tmp_path / "a/b.db"), str(path))
    assert (config["crawl.mode"], config.origins["crawl.mode"]) == ("auto", "default")
    assert config["crawl.categories"] == ["社群", "a, b"]
    assert config["notify.on_failure"] == ["mail -s a b"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("crawl.start_urls", "http://a/ https://b/x,y", ["http://a/", "https://b/x,y"]),
        ("crawl.categories", "社群, 购物资讯", ["社群", "购物资讯"]),
        ("crawl.details", "no", False),
        ("import.jobs", "4", 4),
        ("notify.on_change", "a b\nhttp://c/", ["a b", "http://c/"]),
    ],
)
def test_variables(name: str, text: str, value: object) -> None:
    assert load(None, {variable(name): text})[name] == value


@pytest.mark.parametrize(
    ("given", "text", "words"),
    [
        (
            "YIQIHUI_CRAWL_DELY",
            "1",
            "there is no setting $YIQIHUI_CRAWL_DELY; did you mean $YIQIHUI_CRAWL_DELAY?",
        ),
        (
            "YIQIHUI_CRAWL_DELAY",
            "x",
            "$YIQIHUI_CRAWL_DELAY: crawl.delay must be a number of seconds, not 'x'",
        ),
        ("YIQIHUI_ARCHIVES", "a.db", "there is no setting $YIQIHUI_ARCHIVES; did you mean $YIQIHUI_ARCHIVE?"),
        ("YIQIHUI_CONFIGS", "a", "there is no setting $YIQIHUI_CONFIGS; did you mean $YIQIHUI_CONFIG?"),
        (
            "YIQIHUI_IMPORT_JOBS",
            "65",
            "$YIQIHUI_IMPORT_JOBS: import.jobs must be a whole number from 1 to 64, not '65'",
        ),
        (
            "YIQIHUI_IMPORT_JOBS",
            "2.5",
            "$YIQIHUI_IMPORT_JOBS: import.jobs must be a whole number from 1 to 64, not '2.5'",
        ),
        ("YIQIHUI_CRAWL_DETAILS", "maybe", "$YIQIHUI_CRAWL_DETAILS: crawl.details must be true or false"),
    ],
)
def test_variables_that_are_refused(given: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {given: text})
    assert str(caught.value).startswith(words)


def test_variables_of_somebody_else_are_left_alone() -> None:
    given = {"YIQIHUI_HOME": "/srv", "YIQIHUI_DICT": "d.txt", "YIQIHUI_ARCHIVES": ""}
    assert load(None, given).values == default_config().values


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = {"HOME": str(tmp_path / "home")}
    assert load(None, home).path is None
    own = tmp_path / "home" / ".config" / "yiqihui" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text("site = 'own'\n")
    assert load(None, home).path == own
    Path("yiqihui.toml").write_text("site = 'here'\n")
    assert load(None, home)["site"] == "here"
    Path("named.toml").write_text("site = 'named'\n")
    named = {**home, "YIQIHUI_CONFIG": "named.toml"}
    assert load(None, named)["site"] == "named"
    Path("chosen.toml").write_text("site = 'sites/chosen.toml'\n")
    assert load(Path("chosen.toml"), named)["site"] == "sites/chosen.toml"


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    for chosen, environment in ((tmp_path / "a", {}), (None, {"YIQIHUI_CONFIG": str(tmp_path / "a")})):
        with pytest.raises(ConfigError, match="No such file"):
            load(chosen, environment)
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "b", {})


@pytest.mark.parametrize(
    ("span", "length"),
    [
        ("24h", 86400),
        ("1h30m", 5400),
        ("7 d", 604800),
        ("0s", 0),
        ("1.5h", 5400),
        ("", None),
        ("5", None),
        ("-1h", None),
    ],
)
def test_spans(span: str, length: float | None) -> None:
    assert seconds(span) == length
