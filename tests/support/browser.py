"""A real browser for tests: Debian's Chromium, headless, through its driver."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1000,1400",
)


def _programs() -> tuple[str, str]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium and driver:
        return chromium, driver
    missing = "chromium and chromedriver are not both installed"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def chromium(folder: Path) -> Iterator[Any]:
    """A Selenium driver; ``folder`` takes its profile. Skips where there is no browser, fails in CI."""
    browser, driver = _programs()
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = browser
    for argument in (*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")
    opened = Chrome(options=options, service=Service(driver))
    opened.set_page_load_timeout(60)
    try:
        yield opened
    finally:
        opened.quit()


def phone(driver: Any) -> None:
    """From now on, a screen of 390 pixels."""
    screen(driver, 390)


def screen(driver: Any, width: int, scheme: str = "light") -> None:
    """From now on, a screen as wide as this, in light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    choice = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", choice)


def console(driver: Any) -> list[str]:
    """What the pages wrote to the console since the last call, the missing favicon aside."""
    return [line["message"] for line in driver.get_log("browser") if "favicon" not in line["message"]]


def alert_text(driver: Any) -> str | None:
    """The text of the alert that stands open; None where none does."""
    from selenium.common.exceptions import NoAlertPresentException

    try:
        return str(driver.switch_to.alert.text)
    except NoAlertPresentException:
        return None


def submit(driver: Any, name: str, text: str) -> None:
    """Type into a form's field, send the form, and wait for the page that answers."""
    from selenium.webdriver.support.expected_conditions import staleness_of
    from selenium.webdriver.support.wait import WebDriverWait

    box = driver.find_element("name", name)
    box.send_keys(text)
    box.submit()
    WebDriverWait(driver, 30).until(staleness_of(box))
    WebDriverWait(driver, 30).until(
        lambda opened: opened.execute_script("return document.readyState") == "complete"
    )
