"""Why a request brought no page; each becomes a FailureItem with these words."""

from __future__ import annotations

from http import HTTPStatus

from scrapy.exceptions import IgnoreRequest

PHRASES = {int(status): status.phrase for status in HTTPStatus}


def reason_phrase(status: int) -> str:
    """The standard's words for a status, "" for one it doesn't know.

    >>> reason_phrase(429)
    'Too Many Requests'
    """
    return PHRASES.get(status, "")


class OffHost(IgnoreRequest):
    """The way led to another host."""

    kind = "strange"


class ForbiddenByRobots(IgnoreRequest):
    """robots.txt says no."""

    kind = "forbidden"


class RobotsUnavailable(IgnoreRequest):
    """robots.txt could not be had, which RFC 9309 (2.3.1.4) reads as a no for now."""

    kind = "closed"


class TooLong(IgnoreRequest):
    """The answer unpacks to more than our limit; asking again would not help."""

    kind = "strange"


class Untrusted(Exception):
    """The server's certificate is not to be trusted."""

    kind = "unreachable"


class ProxyRefused(Exception):
    """The proxy wants to know who we are, or does not want us."""

    kind = "unreachable"


class BadRedirect(IgnoreRequest):
    """A redirect to what is no address."""

    kind = "strange"


class EndlessRedirects(BadRedirect):
    """Redirects in a circle, or one too many."""


class BrokenAnswer(Exception):
    """The answer came cut off, or its content coding cannot be undone."""

    kind = "broken"
