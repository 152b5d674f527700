"""What the templates of all our pages share: white space, escaping, filters, the reader's language."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from yiqihui_spider.report import drawing, texts
from yiqihui_spider.report.words import words


def environment(package: str, folder: str, lang: str) -> Environment:
    """For the templates in a folder of a package, which may say ``{% trans %}`` and ``_("…")``."""
    made = Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=texts.clean,
        extensions=["jinja2.ext.i18n"],
    )
    told = words(lang)
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(told.gettext, told.ngettext, newstyle=True)  # type: ignore[attr-defined]
    # For values of the archive: what `_` gives is taken for markup, and they may hold anything.
    made.filters["said"] = told.gettext
    made.filters |= {"number": texts.number, "moment": texts.moment, "day": texts.day, "brief": texts.brief}
    made.globals |= {"lang": "zh-CN" if lang == "zh" else "en", "bar": drawing.bar}
    return made
