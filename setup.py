"""For tools that know nothing else, such as scrapyd-deploy; everything is said in pyproject.toml."""

from setuptools import setup

setup()
