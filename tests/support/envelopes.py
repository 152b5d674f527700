"""One page in every envelope that browsers, tools and archives put it into. Adding one is one line."""

from __future__ import annotations

import base64
import gzip
import io
import json
import lzma
import quopri
import zipfile
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import zstandard

from support.import_files import Warc

WHEN = "2020-03-02T06:00:00Z"
AT = "2020-03-02T06:00:00+00:00"
"""When every envelope that has a time of its own says that the page was captured."""
HTTP_DATE = "Mon, 02 Mar 2020 06:00:00 GMT"
HTML_TYPE = ("Content-Type", "text/html; charset=utf-8")

Envelope = Callable[[bytes, str], bytes]


def warc(page: bytes, url: str) -> bytes:
    made = Warc(compressed=False)
    made.response(url, page, when=WHEN)
    return made.data


def arc(page: bytes, url: str) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    info = b"1 0 test\nURL IP-address Archive-date Content-type Archive-length\n"
    head = f"{url} 1.2.3.4 20200302060000 text/html {len(block)}\n".encode()
    first = b"filedesc://x.arc 0.0.0.0 20200302060000 text/plain %d\n" % len(info)
    return first + info + b"\n" + head + block + b"\n"


def har_of(page: bytes, url: str, **content: object) -> bytes:
    """``content`` replaces or adds to the entry's content; None takes away."""
    text: dict[str, object] = {"mimeType": "text/html", "size": len(page), "text": page.decode(), **content}
    entry = {
        "startedDateTime": "2020-03-02T14:00:00.000+08:00",
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "h2",
            "headers": [{"name": ":status", "value": "200"}, {"name": "content-encoding", "value": "br"},
                        {"name": "content-type", "value": "text/html; charset=utf-8"},
                        {"name": "set-cookie", "value": "a=1\nb=2"},
                        {"name": "content-length", "value": "99"}],
            "content": {name: value for name, value in text.items() if value is not None},
        },
    }  # fmt: skip
    other = {**entry, "request": {"method": "GET", "url": "http://elsewhere.example/a.js"}}
    log = {"version": "1.2", "creator": {"name": "t", "version": "1"}, "pages": [], "entries": [other, entry]}
    return json.dumps({"log": log}, ensure_ascii=False, indent=1).encode()


def har(page: bytes, url: str) -> bytes:
    return har_of(page, url)


def har_base64(page: bytes, url: str) -> bytes:
    return har_of(page, url, text=base64.b64encode(page).decode(), encoding="base64")


def har_in_ascii(page: bytes, url: str) -> bytes:
    """As written by tools that escape everything, behind a byte-order mark."""
    return b"\xef\xbb\xbf" + json.dumps(json.loads(har_of(page, url))).encode()


def _part(body: bytes, coding: str) -> bytes:
    return {"8bit": lambda: body, "base64": lambda: base64.encodebytes(body),
            "quoted-printable": lambda: quopri.encodestring(body)}[coding]()  # fmt: skip


def mhtml_of(page: bytes, url: str, coding: str, *, frame: bytes = b"") -> bytes:
    """As Chrome writes it."""
    head = [
        b"From: <Saved by Blink>", b"Snapshot-Content-Location: " + url.encode(),
        b"Subject: =?utf-8?Q?=E7=94=B2?=", b"Date: Mon, 2 Mar 2020 06:00:00 -0000", b"MIME-Version: 1.0",
        b'Content-Type: multipart/related;\n\ttype="text/html";\n\tboundary="----MultipartBoundary--x----"',
    ]  # fmt: skip
    parts = [
        b"Content-Type: text/css\nContent-Transfer-Encoding: quoted-printable\n"
        b"Content-Location: http://www.178hui.com/a.css\n\n.a { color: red }\n",
        b"Content-Type: text/html\nContent-ID: <frame-1@mhtml.blink>\nContent-Transfer-Encoding: "
        + coding.encode() + b"\nContent-Location: " + url.encode() + b"\n\n" + _part(page, coding),
        b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n"
        b"Content-Location: http://www.178hui.com/a.png\n\niVBORw0KGgo=\n",
    ]  # fmt: skip
    if frame:
        parts.insert(0, b"Content-Type: text/html\nContent-Location: cid:f@mhtml.blink\n\n" + frame)
    boundary = b"------MultipartBoundary--x----"
    lines = [*head, b"", *(boundary + b"\n" + part for part in parts), boundary + b"--", b""]
    return b"\n".join(lines).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mhtml_ie(page: bytes, url: str) -> bytes:
    """One part, as Internet Explorer wrote pages without pictures."""
    return (
        b"From: <Saved by Windows Internet Explorer 8>\r\nSubject: x\r\n"
        b"Date: Mon, 2 Mar 2020 14:00:00 +0800\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: text/html;\r\n\tcharset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
        b"Content-Location: " + url.encode() + b"\r\nX-MimeOLE: Produced By Microsoft MimeOLE\r\n\r\n"
    ) + quopri.encodestring(page)


