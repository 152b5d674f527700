"""What pyproject.toml has no words for; and there for tools that know nothing else: scrapyd-deploy."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup


def _named(link: re.Match[str]) -> str:
    """On an index page a relative link leads nowhere: the file's name stands there instead."""
    text, target = link[1], link[2]
    return f"`{target}`" if text == target else f"{text} (`{target}`)"


README = Path(__file__).with_name("README.md").read_text("utf-8")

setup(
    long_description=re.sub(r"\[([^\]]+)\]\((?![a-z]+:)([^)]+)\)", _named, README),
    long_description_content_type="text/markdown",
)
