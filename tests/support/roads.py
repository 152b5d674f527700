"""The same pages by every road that leads into an archive. Adding a road is one line in ``ROADS``.

A road takes the pages of a small site as they were served, packs them the way some tool does, and
leaves what is to be imported.  ``test_roads.py`` holds the rows against those of a live crawl.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import lzma
import os
import re
import zipfile
import zlib
from bz2 import compress as bzip2
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import zstandard

from support import envelopes
from yiqihui_spider.sample.site import SampleSite

HOST = "http://www.178hui.com"
DAY = 1583107200
"""2020-03-02T00:00:00Z; page n was captured n seconds after 06:00."""


@dataclass(frozen=True)
class Leaf:
    """A page as the site served it."""

    target: str
    """Path and query."""
    text: str
    dump: str
    """The same flattened."""
    second: int
    charset: str = "utf-8"
    """A key of ``CHARSETS``."""

    @property
    def url(self) -> str:
        return HOST + self.target

    @property
    def body(self) -> bytes:
        return CHARSETS[self.charset].encode(self.text)

    @property
    def content_type(self) -> str:
        return "text/html" + CHARSETS[self.charset].header

    @property
    def listing(self) -> bool:
        return "list" in self.target

    @property
    def when(self) -> str:
        return f"2020-03-02T06:00:{self.second:02}Z"

    @property
    def digits(self) -> str:
        return f"202003020600{self.second:02}"

    @property
    def seconds(self) -> int:
        return DAY + 6 * 3600 + self.second


# --- charsets ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Charset:
    codec: str
    header: str = ""
    """What the Content-Type says."""
    meta: str | None = None
    """What the document says."""
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        meta = "" if self.meta is None else f'<meta charset="{self.meta}">'
        said = re.sub(r'<meta charset="[^"]*">', meta, text, count=1)
        return self.mark + said.encode(self.codec, "xmlcharrefreplace")


CHARSETS: dict[str, Charset] = {
    "utf-8": Charset("utf-8", "; charset=utf-8", "utf-8"),
    "utf-8, header alone": Charset("utf-8", "; charset=UTF-8"),
    "utf-8, document alone": Charset("utf-8", "", "utf-8"),
    "utf-8, undeclared": Charset("utf-8"),
    "utf-8 with its mark": Charset("utf-8", "", None, b"\xef\xbb\xbf"),
    "utf-8 with its mark, called gbk": Charset("utf-8", "; charset=gbk", "gbk", b"\xef\xbb\xbf"),
    "gbk": Charset("gbk", "; charset=gbk", "gbk"),
    "gbk, undeclared": Charset("gbk"),
    "gbk, called gb2312": Charset("gbk", '; charset="gb2312"', "gb2312"),
    "gbk, document alone": Charset("gbk", "", "gb2312"),
    "gb18030": Charset("gb18030", "; charset=GB18030", "gb18030"),
    "utf-16 LE with its mark": Charset("utf-16-le", "; charset=utf-16", "utf-16", b"\xff\xfe"),
    "utf-16 BE with its mark": Charset("utf-16-be", "", None, b"\xfe\xff"),
    "utf-16 LE with its mark, called utf-8": Charset("utf-16-le", "", "utf-8", b"\xff\xfe"),
}


# --- records -----------------------------------------------------------------------------------

Fields = Mapping[str, str]


def record(fields: Iterable[tuple[str, str]], block: bytes, version: str = "WARC/1.0") -> bytes:
    head = [version, *(f"{name}: {value}" for name, value in fields), f"Content-Length: {len(block)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


INFO = record(
    [("WARC-Type", "warcinfo"), ("WARC-Date", "2020-03-02T06:00:00Z"),
     ("WARC-Record-ID", "<urn:uuid:00000000-0000-4000-8000-000000000000>"),
     ("Content-Type", "application/warc-fields")],
    b"software: a test\r\nformat: WARC File Format 1.0\r\n",
)  # fmt: skip


def identified(leaf: Leaf, kind: str, when: str | None = None) -> list[tuple[str, str]]:
    number = hashlib.md5(f"{kind} {leaf.target} {when}".encode()).hexdigest()
    uuid = "-".join((number[:8], number[8:12], "4" + number[13:16], "8" + number[17:20], number[20:]))
    return [("WARC-Type", kind), ("WARC-Record-ID", f"<urn:uuid:{uuid}>"),
            ("WARC-Date", when or leaf.when), ("WARC-Target-URI", leaf.url)]  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """How an answer was sent and stored: what its head says, and what was done to its body."""

    status: str = "HTTP/1.1 200 OK"
    more: tuple[str, ...] = ()
    """Further head lines."""
    store: Callable[[bytes], bytes] = bytes
    content_type: str | None = None
    length: bool = False
    eol: str = "\r\n"

    def head(self, leaf: Leaf, payload: bytes) -> bytes:
        kind = [] if self.content_type == "" else [f"Content-Type: {self.content_type or leaf.content_type}"]
        length = [f"Content-Length: {len(payload)}"] if self.length else []
        lines = [self.status, "Server: nginx", *kind, *length, *self.more, "", ""]
        return self.eol.join(lines).encode()

    def block(self, leaf: Leaf) -> tuple[bytes, bytes]:
        """Head and payload."""
        payload = self.store(leaf.body)
        return self.head(leaf, payload), payload


PLAIN = Sent()

Digests = Callable[[bytes, bytes, bytes], Fields]
"""From head, payload and the body in it to WARC fields."""


def no_digests(head: bytes, payload: bytes, body: bytes) -> Fields:
    return {}


def response(
    leaf: Leaf,
    sent: Sent = PLAIN,
    digests: Digests = no_digests,
    version: str = "WARC/1.0",
    more: Fields | None = None,
    when: str | None = None,
) -> bytes:
    head, payload = sent.block(leaf)
    fields = [*identified(leaf, "response", when), ("Content-Type", "application/http; msgtype=response"),
              *digests(head, payload, leaf.body).items(), *(more or {}).items()]  # fmt: skip
    return record(fields, head + payload, version)


def resource(leaf: Leaf, content_type: str | None = None) -> bytes:
    fields = [*identified(leaf, "resource"), ("Content-Type", content_type or leaf.content_type)]
    return record(fields, leaf.body)


def revisit(leaf: Leaf, later: int, *, refers: bool = True, head: bool = True) -> bytes:
    when = f"2020-03-02T06:01:{(leaf.second + later) % 60:02}Z"
    fields = [
        *identified(leaf, "revisit", when), ("Content-Type", "application/http; msgtype=response"),
        ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
        ("WARC-Payload-Digest", sha1(leaf.body)),
    ]  # fmt: skip
    if refers:
        fields += [("WARC-Refers-To-Target-URI", leaf.url), ("WARC-Refers-To-Date", leaf.when)]
    return record(fields, PLAIN.head(leaf, b"") if head else b"")


def request(leaf: Leaf) -> bytes:
    fields = [*identified(leaf, "request"), ("Content-Type", "application/http; msgtype=request")]
    return record(fields, f"GET {leaf.target} HTTP/1.1\r\nHost: www.178hui.com\r\n\r\n".encode())


def metadata(leaf: Leaf) -> bytes:
    fields = [*identified(leaf, "metadata"), ("Content-Type", "application/warc-fields")]
    return record(fields, b"fetchTimeMs: 12\r\n")


def conversion(leaf: Leaf) -> bytes:
    fields = [*identified(leaf, "conversion"), ("Content-Type", "text/plain")]
    return record(fields, flattened(leaf.text).encode())


BLOCK = re.compile(
    r"</?(?:div|p|li|ul|h\d|header|footer|aside|nav|html|body|head|title|br)\b[^>]*>", re.IGNORECASE
)


def flattened(text: str) -> str:
    """A page as Common Crawl's WET files and ``innerText`` have it: menus and all, a line a block."""
    shown = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->|<!DOCTYPE[^>]*>", "", text)
    shown = re.sub(r'(?s)<div style="display:none">.*?</div>', "", shown)
    plain = html.unescape(re.sub(r"<[^>]*>", "", BLOCK.sub("\n", shown.replace("\n", " "))))
    return "\n".join(line.strip() for line in plain.split("\n") if line.strip()) + "\n"


