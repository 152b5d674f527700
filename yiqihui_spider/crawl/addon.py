"""The settings file for ``scrapy crawl``, too: what Scrapy calls an add-on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.settings import SETTINGS_PRIORITIES

from yiqihui_spider.watch.config import Config, ConfigError, load

if TYPE_CHECKING:
    from scrapy.settings import Settings

IN_FORCE = "YIQIHUI_SETTINGS"
"""The Scrapy setting that holds our settings, read."""


class SettingsFile:
    """Reads ``yiqihui.toml`` (or what ``-s YIQIHUI_CONFIG=…`` names) and the environment. What was said
    to Scrapy itself (``-s``, ``-a``, a spider's own settings) counts for more."""

    def update_settings(self, settings: Settings) -> None:
        named = settings.get("YIQIHUI_CONFIG")
        try:
            config = load(Path(named) if named else None, os.environ)
        except ConfigError as error:  # Scrapy would show where it was raised
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(int(error.exit_code)) from None
        settings.set(IN_FORCE, config, "cmdline")
        for name, value in scrapy_settings(config).items():
            if (settings.getpriority(name) or 0) <= SETTINGS_PRIORITIES["project"]:
                settings.set(name, value, "project")


def scrapy_settings(config: Config) -> dict[str, object]:
    """The settings that Scrapy has its own names for, as far as somebody chose them. Pure."""
    names = {"ARCHIVE": "archive", "SITE": "site", "DOWNLOAD_DELAY": "crawl.delay"}
    return {scrapy: config[ours] for scrapy, ours in names.items() if config.given(ours)}
