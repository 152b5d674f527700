"""Proxies of the environment, as curl and Scrapy take them, but never for this machine itself."""

from __future__ import annotations

import os
from ipaddress import ip_address, ip_network
from urllib.request import proxy_bypass

from scrapy import Request
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.utils.httpobj import urlparse_cached

from yiqihui_spider.urls import is_loopback


class ProxyMiddleware(HttpProxyMiddleware):
    """Scrapy's, with loopback left out and ``no_proxy`` taken whole: ports and networks, too."""

    def process_request(self, request: Request) -> None:  # type: ignore[override]
        parts = urlparse_cached(request)
        if goes_direct(parts.hostname or "", parts.port):
            # A redirect may have come from a host that does go through a proxy.
            request.meta["proxy"] = None
            request.headers.pop("Proxy-Authorization", None)
            return
        if request.meta.get("proxy", "") is None:
            del request.meta["proxy"]
        super().process_request(request)


def goes_direct(host: str, port: int | None) -> bool:
    """Whether requests to a host go past any proxy."""
    if is_loopback(host) or proxy_bypass(host if port is None else f"{host}:{port}"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return any(_holds(entry.strip(), address) for entry in listed.split(",") if "/" in entry)


def _holds(network: str, address: object) -> bool:
    try:
        return address in ip_network(network, strict=False)
    except (ValueError, TypeError):
        return False
