"""Stay on the one site, also through redirects."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from yiqihui_spider.characters import printable_line
from yiqihui_spider.middlewares.errors import BadRedirect, EndlessRedirects, OffHost
from yiqihui_spider.urls import same_site, without_password


class OneHostMiddleware:
    """Refuses a request that left the site of ``meta["home"]``, whose host names are
    ``meta["names"]``; without it, anything goes."""

    def process_request(self, request: Request) -> None:
        home = request.meta.get("home")
        if home and not same_site(request.url, home, request.meta.get("names", ())):
            raise OffHost(f"redirected to another host: {_shown(request.url)}")


RETURNS = 1
"""So often a chain of redirects may come back to an address that it went through."""


class SafeRedirectMiddleware(RedirectMiddleware):
    """Scrapy's, which says what is wrong with a redirect, and asks nobody in circles."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        try:
            found = super().process_response(request, response)
        except ValueError as error:
            target = (response.headers.get("Location") or b"").decode("utf-8", "replace")
            raise BadRedirect(f"redirected to what is no address: {_shown(target)}") from error
        except IgnoreRequest as error:
            raise EndlessRedirects(f"redirected more than {self.max_redirect_times} times") from error
        if isinstance(found, Request) and found.meta["redirect_urls"].count(found.url) > RETURNS:
            raise EndlessRedirects(f"redirected in a circle: {_shown(found.url)}")
        return found


def _shown(url: str) -> str:
    return printable_line(without_password(url))[:200]
