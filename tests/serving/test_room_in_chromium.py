"""The reading room as a person uses it: with a mouse, with the keyboard, on a phone, in the dark."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.axe import violations
from support.browser import alert_text, chromium, console, screen, submit
from support.sample_life import sample_life
from support.served import evil_archive, serving

PAGES = (
    "",
    "search?q=社群",
    "search?q=绝无此词",
    "article/22?q=团长",
    "article/31",
    "capture/1",
    "article/999",
    "yiqihui",
    "yiqihui/articles",
    "yiqihui/fastest_growing",
    "yiqihui/articles/22",
    "yiqihui?sql=SELECT+nothing",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("room") / "a.db"
    sample_life(path)
    with serving(path) as address:
        yield address


def follow(driver: Any, link: Any) -> None:
    """Click, and wait for the page that it leads to."""
    link.click()
    gone(driver, link)


def gone(driver: Any, element: Any) -> None:
    """Wait until the page that holds this element has given way to the next."""
    from selenium.webdriver.support.expected_conditions import staleness_of
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 30).until(staleness_of(element))


def heading(driver: Any) -> str:
    return str(driver.find_element("css selector", "h1").text)


def test_from_the_front_door_to_a_page_as_it_was_and_back(browser: Any, address: str) -> None:
    screen(browser, 1280)
    browser.get(address)
    submit(browser, "q", "团长")
    assert browser.find_element("id", "found").text.startswith("4 articles")
    marks = {mark.text for mark in browser.find_elements("tag name", "mark")}
    assert marks == {"团长"}
    follow(browser, browser.find_element("partial link text", "我学会了写通知"))
    assert heading(browser) == "(更新)做团长的第一个月,我学会了写通知"
    follow(browser, browser.find_element("css selector", "#behind ~ div tbody a"))
    assert heading(browser) == "The page as it was"
    browser.switch_to.frame("page")
    inside = browser.find_element("tag name", "body").text
    assert "社群" in inside
    colours = {
        span.value_of_css_property("background-color")
        for kind in ("marker", "body", "pager", "breadcrumb")
        for span in browser.find_elements("css selector", f".sp.{kind}")[:1]
    }
    assert len(colours) == 4
    browser.switch_to.default_content()
    browser.find_element("link text", "As the text that is read").click()
    browser.switch_to.frame("page")
    assert browser.find_elements("css selector", "pre .sp.marker")
    browser.switch_to.default_content()
    follow(browser, browser.find_element("partial link text", "←"))
    assert heading(browser) == "(更新)做团长的第一个月,我学会了写通知"
    browser.find_element("link text", "一起惠资讯").click()
    assert browser.find_elements("id", "newest")
    assert console(browser) == []


def test_with_the_keyboard_alone(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(address)
    focus = browser.switch_to.active_element
    focus.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the content"
    shown = browser.switch_to.active_element.rect
    assert shown["x"] >= 0
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    box = browser.switch_to.active_element
    assert box.get_attribute("name") == "q"
    assert box.value_of_css_property("outline-style") == "solid"
    box.send_keys("社群" + Keys.ENTER)
    gone(browser, box)
    assert "q=" in browser.current_url


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen_and_all_type_can_be_read(
    browser: Any, address: str, width: int
) -> None:
    screen(browser, width)
    for page in (*PAGES, "yiqihui/captures", "yiqihui/runs", "yiqihui/article_versions"):
        browser.get(address + page)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, page
        small = """
            return [...document.querySelectorAll('body *')].filter(e => e.textContent.trim()
              && parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.outerHTML.slice(0, 80))
        """
        assert browser.execute_script(small) == [], page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Any, address: str, scheme: str) -> None:
    screen(browser, 1280 if scheme == "light" else 390, scheme)
    for page in PAGES:
        browser.get(address + page)
        assert violations(browser) == [], page


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server that must never be asked, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


def test_a_captured_page_fetches_and_runs_nothing(browser: Any, tmp_path: Path) -> None:
    with trap() as (elsewhere, asked), serving(evil_archive(tmp_path, elsewhere)) as address:
        for page in ("capture/1", "capture/1/page", "capture/1/text"):
            browser.get(address + page)
            assert alert_text(browser) is None
        browser.get(address + "capture/1")
        browser.switch_to.frame("page")
        browser.find_element("css selector", ".a").click()
        assert "甲文第一句在这里。" in browser.find_element("tag name", "body").text
        browser.switch_to.default_content()
        assert asked == []