def arc(leaf: Leaf, sent: Sent = PLAIN) -> bytes:
    block = b"".join(sent.block(leaf))
    return f"{leaf.url} 1.2.3.4 {leaf.digits} text/html {len(block)}\n".encode() + block + b"\n"


ARC_INFO = b"1 0 test\nURL IP-address Archive-date Content-type Archive-length\n"
ARC_HEAD = b"filedesc://x.arc 0.0.0.0 20200302060000 text/plain %d\n%s\n" % (len(ARC_INFO), ARC_INFO)


# --- files of records --------------------------------------------------------------------------

Records = list[bytes]


def chained(records: Records) -> bytes:
    return b"".join(records)


def members(records: Records) -> bytes:
    return b"".join(gzip.compress(one, 1, mtime=0) for one in records)


def gzipped(records: Records) -> bytes:
    return gzip.compress(chained(records), 1, mtime=0)


def frames(records: Records) -> bytes:
    return b"".join(zstandard.compress(one) for one in records)


def in_zstd(records: Records) -> bytes:
    return zstandard.compress(chained(records))


FILES: dict[str, Callable[[Records], bytes]] = {
    "plain": chained, "gzip, a member a record": members, "gzip, whole": gzipped,
    "zstd, a frame a record": frames, "zstd, whole": in_zstd,
    "bzip2": lambda records: bzip2(chained(records)), "xz": lambda records: lzma.compress(chained(records)),
    "gzip in zstd": lambda records: zstandard.compress(members(records)),
}  # fmt: skip


