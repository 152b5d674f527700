"""What a user of Scrapy brings along: add-ons, pipelines, a settings file, put beside a crawl."""

from __future__ import annotations

PARTS = '''
from scrapy import Request
from scrapy.exceptions import DropItem
from scrapy.http.request import NO_CALLBACK

from yiqihui_spider.settings import ITEM_PIPELINES
from yiqihui_spider.spiders.listing import ListingSpider


class Titles:
    """A pipeline that writes what it gets, and closes its file as pipelines do."""

    def open_spider(self):
        self.file = open("titles.txt", "w", encoding="utf-8")

    def process_item(self, item):
        self.file.write(item["headline"] + "\\n")
        return item

    def close_spider(self):
        self.file.close()


class Fetches:
    """A pipeline that fetches something for an article, as Scrapy's documentation shows it."""

    def __init__(self, crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler)

    async def process_item(self, item):
        if item["id"] == 1:
            request = Request(item["url"].replace("view/", "picture/"), callback=NO_CALLBACK)
            response = await self.crawler.engine.download_async(request)
            item["picture"] = response.status
        return item


class Drops:
    def process_item(self, item):
        if item["id"] % 2:
            raise DropItem("an odd one")
        return item


class Seen:
    """A downloader middleware that notes what passes."""

    def process_request(self, request):
        with open("requests.txt", "a") as file:
            file.write(request.url + "\\n")


class AddOn:
    def update_settings(self, settings):
        settings["DOWNLOADER_MIDDLEWARES"][Seen] = 900
        settings["ITEM_PIPELINES"][Titles] = 50


class Mine(ListingSpider):
    name = "mine"
    custom_settings = {"ITEM_PIPELINES": {**ITEM_PIPELINES, Titles: 400}}
'''

SETTINGS = """
from yiqihui_spider.settings import *

SPIDER_MODULES = [*SPIDER_MODULES, "parts"]
DOWNLOADER_MIDDLEWARES = {**DOWNLOADER_MIDDLEWARES, "parts.Seen": 900}
ITEM_PIPELINES = {**ITEM_PIPELINES, "parts.Titles": 400}
"""
