"""What a file is that is not imported, and what would read it. Pure.

Told from the first bytes, never from the name. What a program, a table or a message holds is
no page, even where the site's own text stands in it.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass

from yiqihui_spider.parse import markup

UNPACK = "unpack it and import the folder"
_PRINT = "save its text or its HTML, and import that"


@dataclass(frozen=True, slots=True)
class Foreign:
    what: str
    """``is a PDF document``"""
    remedy: str
    """What would read it, or what to do."""
    may_hold_pages: bool = False
    """Pages can be written down in it: met in a folder, it must not be passed over in silence."""

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


# --- binary files ----------------------------------------------------------------------------

_NO_TEXT = "it holds no text to import"
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "is a PDF document", "`pdftotext` makes text of it"),
    (b"%!PS", "is a PostScript document", "`ps2ascii` makes text of it"),
    (b"{\\rtf", "is an RTF document", _PRINT),
    (b"\x89PNG", "is a PNG image", _NO_TEXT),
    (b"\xff\xd8\xff", "is a JPEG image", _NO_TEXT),
    (b"GIF8", "is a GIF image", _NO_TEXT),
    (b"II*\0", "is a TIFF image", _NO_TEXT),
    (b"MM\0*", "is a TIFF image", _NO_TEXT),
    (b"\0\0\x01\0", "is an icon", _NO_TEXT),
    (b"wOF", "is a font", _NO_TEXT),
    (b"OTTO", "is a font", _NO_TEXT),
    (b"\x1aE\xdf\xa3", "is a film", _NO_TEXT),
    (b"ID3", "is a sound file", _NO_TEXT),
    (b"OggS", "is a sound file", _NO_TEXT),
    (b"SQLite format 3\0", "is an SQLite database", "`sqlite3` reads it; an archive is named with --archive"),
    (b"PAR1", "is a Parquet table", "DuckDB and pandas read it"),
    (b"ARROW1", "is an Arrow table", "pyarrow and pandas read it"),
    (b"\x89HDF", "is an HDF5 file", "h5py and pandas read it"),
    (b"Rar!", "is a RAR archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", UNPACK),
    (b"MSCF", "is a CAB archive", UNPACK),
    (b"\x04\x22\x4d\x18", "is LZ4 data", "`lz4 -d` undoes it; import what comes out"),
    (b"\x5d\0\0", "is LZMA data", "`unlzma` undoes it; import what comes out"),
    (b"\x1f\x9d", "is compress (.Z) data", "`uncompress` undoes it; import what comes out"),
    (b"\xd0\xcf\x11\xe0", "is an Office document of the old form", _PRINT),
    (b"bplist00", "is a Safari web archive or another property list",
     "`textutil -convert html` makes HTML of it"),
    (b"\x7fELF", "is a program", _NO_TEXT),
    (b"\xca\xfe\xba\xbe", "is a program", _NO_TEXT),
)  # fmt: skip


def binary(head: bytes) -> Foreign:
    """What a file of bytes that are no text is."""
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            return Foreign(what, remedy)
    if head[257:262] == b"ustar":
        return Foreign("is a tar archive", UNPACK)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Foreign("is a WebP image", _NO_TEXT)
    if head[4:8] == b"ftyp":
        return Foreign("is a film or an image", _NO_TEXT)
    return Foreign("is a binary file, and neither WARC nor WACZ", "nothing here reads it")


def has_signature(head: bytes) -> bool:
    """Whether one of the signatures opens it; a text with few controls may be binary all the same."""
    return head.startswith(tuple(signature for signature, *_ in _SIGNATURES)) or head[257:262] == b"ustar"


def in_zip(names: list[str], mime: str) -> Foreign:
    """What a zip file without any WARC in it is; ``mime`` is what its member ``mimetype`` says."""
    if "[Content_Types].xml" in names:
        return Foreign("is an Office document", _PRINT)
    if "opendocument" in mime:
        return Foreign("is an OpenDocument file", _PRINT)
    if "epub" in mime:
        return Foreign("is an EPUB book", UNPACK)
    if any(name.count("/") == 1 and name.endswith("/index.rdf") for name in names):
        return Foreign("is a MAFF web archive", UNPACK)
    return Foreign("is a zip file without archive/*.warc.gz: no WACZ", UNPACK)


# --- texts that are no dump ------------------------------------------------------------------

_JSON_BEGIN = re.compile(
    r"\s*(?:\{\s*(?:\"(?:[^\"\\]|\\.){0,200}\"\s*:|\}\s*\Z)|\[\s*(?:\{\s*\"|\"(?:[^\"\\\n]|\\.)*\"\s*[,\]]|\[\s*[\"\d\[]|-?\d+(?:\.\d+)?\s*[,\]]|\]\s*\Z))"
)
_SCRIPT = re.compile(
    r"""\s*(?:/\*|//|["']use\ strict["']|(?:var|let|const)\s+[\w$]+\s*=|(?:async\s+)?function\b[\s\w$]*\(
        |[!;]?\(?\s*(?:async\s+)?(?:function\b|\([\w$,\s]*\)\s*=>)|(?:window|document|self|module|exports|jQuery|\$)\s*[.\[(=]
        |import\s+[\w{*"'].{0,200}?["'];|export\s+(?:default|const|function|class)\b
        |[\w$.]{1,60}\s*\(\s*[\[{]\s*["'\[{}\]]|[\w$]{1,60}\s*=\s*[\[{]\s*["'\[{}\]])""",
    re.VERBOSE,
)
"""JavaScript, JSONP and its like as they open."""
_STYLE = re.compile(
    r"\s*(?:@(?:charset|import|media|font-face)\b|[.#*]?[\w.#\-:\[\]=\", >*]{1,200}\{\s*[\w-]+\s*:)"
)
_SQL = re.compile(
    r"\s*(?:-- [^\n]*\n\s*|/\*.{0,400}?\*/;?\s*){0,40}"
    r"(?:CREATE (?:TABLE|DATABASE)|INSERT INTO|BEGIN TRANSACTION|PRAGMA )",
    re.IGNORECASE | re.DOTALL,
)
_YAML = re.compile(r"\s*---[ \t]*\r?\n\s*(?:- )?[\w-]+:(?:\s|\Z)|\s*%YAML ")
_MAIL_FIELD = re.compile(r"[!-9;-~]{1,76}:")
_MAIL = re.compile(
    r"^(?:mime-version|content-type|content-transfer-encoding|content-location|snapshot-content-location"
    r"|message-id|received|return-path|delivered-to)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_MBOX = re.compile(r"From \S+ .{0,60}\d{4}\r?\n[!-9;-~]{1,76}:")


def opens_as_message(text: str) -> bool:
    """Whether a MIME head stands first: an MHTML page, or an e-mail."""
    text = text.lstrip("\ufeff\r\n")
    if not _opens_as_field(text):  # nearly always
        return False
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    return all(map(_opens_as_field, head.splitlines()[:200])) and _MAIL.search(head) is not None


def _opens_as_field(line: str) -> bool:
    return line[:1] in (" ", "\t") or _MAIL_FIELD.match(line) is not None


_OPENING = 4096
"""Characters in which a program's or a table's opening must show."""


def table_or_program(text: str) -> Foreign | None:
    """What a text is that is written for programs; ``text`` may be the beginning only."""
    plain = text.lstrip("\ufeff").lstrip()
    opening = plain[:_OPENING]
    if re.match(r"warc/\d", plain, re.IGNORECASE):
        return Foreign(
            "is a WARC file that some program wrote with a damaged first line",
            "it must open with WARC/1.0 or WARC/1.1, in capitals and with nothing before it",
            True,
        )
    if _JSON_BEGIN.match(opening) and _is_json_text(plain):
        return _json(plain)
    if _MBOX.match(opening):
        return Foreign("is a mailbox", _PRINT, True)
    for pattern, what in ((_SQL, "is an SQL dump"), (_YAML, "is YAML or a text with a YAML head")):
        if pattern.match(opening):
            return Foreign(what, "only its texts could be imported, each page as text or HTML", True)
    if plain.startswith("#!") or _SCRIPT.match(opening):
        return Foreign("is a script", _NO_TEXT)
    if _STYLE.match(opening):
        return Foreign("is a style sheet", _NO_TEXT)
    return _table(plain)


def _is_json_text(text: str) -> bool:
    """Whether it goes on as JSON, too; ``["引用"] 一句话`` does not."""
    try:
        end = json.JSONDecoder().raw_decode(text)[1]
    except RecursionError:
        return True
    except json.JSONDecodeError as error:  # damaged, or the rest is not here
        return text[0] == "{" or error.pos * 2 > len(text) or "Unterminated" in error.msg
    return text[end:].lstrip()[:1] in ("", "{", "[", ",")


def _json(text: str) -> Foreign:
    if "multi-wacz-package" in text:
        return Foreign("describes a multi-WACZ", "import the .wacz files that it names")
    lines = [line for line in text.splitlines() if line.strip()][:2]
    kind = "is JSON lines" if len(lines) > 1 and all(_is_json(line) for line in lines) else "is JSON"
    return Foreign(kind, "`jq` reads it; of JSON only HAR files are imported", True)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


_DELIMITERS = {",": "is a CSV table", "\t": "is a TSV table", ";": "is a CSV table", "|": "is a table"}
_MOST_ROWS = 200


def _table(text: str) -> Foreign | None:
    """Rows with the same number of fields, more than one each. The first line of a dump has none of
    the delimiters."""
    first = text.lstrip().partition("\n")[0]
    for delimiter, what in _DELIMITERS.items():
        if delimiter in first and _same_width(text, delimiter):
            return Foreign(
                what, "a spreadsheet or `sqlite3` reads it; the pages themselves can be imported", True
            )
    return None


_COLUMN_NAME = re.compile(r"\s*(?:[A-Za-z_][\w .-]{0,30}|[\u3400-\u9fff]{1,8})\s*")


def _same_width(text: str, delimiter: str) -> bool:
    rows = _rows(text, delimiter)
    width = len(rows[0]) if rows else 0
    if width < 2:
        return False
    same = all(len(row) == width for row in rows[1:])
    if all(_COLUMN_NAME.fullmatch(cell) for cell in rows[0]) and len(rows) > 1:
        return same or width > 2
    quoted = text.lstrip()[:1] == '"' and width > 2
    # Prose may have a comma in every line; a table without names or quotes has more of both.
    return same and (quoted or delimiter == "\t" or (width > 2 and len(rows) > 2))


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The first rows; the last one only if the text may end with it."""
    reader = csv.reader(text.lstrip().splitlines(keepends=True), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > _MOST_ROWS:
                break
    except csv.Error:  # a field beyond the module's limit: the rest of the text in one pair of quotes
        pass
    return rows[:-1] if len(rows) > 2 else rows


# --- marked-up texts -------------------------------------------------------------------------

_PROLOGUE = re.compile(r"[\s\ufeff]*(?:(?:<!--(?:(?!-->).)*-->|<\?[^>]*>)\s*)*", re.DOTALL)
_HTML = re.compile(markup.NAMES, re.IGNORECASE)
_DOCTYPE = re.compile(r"<!doctype\s+([\w:.-]+)[^\[>]*(?:\[[^\]]*\]\s*)?>?\s*", re.IGNORECASE)
_ELEMENT = re.compile(r"</?([a-z][\w:.-]*)", re.IGNORECASE)


def xml_root(text: str) -> str | None:
    """The root element of a marked-up text that is no HTML, or None."""
    at = _PROLOGUE.match(text)
    rest = text[at.end() :] if at else text
    doctype = _DOCTYPE.match(rest)
    if doctype:
        return None if doctype[1].lower() == "html" else doctype[1].lower()
    element = _ELEMENT.match(rest)
    if element is None or _HTML.fullmatch(element[1]):
        return None
    # An element that HTML doesn't know opens an XML file; pages may have one too, later on.
    opened_as_xml = "<?xml" in text[: at.end() if at else 0].lower()
    return element[1] if opened_as_xml or element[1].lower() in _XML_ROOTS else None


_XML_ROOTS = frozenset(
    [
        "rss",
        "feed",
        "rdf:rdf",
        "urlset",
        "sitemapindex",
        "opml",
        "svg",
        "plist",
        "kml",
        "gpx",
        "xml",
        "mediawiki",
        "tei",
        "channel",
        "item",
        "items",
        "articles",
        "records",
        "data",
        "root",
        "response",
    ]
)


def xml(root: str) -> Foreign:
    known = {"rss": "an RSS feed", "feed": "an Atom feed", "rdf:rdf": "an RSS feed", "svg": "an SVG image",
             "urlset": "a site map", "sitemapindex": "a site map",
             "plist": "a Safari web archive or another property list"}  # fmt: skip
    what = known.get(root.lower(), f"XML (root element {root[:40]!r})")
    remedy = "`textutil -convert html` makes HTML of it" if root == "plist" else "import the pages themselves"
    return Foreign(f"is {what}", remedy, root.lower() != "svg")


MIXED = Foreign(
    "holds HTML tags in what is no HTML page",
    "save the page itself as HTML; a text dump has no tags in it",
    True,
)