# --- roads -------------------------------------------------------------------------------------

Pack = Callable[[Sequence[Leaf], Path], list[Path]]


@dataclass(frozen=True)
class Road:
    pack: Pack
    loses: frozenset[str] = frozenset()
    """Columns that the road by its nature does not carry."""
    refused: str | None = None
    """What each complaint says where nothing comes through."""
    told: str | None = None
    """What each complaint says where all comes through, and more stands there."""
    code: int = 0
    warned: bool = False
    listings_only: bool = False
    piped: bool = False
    """Each file through standard input."""
    lines: bool = False
    """It rewrites line ends, which pages in UTF-16 don't survive."""
    charsets: str = ""
    """What the charsets that it can carry begin with; empty: it carries all."""


NO_HOST = frozenset({"path"})
"""The links tell an article's number, and nothing whose it is."""
NO_ADDRESS = frozenset({"site_id", "path"})


def saved(path: Path, data: bytes, leaf: Leaf | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    seconds = DAY + 6 * 3600 if leaf is None else leaf.seconds
    os.utime(path, (seconds, seconds))
    return path


def one_file(make: Callable[[Sequence[Leaf]], bytes], name: str = "crawl") -> Pack:
    return lambda leaves, folder: [saved(folder / name, make(leaves))]


def each(make: Callable[[Leaf], bytes], name: str = "page-{:02}.html") -> Pack:
    """A file a page."""

    def pack(leaves: Sequence[Leaf], folder: Path) -> list[Path]:
        return [saved(folder / name.format(leaf.second), make(leaf), leaf) for leaf in leaves]

    return pack


def folder_of(pack: Pack) -> Pack:
    """The same, the folder named instead of its files."""

    def whole(leaves: Sequence[Leaf], folder: Path) -> list[Path]:
        pack(leaves, folder)
        return [folder]

    return whole


def warc_of(make: Callable[[Leaf], bytes] = response, file: Callable[[Records], bytes] = members) -> Pack:
    return one_file(lambda leaves: file([INFO, *(make(leaf) for leaf in leaves)]))


def sent(**how: object) -> Pack:
    return warc_of(lambda leaf: response(leaf, replace(PLAIN, **how)))  # type: ignore[arg-type]


def with_digests(digests: Digests, how: Sent = PLAIN) -> Pack:
    return warc_of(lambda leaf: response(leaf, how, digests))


def chunks(data: bytes, size: int = 4000) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=-15)
    return packer.compress(data) + packer.flush()


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


CODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", _gzip), "x-gzip": ("x-gzip", _gzip), "GZIP": ("GZIP", _gzip),
    "deflate": ("deflate", zlib.compress), "deflate, raw": ("deflate", raw_deflate),
    "br": ("br", lambda data: bytes(brotli.compress(data, quality=1))), "zstd": ("zstd", zstandard.compress),
    "gzip twice": ("gzip, gzip", lambda data: _gzip(_gzip(data))),
    "br in gzip": ("br, gzip", lambda data: _gzip(bytes(brotli.compress(data, quality=1)))),
    "identity": ("identity", bytes),
}  # fmt: skip
"""A content coding: how it is declared, and how it is made."""

