"""Scrapy's commands as this project has them, found by the setting ``COMMANDS_MODULE``: crawls end with
our exit codes, and what checks the spider brings a site for it."""
