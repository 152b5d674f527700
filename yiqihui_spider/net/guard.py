"""Stay on the one host, also through redirects."""

from __future__ import annotations

from scrapy import Request

from yiqihui_spider.addresses import same_site
from yiqihui_spider.net.errors import OffHost


class OneHostMiddleware:
    """Refuses a request that left the host of ``meta["home"]``; without it, anything goes."""

    def process_request(self, request: Request) -> None:
        home = request.meta.get("home")
        if home and not same_site(request.url, home):
            raise OffHost(f"redirected to another host: {request.url}")