DIGESTS: dict[str, Digests] = {
    "sha1": lambda head, payload, body: {
        "WARC-Block-Digest": sha1(head + payload), "WARC-Payload-Digest": sha1(payload)
    },
    "sha1, hex": lambda head, payload, body: {
        "WARC-Block-Digest": "sha1:" + hashlib.sha1(head + payload).hexdigest(),
        "WARC-Payload-Digest": "sha1:" + hashlib.sha1(payload).hexdigest(),
    },
    "sha1, small letters": lambda head, payload, body: {"WARC-Block-Digest": sha1(head + payload).lower()},
    "sha256": lambda head, payload, body: {
        "WARC-Block-Digest": sha256(head + payload), "WARC-Payload-Digest": sha256(payload)
    },
    "sha256, base32": lambda head, payload, body: {
        "WARC-Payload-Digest": "sha256:" + base64.b32encode(hashlib.sha256(payload).digest()).decode()
    },
    "md5": lambda head, payload, body: {"WARC-Payload-Digest": "md5:" + hashlib.md5(payload).hexdigest()},
    "an unknown kind": lambda head, payload, body: {"WARC-Payload-Digest": "blake3:" + "0" * 64},
    "of the body": lambda head, payload, body: {"WARC-Payload-Digest": sha1(body)},
    "none with a name": lambda head, payload, body: {"WARC-Payload-Digest": "-"},
}  # fmt: skip


def wacz(leaves: Sequence[Leaf], folder: str = "", compression: int = zipfile.ZIP_STORED) -> bytes:
    half = len(leaves) // 2
    warcs = [members([INFO, *(response(leaf) for leaf in part)]) for part in (leaves[:half], leaves[half:])]
    return envelopes.wacz_of(*warcs, folder=folder, compression=compression)


def multi_wacz(leaves: Sequence[Leaf]) -> bytes:
    half = len(leaves) // 2
    return envelopes.package_of(wacz(leaves[:half]), wacz(leaves[half:], "crawl/"))


def har(leaves: Sequence[Leaf], *, coded: bool = False, indent: int | None = None) -> bytes:
    """One session, as browsers export it: other hosts' files among it."""
    entries = [
        json.loads(envelopes.har_of(leaf.text.encode(), leaf.url))["log"]["entries"] for leaf in leaves
    ]
    for leaf, pair in zip(leaves, entries, strict=True):
        pair[1]["startedDateTime"] = f"2020-03-02T14:00:{leaf.second:02}.000+08:00"
        if coded:
            text = base64.b64encode(leaf.body).decode()
            pair[1]["response"]["content"] |= {"text": text, "encoding": "base64", "size": len(leaf.body)}
            pair[1]["response"]["headers"][2]["value"] = leaf.content_type
    log = {
        "version": "1.2",
        "creator": {"name": "t", "version": "1"},
        "entries": [one for pair in entries for one in pair],
    }
    return json.dumps({"log": log}, ensure_ascii=False, indent=indent).encode()


def mhtml(leaf: Leaf, coding: str) -> bytes:
    data = envelopes.mhtml_of(leaf.body, leaf.url, coding)
    data = data.replace(b"Content-Type: text/html\r\n", f"Content-Type: {leaf.content_type}\r\n".encode())
    return data.replace(b"06:00:00 -0000", b"06:00:%02d -0000" % leaf.second)


def enveloped(name: str) -> Callable[[Leaf], bytes]:
    """One of ``envelopes.ENVELOPES``, at the page's own time."""

    def make(leaf: Leaf) -> bytes:
        data = envelopes.ENVELOPES[name](leaf.body, leaf.url)
        for hour in (b"06", b"14"):
            data = data.replace(hour + b":00:00", b"%s:00:%02d" % (hour, leaf.second))
        return data.replace(b"20200302060000", leaf.digits.encode())

    return make


def answer(leaf: Leaf, how: Sent = PLAIN) -> bytes:
    """``curl -i``, ``wget --save-headers``."""
    lines = (f"Date: Mon, 02 Mar 2020 06:00:{leaf.second:02} GMT", f'Link: <{leaf.url}>; rel="canonical"')
    return b"".join(replace(how, more=(*lines, *how.more)).block(leaf))


def bare_answer(leaf: Leaf) -> bytes:
    """Without a word about the address."""
    return b"".join(PLAIN.block(leaf))


def in_document(leaf: Leaf, words: str) -> bytes:
    """The document with a comment or element right behind its head's beginning."""
    return replace(leaf, text=leaf.text.replace("<head>", "<head>" + words, 1)).body


def browser_comment(leaf: Leaf) -> bytes:
    words = f"<!-- saved from url=({len(leaf.url):04}){leaf.url} -->\n<html"
    return replace(leaf, text=leaf.text.replace("<html", words, 1)).body