def curl(page: bytes, url: str, head: bytes = b"HTTP/1.1 200 OK", more: bytes = b"") -> bytes:
    lines = [head, b"Date: " + HTTP_DATE.encode(), b"Content-Type: text/html; charset=utf-8",
             b'Link: <%s>; rel="canonical"' % url.encode()]  # fmt: skip
    return b"\r\n".join(lines) + b"\r\n" + more + b"\r\n" + page


def curl_redirected(page: bytes, url: str) -> bytes:
    return (
        b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 301 Moved Permanently\r\nLocation: "
        + url.encode() + b"\r\nContent-Length: 178\r\n\r\n" + b"HTTP/1.1 100 Continue\r\n\r\n"
        + curl(page, url)
    )  # fmt: skip


def chunked(page: bytes) -> bytes:
    pieces = [page[at : at + 4000] for at in range(0, len(page), 4000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def with_comment(comment: str, page: bytes) -> bytes:
    return page.replace(b"<head>", b"<head>" + comment.encode(), 1)


def wacz_of(*warcs: bytes, folder: str = "", compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for number, data in enumerate(warcs):
            package.writestr(f"{folder}archive/rec-{number}.warc", data)
            package.writestr(f"__MACOSX/{folder}archive/._rec-{number}.warc", b"\0\5\x16\7")
        package.writestr(f"{folder}datapackage.json", "{}")
    return out.getvalue()


def package_of(*waczs: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for number, data in enumerate(waczs):
            package.writestr(f"crawl-{number}.wacz", data)
        package.writestr("datapackage.json", '{"profile": "multi-wacz-package"}')
    return out.getvalue()


ENVELOPES: dict[str, Envelope] = {
    "WARC": warc,
    "WARC, zstd": lambda page, url: zstandard.compress(warc(page, url)),
    "WARC, xz": lambda page, url: lzma.compress(warc(page, url)),
    "ARC": arc,
    "ARC, gzip": lambda page, url: gzip.compress(arc(page, url), mtime=0),
    "HAR": har,
    "HAR, base64": har_base64,
    "HAR in ASCII": har_in_ascii,
    "HAR, gzip": lambda page, url: gzip.compress(har(page, url), mtime=0),
    "MHTML, 8bit": lambda page, url: mhtml_of(page, url, "8bit"),
    "MHTML, quoted-printable": lambda page, url: mhtml_of(page, url, "quoted-printable"),
    "MHTML, base64": lambda page, url: mhtml_of(page, url, "base64"),
    "MHTML with a frame": lambda page, url: mhtml_of(page, url, "base64", frame=b"<html><p>x</p></html>"),
    "MHTML of Internet Explorer": mhtml_ie,
    "curl -i": curl,
    "curl -i, HTTP/2": lambda page, url: curl(page, url, b"HTTP/2 200 "),
    "curl -i, HTTP/1.0": lambda page, url: curl(page, url, b"HTTP/1.0 200 OK"),
    "curl -iL": curl_redirected,
    "curl -i --raw, chunked": lambda page, url: curl(
        chunked(page), url, more=b"Transfer-Encoding: chunked\r\n"
    ),
    "curl -i --raw, gzip": lambda page, url: curl(
        gzip.compress(page, mtime=0), url, more=b"Content-Encoding: gzip\r\n"
    ),
    "curl -i --raw, br": lambda page, url: curl(brotli.compress(page), url, more=b"Content-Encoding: br\r\n"),
    "curl -i --compressed": lambda page, url: curl(
        page, url, more=b"Content-Encoding: gzip\r\nContent-Length: 150\r\n"
    ),
    "SingleFile": lambda page, url: with_comment(
        f"<!--\n Page saved with SingleFile \n url: {url} \n"
        " saved date: Mon Mar 02 2020 14:00:00 GMT+0800 (中国标准时间)\n-->", page
    ),
    "Save Page WE": lambda page, url: with_comment(
        f'<meta name="savepage-url" content="{url}"><meta name="savepage-date" content="Mon Mar 02 2020'
        ' 14:00:00 GMT+0800 (China Standard Time)">', page
    ),
    "HTTrack": lambda page, url: with_comment(
        f"<!-- Mirrored from {url.partition('://')[2]} by HTTrack Website Copier/3.x [XR&CO'2014],"
        f" {HTTP_DATE} -->", page
    ),
    "monolith": lambda page, url: with_comment(
        f"<!-- Saved from {url} at {WHEN} using monolith v2.8 -->", page
    ),
    "Wayback, saved": lambda page, url: with_comment(
        f"<!-- saved from url=(0080)https://web.archive.org/web/20200302060000/{url} -->", page
    ),
    "Wayback, raw": lambda page, url: with_comment(f'<link rel="canonical" href="{url}">', page)
    + b"<!--\n     FILE ARCHIVED ON 06:00:00 Mar 02, 2020 AND RETRIEVED FROM THE\n     INTERNET ARCHIVE -->",
}  # fmt: skip
