"""Stay on the one site, also through redirects."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response

from yiqihui_spider.characters import printable_line
from yiqihui_spider.middlewares.errors import BadRedirect, OffHost
from yiqihui_spider.urls import same_site, without_password


class OneHostMiddleware:
    """Refuses a request that left the site of ``meta["home"]``, whose host names are
    ``meta["names"]``; without it, anything goes."""

    def process_request(self, request: Request) -> None:
        home = request.meta.get("home")
        if home and not same_site(request.url, home, request.meta.get("names", ())):
            raise OffHost(f"redirected to another host: {_shown(request.url)}")


class SafeRedirectMiddleware(RedirectMiddleware):
    """Scrapy's, which lets an address that can't be read through as an error of its own kind."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        try:
            return super().process_response(request, response)
        except ValueError as error:
            target = (response.headers.get("Location") or b"").decode("utf-8", "replace")
            raise BadRedirect(f"redirected to what is no address: {_shown(target)}") from error


def _shown(url: str) -> str:
    return printable_line(without_password(url))[:200]
