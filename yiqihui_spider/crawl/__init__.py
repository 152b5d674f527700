"""A crawl's life: what is fetched next, what came of it, and how it ends. Scrapy's parts
that are no middleware, pipeline or spider, and the pure decisions behind them."""