def single_file(leaf: Leaf) -> bytes:
    return in_document(
        leaf,
        f"<!--\n Page saved with SingleFile \n url: {leaf.url} \n saved date: Mon Mar 02 2020 14:00:"
        f"{leaf.second:02} GMT+0800 (中国标准时间)\n-->",
    )


def canonical(leaf: Leaf) -> bytes:
    return in_document(leaf, f'<link rel="canonical" href="{leaf.url}">')


def absolute(leaf: Leaf) -> bytes:
    """As a browser saves it: every link with its host."""
    text = re.sub(r'(href|src)="/', rf'\1="{HOST}/', leaf.text)
    return browser_comment(replace(leaf, text=text))


def replay(leaf: Leaf, prefix: str = "https://web.archive.org") -> bytes:
    """The Wayback Machine's copy: its bar on top, every link rewritten, its word at the end."""
    text = re.sub(
        r'(href|src)="/', rf'\1="{prefix}/web/{leaf.digits}/{HOST}/'.replace("\\1", r"\1"), leaf.text
    )
    bar = '<div id="wm-ipp-base"><div>Wayback Machine 14 captures 02 Mar 2020 - 14 Dec 2021</div></div>'
    text = text.replace("<body>", f"<body><!-- BEGIN WAYBACK TOOLBAR INSERT -->{bar}<!-- END WAYBACK TOOLBAR"
                        " INSERT -->", 1)  # fmt: skip
    end = f"<!--\n     FILE ARCHIVED ON 06:00:{leaf.second:02} Mar 02, 2020 AND RETRIEVED FROM THE INTERNET"
    return replace(leaf, text=f"{text}{end} ARCHIVE ON 03:14:15 Nov 20, 2025.\n-->\n").body


def replay_named(leaf: Leaf) -> bytes:
    """Saved from the Wayback Machine by a browser."""
    where = f"https://web.archive.org/web/{leaf.digits}/{leaf.url}"
    return replay(
        replace(leaf, text=leaf.text.replace("<head>", f"<!-- saved from url=(0080){where} -->\n<head>", 1))
    )


def mirror(*, converted: bool, ending: str = ".html", mark: str = "?") -> Pack:
    """wget -r, with -k (links made relative to the file) and -E (.html behind the query)."""

    def name(target: str) -> str:
        way, question, query = target.lstrip("/").partition("?")
        return way + (f"{mark}{query}{ending}" if question else "")

    def pack(leaves: Sequence[Leaf], folder: Path) -> list[Path]:
        top = folder / "www.178hui.com"
        for leaf in leaves:
            path = top / name(leaf.target)
            here = leaf
            if converted:
                near = "" if leaf.listing else "../"
                text = leaf.text.replace('href="/news/view/', f'href="{near}view/')
                text = re.sub(r'href="/(?!news/view)', f'href="{HOST}/', text)
                here = replace(leaf, text=text)
            saved(path, here.body, leaf)
        saved(top / "static" / "pic.gif", b"GIF89a\1\0\1\0")
        saved(top / "robots.txt", b"User-agent: *\nDisallow:\n")
        return [folder]

    return pack


def browser_folder(leaves: Sequence[Leaf], folder: Path) -> list[Path]:
    for leaf in leaves:
        saved(folder / f"文章 {leaf.second}.html", absolute(leaf), leaf)
        beside = folder / f"文章 {leaf.second}_files"
        saved(beside / "a.js.下载", 'var last = "一起惠2019-01-01 00:00:0099 次";\nshow(last);\n'.encode())
        saved(beside / "a.css", '.a:after { content: "一起惠" }'.encode())
        saved(beside / "pic.gif", b"GIF89a\1\0\1\0")
    return [folder]


def dumped(codec: str = "utf-8", glue: str = "\n", mark: bytes = b"") -> Callable[[Leaf], bytes]:
    def make(leaf: Leaf) -> bytes:
        return mark + (glue.join(leaf.dump.split("\n")) + glue).encode(codec, "replace")

    return make


def in_one_dump(codec: str = "utf-8") -> Pack:
    """Page after page in one file. Its pages share a time."""
    return one_file(lambda leaves: b"".join(dumped(codec)(leaf) for leaf in leaves))


def packed(name: str) -> Callable[[Callable[[Leaf], bytes]], Pack]:
    """Each file compressed."""
    return lambda make: each(lambda leaf: FILES[name]([make(leaf)]), "page-{:02}")


def then(*packs: Pack) -> Pack:
    """One after another in one import."""

    def pack(leaves: Sequence[Leaf], folder: Path) -> list[Path]:
        return [path for n, one in enumerate(packs) for path in one(leaves, folder / str(n))]

    return pack


