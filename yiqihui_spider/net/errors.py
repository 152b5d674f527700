"""Why a request brought no page; each becomes a FailureItem with these words."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class OffHost(IgnoreRequest):
    """The way led to another host."""

    kind = "strange"


class ForbiddenByRobots(IgnoreRequest):
    """robots.txt says no."""

    kind = "forbidden"


class RobotsUnavailable(IgnoreRequest):
    """robots.txt could not be had, which RFC 9309 (2.3.1.4) reads as a no for now."""

    kind = "closed"


class BrokenAnswer(Exception):
    """The answer came cut off, or its content coding cannot be undone."""

    kind = "broken"
