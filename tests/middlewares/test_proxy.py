from __future__ import annotations

import pytest
from scrapy import Request

from yiqihui_spider.middlewares.proxy import ProxyMiddleware, goes_direct

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("listed", "host", "port", "direct"),
    [
        ("", "localhost", 80, True),
        ("", "127.0.0.1", None, True),
        ("", "::1", 8080, True),
        ("", "::ffff:127.0.0.1", 80, True),
        ("", "www.178hui.com", 80, False),
        ("", "128.0.0.1", 80, False),
        ("", "localhost.example", 80, False),
        ("178hui.com", "www.178hui.com", 80, True),
        ("178hui.com:8080", "www.178hui.com", 80, False),
        ("178hui.com:8080", "www.178hui.com", 8080, True),
        (" a.example , .178hui.com ", "www.178hui.com", None, True),
        ("*", "www.178hui.com", None, True),
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, False),
        ("fe80::/10,10.0.0.0/8", "fe80::1", 80, True),
        ("nonsense/x", "10.1.2.3", 80, False),
    ],
)
def test_who_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, listed: str, host: str, port: int | None, direct: bool
) -> None:
    monkeypatch.setenv("no_proxy", listed)
    assert goes_direct(host, port) is direct


def test_a_redirect_to_loopback_leaves_the_proxy_and_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:pw@10.0.0.1:3128")
    middleware = ProxyMiddleware()
    request = Request("http://www.178hui.com/news/")
    middleware.process_request(request)
    assert request.meta["proxy"] == "http://10.0.0.1:3128"
    assert request.headers["Proxy-Authorization"] == b"Basic bWU6cHc="
    inside = request.replace(url="http://127.0.0.1/news/")
    middleware.process_request(inside)
    assert inside.meta["proxy"] is None
    assert "Proxy-Authorization" not in inside.headers
    back = inside.replace(url="http://www.178hui.com/news/")
    middleware.process_request(back)
    assert back.meta["proxy"] == "http://10.0.0.1:3128"