def html_file(leaf: Leaf) -> bytes:
    return leaf.body


def bad_sha1(head: bytes, payload: bytes, body: bytes) -> Fields:
    return {"WARC-Block-Digest": sha1(b"x"), "WARC-Payload-Digest": sha1(b"y")}


def revisits(order: str, **how: bool) -> Pack:
    """Each page twice, the second time as a revisit of the first."""

    def make(leaves: Sequence[Leaf]) -> bytes:
        originals = [response(leaf, PLAIN, DIGESTS["sha1"]) for leaf in leaves]
        again = [revisit(leaf, 20, **how) for leaf in leaves]
        return members([INFO, *originals, *again] if order == "before" else [INFO, *again, *originals])

    return one_file(make)


def noisy(leaf: Leaf) -> bytes:
    return b"".join((request(leaf), response(leaf), metadata(leaf)))


def http_versions(status: str) -> Road:
    return Road(sent(status=status))


ROADS: dict[str, Road] = {
    # files of records
    **{f"WARC/1.{minor}, {name}": Road(
        warc_of(lambda leaf, minor=minor: response(leaf, version=f"WARC/1.{minor}"), make))  # type: ignore[misc]
       for minor in (0, 1) for name, make in FILES.items()},
    "WARC with requests and metadata": Road(warc_of(noisy, chained)),
    "WARC through a pipe": Road(warc_of(), piped=True),
    "WARC through a pipe, zstd": Road(warc_of(response, frames), piped=True),
    "WARC, latest first": Road(
        one_file(lambda leaves: members([response(leaf) for leaf in reversed(leaves)]))),
    "WARC, a file a page": Road(
        folder_of(each(lambda leaf: members([INFO, response(leaf)]), "{:02}.warc.gz"))),
    "WARC, heads with bare line feeds": Road(sent(eol="\n")),
    "WARC of resources": Road(warc_of(resource)),
    "WARC of resources, untyped": Road(warc_of(lambda leaf: resource(leaf, "application/octet-stream"))),
    "WARC, dates with fractions": Road(warc_of(
        lambda leaf: response(leaf, version="WARC/1.1", when=leaf.when.replace("Z", ".123456Z")))),
    "WARC, dates with an offset": Road(warc_of(
        lambda leaf: response(leaf, when=leaf.when.replace("T06", "T14").replace("Z", "+08:00")))),
    **{f"WARC, revisits, originals {order}{', by digest alone' * (not refers)}{', headless' * (not head)}":
       Road(revisits(order, refers=refers, head=head))
       for order in ("before", "after") for refers in (True, False) for head in (True, False)},
    "WARC, digests that are wrong": Road(with_digests(bad_sha1), refused="its own WARC-Block-Digest", code=3),
    **{f"WARC, digest {name}": Road(with_digests(make)) for name, make in DIGESTS.items()},
    **{f"WARC, digest {name}, gzip": Road(
        with_digests(make, Sent(more=("Content-Encoding: gzip",), store=_gzip)))
       for name, make in DIGESTS.items()},
    "WARC, the payload's digest in the block's place": Road(
        with_digests(lambda head, payload, body: {
            "WARC-Block-Digest": sha1(payload), "WARC-Payload-Digest": sha1(payload)}), warned=True),
    "ARC": Road(one_file(lambda leaves: ARC_HEAD + b"".join(map(arc, leaves)))),
    "ARC, gzip": Road(one_file(lambda leaves: members([ARC_HEAD, *map(arc, leaves)]))),
    "ARC, gzip, whole": Road(one_file(lambda leaves: gzipped([ARC_HEAD, *map(arc, leaves)]))),
    "ARC without its head": Road(one_file(lambda leaves: b"".join(map(arc, leaves)))),
    "WET": Road(warc_of(conversion)),
    "WACZ": Road(one_file(wacz)),
    "WACZ, deflated": Road(one_file(lambda leaves: wacz(leaves, "", zipfile.ZIP_DEFLATED))),
    "WACZ within a folder": Road(one_file(lambda leaves: wacz(leaves, "crawl-1/"))),
    "WACZ of several": Road(one_file(multi_wacz)),
    "WACZ through a pipe": Road(one_file(wacz), piped=True, refused="must be a file", code=1),
    # codings
    **{f"coding {name}": Road(sent(more=(f"Content-Encoding: {said}",), store=code))
       for name, (said, code) in CODED.items()},
    **{f"coding {name}, chunked": Road(sent(
        more=(f"Content-Encoding: {said}", "Transfer-Encoding: chunked"),
        store=lambda data, code=code: chunks(code(data)))) for name, (said, code) in CODED.items()},
    **{f"coding {name}, untrue": Road(sent(more=(f"Content-Encoding: {said}",)), warned=True)
       for name, (said, _) in CODED.items() if name != "identity"},
    **{f"coding {word}, of which there is none": Road(
        sent(more=(f"Content-Encoding: {word}",)), warned=word != "")
       for word in ("utf-8", "none", "UTF8", "binary", "text", "*", "")},
    "chunked": Road(sent(more=("Transfer-Encoding: chunked",), store=chunks)),
    "chunked, one byte a chunk": Road(sent(
        more=("Transfer-Encoding: chunked",), store=lambda data: chunks(data, 7))),
    "chunked, untrue": Road(sent(more=("Transfer-Encoding: chunked",)), warned=True),
    "chunked, unsaid": Road(sent(store=chunks), warned=True),
    "gzip, unsaid": Road(sent(store=_gzip), warned=True),
    # heads
    **{f"status line {line}": http_versions(line)
       for line in ("HTTP/1.0 200 OK", "HTTP/1.1 200", "HTTP/2 200 ",
                    "HTTP/1.1 203 Non-Authoritative Information")},
    **{f"type {words or 'not said'}": Road(sent(content_type=words)) for words in (
        "", "text/html charset=utf-8", "text/html;;charset=utf-8", "text/html, text/html; charset=utf-8",
        "application/octet-stream", "application/xhtml+xml", "TEXT/HTML", "text/html; charset=", "text/plain",
        "text/html; charset=x-unknown", "html")},
    "length of the coded body, stored decoded": Road(sent(
        more=("Content-Encoding: gzip", "Content-Length: 99")), warned=True),
    "length": Road(sent(length=True)),
    "length too short": Road(sent(more=("Content-Length: 10",))),
    "length too long": Road(sent(more=("Content-Length: 99999999",)), refused="cut short", code=3),
    "cut short by its record": Road(warc_of(lambda leaf: response(leaf, more={"WARC-Truncated": "length"})),
                                    refused="cut short", code=3),
    "a part": Road(sent(status="HTTP/1.1 206 Partial Content", more=("Content-Range: bytes 0-99/100000",)),
                   refused="part of the page", code=3),
    # packages of browsers
    "HAR": Road(one_file(har)),
    "HAR, indented": Road(one_file(lambda leaves: har(leaves, indent=2))),
    "HAR, base64": Road(one_file(lambda leaves: har(leaves, coded=True))),
    "HAR, gzip": Road(one_file(lambda leaves: _gzip(har(leaves)))),
    "HAR through a pipe": Road(one_file(har), piped=True),
    "MHTML, base64": Road(each(lambda leaf: mhtml(leaf, "base64"), "{:02}.mhtml")),
    **{f"MHTML, {coding}": Road(
        each(lambda leaf, coding=coding: mhtml(leaf, coding), "{:02}.mhtml"), lines=True)
       for coding in ("8bit", "quoted-printable")},
    "MHTML through a pipe": Road(each(lambda leaf: mhtml(leaf, "quoted-printable")), piped=True, lines=True),
    # saved pages
    "HTML": Road(each(html_file), NO_HOST),
    "HTML through a pipe": Road(each(html_file), NO_HOST, piped=True),
    "HTML in a folder": Road(folder_of(each(html_file)), NO_HOST),
    **{f"HTML, {name}": Road(packed(name)(html_file), NO_HOST) for name in FILES if "record" not in name},
    "HTML with its address": Road(each(canonical)),
    "HTML of a browser": Road(each(browser_comment)),
    "HTML of a browser, absolute links": Road(each(absolute)),
    "browser folder": Road(browser_folder),
    "SingleFile": Road(each(single_file)),
    "SingleFile, gzip": Road(packed("gzip, whole")(single_file)),
    "Wayback copy": Road(each(replay)),
    "Wayback copy, saved by a browser": Road(each(replay_named)),
    "copy of another replay": Road(each(lambda leaf: replay(leaf, "http://localhost:8080"))),
    **{name: Road(each(enveloped(name), "{:02}"), charsets="utf-8") for name in (
        "HAR in ASCII", "MHTML with a frame", "MHTML of Internet Explorer", "Save Page WE", "HTTrack",
        "monolith", "Wayback, raw", "curl -i, HTTP/2", "curl -iL")},
    "curl -i --compressed": Road(
        each(enveloped("curl -i --compressed"), "{:02}"), warned=True, charsets="utf-8"),
    "mirror": Road(mirror(converted=False, ending="")),
    "mirror, wget -E": Road(mirror(converted=False)),
    "mirror, wget -E -k": Road(mirror(converted=True)),
    "mirror on Windows": Road(mirror(converted=True, mark="@")),
    "curl -i": Road(each(answer)),
    "curl -i through a pipe": Road(each(answer), piped=True),
    "curl -i --raw, gzip": Road(
        each(lambda leaf: answer(leaf, Sent(more=("Content-Encoding: gzip",), store=_gzip)))),
    "curl -i --raw, br, chunked": Road(each(lambda leaf: answer(leaf, Sent(
        more=("Content-Encoding: br", "Transfer-Encoding: chunked"),
        store=lambda data: chunks(CODED["br"][1](data)))))),
    "wget --save-headers": Road(each(bare_answer), NO_HOST),
    # text
    "dumps": Road(each(dumped(), "{:02}.txt"), NO_ADDRESS),
    "dumps in a folder": Road(folder_of(each(dumped(), "{:02}.txt")), NO_ADDRESS),
    "dumps through a pipe": Road(each(dumped()), NO_ADDRESS, piped=True),
    "dumps, CRLF": Road(each(dumped(glue="\r\n")), NO_ADDRESS),
    "dumps, CR": Road(each(dumped(glue="\r")), NO_ADDRESS),
    "dumps, gbk": Road(each(dumped("gbk")), NO_ADDRESS),
    "dumps, gb18030": Road(each(dumped("gb18030")), NO_ADDRESS),
    "dumps, utf-8 with its mark": Road(each(dumped(mark=b"\xef\xbb\xbf")), NO_ADDRESS),
    "dumps, utf-16": Road(each(dumped("utf-16-le", mark=b"\xff\xfe")), NO_ADDRESS),
    "dumps, gzip": Road(packed("gzip, whole")(dumped()), NO_ADDRESS),
    "dumps, zstd": Road(packed("zstd, whole")(dumped()), NO_ADDRESS),
    "dumps of listings": Road(each(dumped()), NO_ADDRESS | {"title"}, listings_only=True),
    "innerText": Road(each(lambda leaf: flattened(leaf.text).encode(), "{:02}.txt"), NO_ADDRESS,
                      told="before the first breadcrumb", code=4),
    "innerText of listings": Road(each(lambda leaf: flattened(leaf.text).encode()), NO_ADDRESS,
                                  told="before the first breadcrumb", code=4, listings_only=True),
    # several
    "WARC, then the same as HTML": Road(then(warc_of(), each(browser_comment))),
    "dumps, then WARC": Road(then(each(dumped()), warc_of())),
    "HTML, dumps, WET, HAR, MHTML": Road(then(
        each(html_file), each(dumped()), warc_of(conversion), one_file(har),
        each(lambda leaf: mhtml(leaf, "base64")))),
}  # fmt: skip


