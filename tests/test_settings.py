"""What must hold whatever Scrapy's defaults become: each value is said by our own module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import default_settings

from yiqihui_spider import settings
from yiqihui_spider.crawl.addon import scrapy_settings
from yiqihui_spider.watch.config import ConfigError, default_config, load

POLITE = {
    "ROBOTSTXT_OBEY": True,
    "DOWNLOAD_DELAY": 1.0,
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
}
OFF = {
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "COOKIES_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "AUTOTHROTTLE_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "COMPRESSION_ENABLED": False,
}


@pytest.mark.parametrize(("name", "value"), [*POLITE.items(), *OFF.items()])
def test_what_matters_is_said_by_us(name: str, value: Any) -> None:
    assert vars(settings)[name] == value


def test_every_setting_is_scrapys_or_used_by_us() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(settings.__file__).parent.rglob("*.py"))
    ours = {name for name in vars(settings) if name.isupper() and not hasattr(default_settings, name)}
    assert ours == {
        *("ARCHIVE", "BODY_LIMIT", "PAGE_READER", "RETRY_AFTER_MAX", "RETRY_BACKOFF", "SITE", "TEXT_LIMIT")
    }
    for name in ours:
        assert f'"{name}"' in source, f"{name} is read nowhere"


def test_the_agent_says_who_it_is() -> None:
    assert settings.USER_AGENT.startswith("yiqihui_spider/")
    assert settings.USER_AGENT.partition("/")[0] == settings.ROBOTSTXT_USER_AGENT


@pytest.mark.parametrize("contact", ["me@example.org", "https://example.org/bot"])
def test_the_agent_says_how_to_reach_whoever_runs_it(contact: str) -> None:
    config = load(None, {"YIQIHUI_CONTACT": contact})
    agent = scrapy_settings(config)["USER_AGENT"]
    assert agent == settings.USER_AGENT.replace(")", f"; +{contact})")
    assert "USER_AGENT" not in scrapy_settings(default_config())


@pytest.mark.parametrize(
    "contact", ["me", "me@example.org\nX: y", "(me@example.org", "ftp://a", "我@例子.org", "@a"]
)
def test_what_is_no_contact_is_refused(contact: str) -> None:
    with pytest.raises(ConfigError, match="contact must be a mail address or an http address"):
        load(None, {"YIQIHUI_CONTACT": contact})
