"""What is not imported is named, in a folder too where it may hold pages of the site."""

from __future__ import annotations

import io
import json
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from support.import_files import bring_in

from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.file_type import HEAD, recognise

MARKER = "一起惠2019-04-13 09:30:07407 次"
TEXT = f"当前位置:首页>一起惠资讯>社群>文章列表\n社群\n甲文第一句在这里。\n{MARKER}\n1-1/1 记录1/1 页\n"
ROW = {"id": 101, "title": "甲题目", "body": TEXT}


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in members.items():
            package.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as package:
        info = tarfile.TarInfo("page.txt")
        info.size = len(TEXT.encode())
        package.addfile(info, io.BytesIO(TEXT.encode()))
    return out.getvalue()


MAIL = f"Received: by a.b\r\nFrom: a@b.cn\r\nMessage-ID: <1@b>\r\nContent-Type: text/plain\r\n\r\n{TEXT}"
FILES: dict[str, tuple[str | bytes, str]] = {
    "JSON": (json.dumps(ROW, ensure_ascii=False), "is JSON"),
    "JSON in ASCII": (json.dumps([ROW]), "is JSON"),
    "JSON lines": ("\n".join(json.dumps(ROW, ensure_ascii=False) for _ in range(3)), "is JSON lines"),
    "JSON behind a mark": ("\ufeff" + json.dumps(ROW, ensure_ascii=False), "is JSON"),
    "JSON, longer than what is looked at": (json.dumps({**ROW, "body": TEXT * 2000}), "is JSON"),
    "JSONP": (f"callback({json.dumps(ROW, ensure_ascii=False)});", "is a script"),
    "a script": (f'var last = "{MARKER}";\nshow(last);', "is a script"),
    "a module": (f'import x from "./x.js";\nx("{MARKER}")', "is a script"),
    "a shell script": (f"#!/bin/sh\necho '{MARKER}'", "is a script"),
    "CSV": (f'id,title,body\n101,甲题目,"{TEXT}"\n102,乙题目,"{TEXT}"\n', "is a CSV table"),
    "CSV of China's Excel": (f'编号;标题;正文\n101;甲题目;"{TEXT}"\n', "is a CSV table"),
    "CSV without names": (f'"101","甲题目","{TEXT}"\n', "is a CSV table"),
    "TSV": (f"101\t甲题目\t{MARKER}\n102\t乙题目\t{MARKER}\n", "is a TSV table"),
    "RSS": (f'<?xml version="1.0"?><rss><channel><item>{MARKER}</item></channel></rss>', "is an RSS feed"),
    "Atom": (f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{MARKER}</entry></feed>', "is an Atom feed"),
    "XML": (f"<?xml version='1.0'?>\n<!-- x -->\n<mine>{MARKER}</mine>", "is XML (root element 'mine')"),
    "a site map": ("<urlset><url><loc>http://www.178hui.com/</loc></url></urlset>", "is a site map"),
    "YAML": (f"---\ntitle: 甲\nbody: {MARKER}\n", "is YAML or a text with a YAML head"),
    "SQL": (f"-- dump\nINSERT INTO a VALUES (1, '{MARKER}');", "is an SQL dump"),
    "an e-mail": (MAIL, "is an e-mail"),
    "a mailbox": ("From a@b.cn Mon Mar  2 06:00:00 2020\r\n" + MAIL, "is a mailbox"),
    "a small warc": (f"warc/1.0\r\nWARC-Type: resource\r\n\r\n{TEXT}",
                     "is a WARC file that some program wrote with a damaged first line"),
    "a warc behind a mark": (f"\ufeffWARC/1.0\r\nWARC-Type: resource\r\n\r\n{TEXT}",
                             "is a WARC file that some program wrote with a damaged first line"),
    "a dump with tags": (TEXT + "<p>甲</p>", "holds HTML tags in what is no HTML page"),
    "PDF": (b"%PDF-1.4\n" + TEXT.encode(), "is a PDF document"),
    "RTF": (b"{\\rtf1 " + TEXT.encode(), "is an RTF document"),
    "SQLite": (b"SQLite format 3\0" + bytes(99), "is an SQLite database"),
    "Parquet": (b"PAR1" + TEXT.encode(), "is a Parquet table"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(99), "is a PNG image"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(99), "is a JPEG image"),
    "WebP": (b"RIFF\1\0\0\0WEBP" + bytes(99), "is a WebP image"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(99), "is a 7z archive"),
    "RAR": (b"Rar!\x1a\x07\x01\0" + bytes(99), "is a RAR archive"),
    "tar": (tarred(), "is a tar archive"),
    "Safari": (b"bplist00" + bytes(99), "is a Safari web archive or another property list"),
    "Safari, XML": ('<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x"><plist>',
                    "is a Safari web archive or another property list"),
    "Word": (b"\xd0\xcf\x11\xe0" + bytes(99), "is an Office document of the old form"),
    "Word, new": (zipped(**{"[Content_Types]_dot_xml": "x"}), "is an Office document"),
    "OpenDocument": (zipped(mimetype="application/vnd.oasis.opendocument.text"), "is an OpenDocument file"),
    "EPUB": (zipped(mimetype="application/epub+zip"), "is an EPUB book"),
    "MAFF": (zipped(x__index_dot_rdf="x", x__index_dot_html=TEXT), "is a MAFF web archive"),
    "zip": (zipped(page_dot_html=TEXT), "is a zip file without archive/*.warc.gz: no WACZ"),
    "noise": (bytes(range(256)) * 3, "is a binary file, and neither WARC nor WACZ"),
    "nothing": (b"", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_imported_is_named_and_writes_nothing(tmp_path: Path, name: str) -> None:
    data, what = FILES[name]
    path = tmp_path / "file.txt"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    code, tally = bring_in(tmp_path / "out" / "a.db", path)
    assert code == Exit.FAILED
    (told,) = tally.unreadable.kept
    assert told.startswith(f"{path}: {what}")
    assert told == f"{path}: is empty" or len(told) > len(f"{path}: {what}: ")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_them_says_what_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("PNG", "JPEG", "PDF", "zip", "a script", "nothing"):
        data = FILES[name][0]
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "PNG 2").write_bytes(b"\x89PNG\r\n\x1a\n")
    code, tally = bring_in(tmp_path / "out" / "a.db", folder)
    assert code == Exit.FAILED
    assert tally.unreadable.kept == [
        f"{folder}: no file in this folder is text, HTML, WARC or WACZ of the site (is a PNG image (2), is a"
        " JPEG image, is a PDF document, is a script, is empty, is a zip file without archive/*.warc.gz: no"
        " WACZ: unpack it and import the folder)"
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["JSON", "JSON in ASCII", "JSON lines", "CSV", "an e-mail", "YAML", "SQL", "a small warc", "XML"]
)
def test_in_a_folder_what_may_hold_pages_is_named(tmp_path: Path, name: str) -> None:
    data, what = FILES[name]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "page.txt").write_text(TEXT, "utf-8")
    (tmp_path / "in" / "x").write_bytes(data if isinstance(data, bytes) else data.encode())
    code, tally = bring_in(tmp_path / "out" / "a.db", tmp_path / "in")
    assert (code, tally.pages, tally.unreadable.count) == (Exit.FAILED, 1, 1)
    assert tally.unreadable.kept[0].startswith(f"{tmp_path / 'in' / 'x'}: {what}")


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "[团购] 一句话。\n" + TEXT,
        '["引用"] 一句话。\n' + TEXT,
        "{花括号}一句话。\n" + TEXT,
        f"甲文,第一句。{MARKER}\n乙文,第二句。{MARKER}\n",
        "时间：2019-04-13 09:30 来源：一起惠 浏览：407次\n正文。",
        "Hello: a title that looks like a field\n\n" + TEXT,
        "社群(3) = 三种玩法\n" + TEXT,
        "HTTP是什么\n" + TEXT,
        "3 < 4 的故事\n" + TEXT,
    ],
)
def test_texts_are_texts(text: str) -> None:
    assert recognise(text.encode()) == "text"


@pytest.mark.parametrize(
    "unit",
    [" ", "(", "[", '{"', "a,", "<", "<a ", "a=", '"a', "<!--", "a:\n", "-- \n", "/* ", "x{", "<?", "\\"],
)
def test_no_opening_takes_long(unit: str) -> None:
    start = time.process_time()
    recognise((unit * HEAD)[:HEAD].encode())
    assert time.process_time() - start < 1
