"""What is true of one site, and nowhere else: its profile (``178hui.toml``, or a file of the user's),
as a :class:`SiteProfile` whose forms are compiled to matchers. Whatever reads pages is handed one."""

from yiqihui_spider.site.loader import (
    DEFAULT,
    SiteError,
    built_in,
    built_in_names,
    load_profile,
    parse_profile,
)
from yiqihui_spider.site.profile import SiteProfile

__all__ = [
    "DEFAULT",
    "SiteError",
    "SiteProfile",
    "built_in",
    "built_in_names",
    "load_profile",
    "parse_profile",
]
