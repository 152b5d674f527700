"""The Scrapy spider: fetches and follows, no more."""
