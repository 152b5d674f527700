"""``scrapy crawl``"""

from __future__ import annotations

from scrapy.commands import crawl

from yiqihui_spider.cli.scrapy_exit import EndsAsItsRun


class Command(EndsAsItsRun, crawl.Command):
    """Scrapy's, which exits with 0 whatever came of the crawl."""
