"""axe-core in a page: what keeps people out who use a keyboard or a screen reader."""

from __future__ import annotations

from typing import Any

import pytest

from support.paths import ROOT

SCRIPT = ROOT / ".axe" / "node_modules" / "axe-core" / "axe.min.js"

RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}).then(
      found => done(found.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html.slice(0, 120))])),
      error => done([["critical", String(error), []]]));
"""


def violations(driver: Any) -> list[Any]:
    """What axe finds serious or critical in the page that is open: rule and elements. Skips where
    axe-core is not installed."""
    if not SCRIPT.exists():
        pytest.skip("axe-core is not installed (scripts/axe-core gets it from npm)")
    driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    try:
        driver.refresh()
        driver.execute_script(SCRIPT.read_text("utf-8"))
        found = driver.execute_async_script(RUN)
    finally:
        driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    return [one[1:] for one in found if one[0] in ("serious", "critical")]
