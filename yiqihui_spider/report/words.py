"""The words of the report and the reading room, in English and Chinese.

Templates and code hold the English; ``zh.json`` says it in Chinese. A phrase with a number has a
form for one and a form for many in English, and one form in Chinese.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Words:
    """What to say in one language; placeholders are ``%(name)s``."""

    lang: str
    catalog: Mapping[str, str]

    def gettext(self, message: str) -> str:
        return self.catalog.get(message, message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.catalog.get(one) or (one if count == 1 else many)


@cache
def words(lang: str) -> Words:
    if lang == "en":
        return Words("en", {})
    catalog: dict[str, str] = json.loads(files(__package__).joinpath(f"{lang}.json").read_text("utf-8"))
    return Words(lang, catalog)
