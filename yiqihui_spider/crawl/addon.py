"""The settings file for ``scrapy crawl``, too: what Scrapy calls an add-on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.settings import SETTINGS_PRIORITIES

from yiqihui_spider.crawl.guards import makes_a_run, refuse
from yiqihui_spider.watch.config import Config, load
from yiqihui_spider.wording import user_agent

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import Settings
    from typing_extensions import Self

IN_FORCE = "YIQIHUI_SETTINGS"
"""The Scrapy setting that holds our settings, read."""


class SettingsFile:
    """Reads ``yiqihui.toml`` (or what ``-s YIQIHUI_CONFIG=…`` names) and the environment. What was said
    to Scrapy itself (``-s``, ``-a``, a spider's own settings) counts for more."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def update_settings(self, settings: Settings) -> None:
        apply(settings)
        if makes_a_run(self.crawler):  # what checks the rest is itself such an extension
            refuse(settings, ("EXTENSIONS",))


def apply(settings: Settings) -> Config:
    """Put our settings into Scrapy's, as far as those were left alone. Raises ConfigError."""
    named = settings.get("YIQIHUI_CONFIG")
    config = load(Path(named) if named else None, os.environ)
    settings.set(IN_FORCE, config, "cmdline")
    for name, value in scrapy_settings(config).items():
        if (settings.getpriority(name) or 0) <= SETTINGS_PRIORITIES["project"]:
            settings.set(name, value, "project")
    return config


def scrapy_settings(config: Config) -> dict[str, object]:
    """The settings that Scrapy has its own names for, as far as somebody chose them. Pure."""
    names = {"ARCHIVE": "archive", "SITE": "site", "DOWNLOAD_DELAY": "crawl.delay"}
    found = {scrapy: config[ours] for scrapy, ours in names.items() if _chosen(config, ours)}
    return found | ({"USER_AGENT": user_agent(config["contact"])} if config["contact"] else {})


def _chosen(config: Config, name: str) -> bool:
    """A file that spells out a default chooses nothing; a variable that does was set for this run."""
    return config.given(name) or config.origins[name].startswith("$")
