"""``scrapy check``"""

from __future__ import annotations

import argparse

from scrapy.commands import check

from yiqihui_spider.cli.scrapy_contracts import sample_site


class Command(check.Command):
    """Scrapy's, with the sample site served for the contracts."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with sample_site():
            super().run(args, opts)
