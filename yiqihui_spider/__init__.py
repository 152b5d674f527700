"""Scraper and archive for the news section of 178hui.com (一起惠资讯)."""

__version__ = "0.1.0"