# --- the site ----------------------------------------------------------------------------------

CHOSEN = (4447, 4375, 4311, 4270, 4179, 4178)
"""No source, an excerpt, a source with digits, another source on its own page, two of one second."""


def leaves_of(site: SampleSite, charset: str = "utf-8") -> list[Leaf]:
    """In the order of a crawl: a category's listing, and what is new on it; then the next."""
    found: dict[str, tuple[str, str]] = {}
    for name in site.categories:
        for page in range(1, site.pages(name) + 1):
            target = site.address(name, page)
            found[target] = site.get(target).text, site.dump(name, page)
        for number in site.listings[name]:
            target = f"/news/view/{number}.html"
            found.setdefault(target, (site.get(target).text, site.dump_article(number)))
    return [
        Leaf(target, text, dump, second, charset)
        for second, (target, (text, dump)) in enumerate(found.items())
    ]


def small_site(pad: int = 0) -> SampleSite:
    """Six articles on four listing pages; the first has ``pad`` more bytes of text."""
    whole = SampleSite()
    articles = [whole.articles[number] for number in CHOSEN]
    if pad:
        blocks = [f"第{n}段:{'天地玄黄宇宙洪荒' * 40}。" for n in range(-(-pad // 985))]
        articles[0] = replace(articles[0], blocks=(*articles[0].blocks, *blocks))
    site = SampleSite.of(articles)
    site.page_size = 3
    return site
