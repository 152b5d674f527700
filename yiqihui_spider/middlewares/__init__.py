"""Scrapy middlewares: one site only, robots.txt, proxies, patience, and errors in words."""
