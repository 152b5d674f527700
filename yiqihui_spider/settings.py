"""Scrapy settings. Everything that matters is said here, also where it is Scrapy's default."""

from __future__ import annotations

from yiqihui_spider.wording import user_agent

BOT_NAME = "yiqihui_spider"
SPIDER_MODULES = ["yiqihui_spider.spiders"]
NEWSPIDER_MODULE = "yiqihui_spider.spiders"
COMMANDS_MODULE = "yiqihui_spider.cli.scrapy_commands"
SPIDER_CONTRACTS = {"yiqihui_spider.cli.scrapy_contracts.SampleContract": 10}
PAGE_READER = "yiqihui_spider.crawl.preview.preview"
"""What reads a page for ``scrapy parse``, ``shell`` and ``check``, without an archive."""

ARCHIVE = "data/yiqihui.db"
"""The SQLite file; ``-s ARCHIVE=…`` overrides it."""

SITE = None
"""The site profile: a file's name, or that of a built-in one; None: the archive's own."""

# Manners
USER_AGENT = user_agent()
"""With the setting ``contact`` of yiqihui.toml, too, if there is one."""
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "yiqihui_spider"
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1
"""One page is one item; Scrapy would start a hundred tasks for it."""
WARN_ON_GENERATOR_RETURN_VALUE = False
"""Scrapy would read our source at each start to look for a mistake that mypy finds."""
RETRY_AFTER_MAX = 300.0
"""Seconds. Asked to wait longer, we leave the address for the next run."""

# Faults
RETRY_ENABLED = True
RETRY_TIMES = 2
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408, 429]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
RETRY_BACKOFF = 2.0
"""Seconds before the first retry; doubled for each further one."""
DOWNLOAD_TIMEOUT = 60.0
DOWNLOAD_FAIL_ON_DATALOSS = False
"""So that even a cut-off answer reaches the WARC; ``FaultMiddleware`` then refuses it."""
DOWNLOAD_MAXSIZE = 0
DOWNLOAD_WARNSIZE = 0
BODY_LIMIT = 16 * 1024 * 1024
"""Bytes as sent. A longer answer is cut there and recorded as truncated, never held whole."""
TEXT_LIMIT = 64 * 1024 * 1024
"""Bytes with the content coding undone."""
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
HTTPERROR_ALLOW_ALL = True
DOWNLOAD_VERIFY_CERTIFICATES = True

# The body must reach the WARC as sent; the pipelines undo the coding themselves.
COMPRESSION_ENABLED = False
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": "gzip, deflate",
}

# What must stay off
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
HTTPCACHE_ENABLED = False
AUTOTHROTTLE_ENABLED = False
REFERER_ENABLED = True  # RedirectMiddleware wants it; with this policy nothing is sent
REFERRER_POLICY = "no-referrer"
DNSCACHE_ENABLED = True
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"
"""Scrapy's default knows IPv4 only."""
STATS_DUMP = False

ADDONS = {"yiqihui_spider.crawl.addon.SettingsFile": 0}

# Scrapy's own components without some that are off (cookies, telnet, remote control, debugging), each of
# which loads large libraries before it says so.
DOWNLOADER_MIDDLEWARES_BASE = {
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": 300,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": 580,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": 850,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": 900,
}
EXTENSIONS_BASE = {
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.memusage.MemoryUsage": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
    "scrapy.extensions.feedexport.FeedExporter": 0,
    "scrapy.extensions.logstats.LogStats": 0,
    "scrapy.extensions.spiderstate.SpiderState": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "yiqihui_spider.middlewares.guard.OneHostMiddleware": 50,
    "yiqihui_spider.middlewares.robots.RobotsMiddleware": 100,
    "yiqihui_spider.middlewares.faults.PatienceMiddleware": 560,
    "yiqihui_spider.middlewares.faults.FaultMiddleware": 570,
    "yiqihui_spider.middlewares.guard.SafeRedirectMiddleware": 600,
    "yiqihui_spider.middlewares.proxy.ProxyMiddleware": 750,
}
EXTENSIONS = {
    "yiqihui_spider.crawl.extension.CaptureExtension": 10,
}
ITEM_PROCESSOR = "yiqihui_spider.crawl.item_processor.ItemProcessor"
ITEM_PIPELINES = {
    "yiqihui_spider.pipelines.SplitPipeline": 100,
    "yiqihui_spider.pipelines.NormalisePipeline": 200,
    "yiqihui_spider.pipelines.ArchivePipeline": 300,
}

LOG_LEVEL = "INFO"
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {
    "csv": "yiqihui_spider.exports.scrapy_feeds.ArticleCsvExporter",
    "xml": "yiqihui_spider.exports.scrapy_feeds.ArticleXmlExporter",
}
