"""What a run of ``bulk`` reads, refuses, repeats and leaves; without a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.bulk_runs import bulk, rows_of, table, take_in, yiqihui
from support.file_server import served
from support.import_files import SHE, Warc, bring_in, gzipped, wacz

from yiqihui_spider.bulk.journal import FolderBusy, writing
from yiqihui_spider.bulk.libraries import BulkError
from yiqihui_spider.errors import Exit
from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


def dump(path: Path, page: int = 1, at: int = 1_583_107_200) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SITE.dump(SHE, page), "utf-8")
    os.utime(path, (at, at))
    return path


def warc(*targets: str, when: str = "2026-11-22T06:00:00Z") -> bytes:
    made = Warc()
    for target in targets:
        made.page(SITE, target, when=when)
    return made.data


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return tmp_path / "tables"


# --- what is read again -------------------------------------------------------------------------


def test_only_what_is_new_or_has_changed_is_read(tmp_path: Path, tables: Path) -> None:
    one, two = dump(tmp_path / "in" / "1.txt"), dump(tmp_path / "in" / "2.txt", 2)
    assert bulk(tables, one, two).read == 2
    assert bulk(tables, one, two).read == 0
    dump(two, 3, at=1_583_200_000)
    third = dump(tmp_path / "in" / "3.txt", 1, at=1_583_300_000)
    done = bulk(tables, tmp_path / "in" / "*.txt")
    assert (done.inputs, done.read, done.done_before) == (3, 2, 1)
    assert done.rows == {"articles": 23, "captures": 3, "residues": 0}
    assert sorted({row[0] for row in table(tables, "articles", "file")}) == [
        str(one), str(two), str(third)
    ]  # fmt: skip
    bring_in(tmp_path / "one.db", one, two, third)
    take_in(tmp_path / "two" / "a.db", tables)
    assert rows_of(tmp_path / "two" / "a.db") == rows_of(tmp_path / "one.db")


def test_an_input_that_lost_its_articles_leaves_none_behind(tmp_path: Path, tables: Path) -> None:
    one = dump(tmp_path / "1.txt")
    assert bulk(tables, one).rows["articles"] == 8
    one.write_bytes(PNG)
    assert bulk(tables, one).decide()[0] == Exit.FAILED
    assert table(tables, "articles", "file") == []


@pytest.mark.parametrize("harm", ["lost", "cut"])
def test_a_table_that_was_harmed_is_made_again(harm: str, tmp_path: Path, tables: Path) -> None:
    one = dump(tmp_path / "1.txt")
    bulk(tables, one)
    (path,) = (tables / "articles").glob("1.txt-*.parquet")
    path.unlink() if harm == "lost" else path.write_bytes(path.read_bytes()[:-9])
    assert take_in(tmp_path / "a.db", tables).damaged.kept == [
        f"{tables}: of 1 input there is nothing yet; run `yiqihui bulk` again, then import it once more"
    ]
    assert bulk(tables, one).read == 1
    assert len(table(tables, "articles", "file")) == 8


def test_a_line_that_a_kill_has_torn_is_no_line(tmp_path: Path, tables: Path) -> None:
    one, two = dump(tmp_path / "1.txt"), dump(tmp_path / "2.txt", 2)
    bulk(tables, one, two)
    journal = tables / "_bulk" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    assert bulk(tables, one, two).read == 1
    assert bulk(tables, one, two).read == 0
    assert len(table(tables, "articles", "file")) == 16


# --- what is refused ----------------------------------------------------------------------------


def test_what_import_refuses_is_refused_by_the_same_name(tmp_path: Path, tables: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    good = dump(folder / "good.txt")
    files = {
        "a.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)),
        "b.png": PNG,
        "c.txt": b"",
        "d.txt": "你好\n".encode(),
        "e.zip": b"PK\x05\x06" + bytes(18),
        "f.parquet": b"PAR1" + bytes(200),
        "g.txt": gzipped(SITE.dump(SHE, 2))[:-300],
        "h.json": b'{"a": 1}',
        "i.warc.gz": warc(SITE.address(SHE, 3))[:-300],
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    named = [good, *(folder / name for name in files), folder / "none.txt"]
    code, tally = bring_in(tmp_path / "one.db", *named)
    done = bulk(tables, *named)
    assert done.decide()[0] == code == Exit.FAILED
    assert done.tally.as_dict() | {"fresh": 15} == tally.as_dict()  # which an archive alone can tell
    told: dict[str, set[str]] = {kind: set() for kind in ("error", "damaged", "layout")}
    for file, kind, reason in table(tables, "refusals", "file", "kind", "reason"):
        told[kind].add(f"{file}: {reason}")
    assert told["error"] == set(tally.unreadable.kept)
    assert told["damaged"] == set(tally.damaged.kept)
    assert len(told["error"]) == 8
    offsets = [row[0] for row in table(tables, "refusals", "offset") if row[0] is not None]
    assert (len(offsets), len(told["damaged"])) == (2, 3)  # of one it is told that its pager lacks, too
    taken = take_in(tmp_path / "two" / "a.db", tables)
    assert taken.as_dict() == tally.as_dict()
    assert rows_of(tmp_path / "two" / "a.db") == rows_of(tmp_path / "one.db")


def test_a_folder_is_named_and_what_is_not_the_sites_passed_over(tmp_path: Path, tables: Path) -> None:
    dump(tmp_path / "in" / "deep" / "good.txt")
    (tmp_path / "in" / "b.png").write_bytes(PNG)
    done = bulk(tmp_path / "in" / "tables", tmp_path / "in")
    assert (done.decide()[0], done.inputs, done.tally.passed_over) == (Exit.DONE, 2, 1)
    assert bulk(tmp_path / "in" / "tables", tmp_path / "in").read == 0  # its own tables are no input
    assert table(tmp_path / "in" / "tables", "refusals", "kind", "reason") == [
        ("passed over", "is a PNG image")
    ]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("-", "standard input can't be shared between workers; name files"),
        ("memory://a.warc.gz", "memory is in one process alone, no worker sees it"),
        ("nowhere://a.warc.gz", "Protocol not known: nowhere"),
        ("http://www.178hui.com/news/", "is on the site itself; `yiqihui crawl` reads that, politely"),
        ("/nowhere/*.warc.gz", "no file has such a name"),
    ],
)
def test_what_can_be_no_input(pattern: str, why: str, tables: Path) -> None:
    with pytest.raises(BulkError, match=why.replace("?", r"\?")):
        bulk(tables, pattern)
    assert not tables.exists()


def test_a_folder_of_other_things_or_of_other_options(tmp_path: Path, tables: Path) -> None:
    one = dump(tmp_path / "1.txt")
    with pytest.raises(BulkError, match="is there, and no folder of results"):
        bulk(tmp_path, one)
    bulk(tables, one, hosts=("a.example",))
    with pytest.raises(BulkError, match=r"was begun with hosts a\.example, not none") as refused:
        bulk(tables, one)
    assert refused.value.exit_code == Exit.USAGE
    about = {"site": "178hui", "zone": "Asia/Shanghai"}
    with writing(tables, about), pytest.raises(FolderBusy) as busy, writing(tables, about):
        pass
    assert busy.value.exit_code == Exit.TRY_LATER


def test_tables_of_another_site_are_not_taken_in(tmp_path: Path, tables: Path) -> None:
    bulk(tables, dump(tmp_path / "1.txt"))
    about = tables / "_bulk" / "about.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"site": "other"}))
    tally = take_in(tmp_path / "a.db", tables)
    assert tally.unreadable.kept == [
        f"{tables}: holds pages of other, the archive is one of 178hui; --site FILE names a profile"
    ]
    assert not (tmp_path / "a.db").exists()


# --- files elsewhere ----------------------------------------------------------------------------


def test_files_over_http_and_by_a_file_address(tmp_path: Path, tables: Path) -> None:
    local = dump(tmp_path / "1.txt")
    package = wacz(tmp_path / "3.wacz", warc(SITE.address(SHE, 3))).read_bytes()
    files = {"2.txt": SITE.dump(SHE, 2).encode(), "3.wacz": package, "4.wacz": package}
    with served(files) as store:
        named = (f"file://{local}", store.url("2.txt"))
        done = bulk(tables, *named)
        assert (done.decide()[0], done.read, done.tally.pages) == (Exit.DONE, 2, 2)
        assert table(tables, "captures", "url", "captured_at", "time_source")[1][0::2] == (
            f"file://127.0.0.1:{store.port}/2.txt", "mtime"
        )  # fmt: skip
        assert bulk(tables, *named).read == 0
        store.modified = "Tue, 03 Mar 2020 06:00:00 GMT"
        assert bulk(tables, *named).read == 1
        assert bulk(tables, store.url("3.wacz")).tally.pages == 1  # read from its end
        store.ranges = False
        refused = bulk(tables, store.url("4.wacz"))
        assert any("range requests" in line for line in refused.tally.unreadable.kept)
        missing = bulk(tables, store.url("none.txt"))
    assert missing.tally.unreadable.kept == [f"{store.url('none.txt')}: no such file"]
    assert missing.decide()[0] == Exit.FAILED


def test_an_answer_that_breaks_off_is_tried_again(tables: Path) -> None:
    name = "1.warc.gz"
    with served({name: warc(SITE.address(SHE, 1)), "2.txt": SITE.dump(SHE, 2).encode()}) as store:
        store.broken[name] = 2
        done = bulk(tables, store.url(name), store.url("2.txt"))
        assert (done.decide()[0], done.repeated, done.not_whole, done.tally.pages) == (Exit.DONE, 2, 0, 2)
        assert len(table(tables, "articles", "file")) == 16
        assert (tables / "_SUCCESS").exists()


def test_a_file_that_changes_while_it_is_read_is_read_again(tables: Path) -> None:
    with served({"2.txt": SITE.dump(SHE, 2).encode()}) as store:
        store.changes = 4
        done = bulk(tables, store.url("2.txt"))
        assert (done.decide()[0], done.repeated, done.not_whole) == (Exit.DONE, 1, 0)
        assert table(tables, "captures", "captured_at")[0][0].isoformat() == "2020-03-02T07:00:00+00:00"


def test_odd_names_odd_text_and_times_at_the_edge(tmp_path: Path, tables: Path) -> None:
    page = SITE.dump(SHE, 1).replace("20", "\ufffe20", 1)
    odd = tmp_path / "a [1] 社群\udcff?.txt"
    odd.write_text(page, "utf-8")
    old = tmp_path / "old.txt"
    crumb, pager = "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n", "\n1-1/1 记录1/1 页"
    old.write_text(f"{crumb}正文正文\n一起惠0001-01-01 00:00:0040 次{pager}", "utf-8")
    har = tmp_path / "a.har"
    har.write_text(har_of(r"<p>\ud83d</p>"), "utf-8")
    done = bulk(tables, odd, old, har)
    assert (done.read, done.not_whole) == (3, 0)
    code, tally = bring_in(tmp_path / "one.db", odd, old, har)
    assert done.decide()[0] == code
    assert take_in(tmp_path / "two" / "a.db", tables).as_dict() == tally.as_dict()
    assert rows_of(tmp_path / "two" / "a.db") == rows_of(tmp_path / "one.db")


def har_of(page: str) -> str:
    """JSON may hold half a character."""
    head = '{"log": {"version": "1.2", "entries": [{"startedDateTime": "2020-01-01T00:00:00Z", '
    request = '"request": {"url": "http://www.178hui.com/news/x.html"}, '
    answer = (
        r'"response": {"status": 200, "statusText": "\ud83d", "headers": [{"name": "X", "value": "\ud83d"}], '
    )
    return f'{head}{request}{answer}"content": {{"mimeType": "text/html", "text": "{page}"}}}}}}]}}}}'


def test_what_lasts_is_told_and_the_rest_goes_on(tables: Path) -> None:
    name = "1.warc.gz"
    with served({name: warc(SITE.address(SHE, 1)), "2.txt": SITE.dump(SHE, 2).encode()}) as store:
        store.broken[name] = 3
        done = bulk(tables, store.url(name), store.url("2.txt"))
        assert (done.repeated, done.not_whole, done.tally.pages) == (2, 1, 1)
        # Whether the first half of what broke off was had is the network's affair.
        assert done.decide()[0] in (Exit.FAILED, Exit.UNCERTIFIED)
        assert not (tables / "_SUCCESS").exists()
        again = bulk(tables, store.url(name), store.url("2.txt"))  # the storage has come to itself
        assert (again.decide()[0], again.read, again.tally.pages) == (Exit.DONE, 1, 2)
        assert (tables / "_SUCCESS").exists()


# --- the command --------------------------------------------------------------------------------


def test_without_the_extra_one_line_names_it(tmp_path: Path, tables: Path) -> None:
    code = (
        "import sys; sys.modules['dask'] = None; from yiqihui_spider.cli import main; "
        f"main(['bulk', {str(dump(tmp_path / '1.txt'))!r}, '-o', {str(tables)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: bulk needs dask: pip install 'yiqihui-spider[cluster]'\n"
    assert not tables.exists()


def test_import_takes_a_folder_of_tables_wherever_it_lies(tmp_path: Path) -> None:
    tables = tmp_path / "all" / "tables"
    bulk(tables, dump(tmp_path / "1.txt"))
    dump(tmp_path / "all" / "2.txt", 2)
    archive = tmp_path / "out" / "a.db"
    done = yiqihui("import", tmp_path / "all", "--archive", archive, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, told["pages"], told["articles"]) == (0, "", 2, 16)
    again = take_in(archive, tables)
    assert (again.pages, again.known, again.decide()[0]) == (0, 1, Exit.DONE)


@pytest.mark.skipif(os.environ.get("ROADS") != "all", reason="three processes: make roads")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Four times the records, and the most that was ever held is the same within a few megabytes."""
    write = (
        "import sys; from pathlib import Path; from support.import_files import Warc\n"
        "for name, count in (('small', 20), ('large', 80)):\n"
        "    warc = Warc(compressed=False)\n"
        "    for n in range(count):\n"
        "        page = b'<p>' + bytes([65 + n % 26]) * 1_000_000\n"
        "        warc.response(f'http://www.178hui.com/news/x{n}.html', page)\n"
        "    warc.save(Path(sys.argv[1]) / f'{name}.warc')\n"
    )
    read = (
        "import resource, sys; from pathlib import Path\n"
        "from yiqihui_spider.bulk.inputs import BulkInput\n"
        "from yiqihui_spider.bulk.task import Job, Options, read_shard\n"
        "from yiqihui_spider.site import built_in\n"
        "path = Path(sys.argv[1])\n"
        "job = Job(BulkInput(str(path), path), Options(built_in('178hui').text, True), path.parent)\n"
        "rows = read_shard(job)['rows']['captures']\n"
        "print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}

    def run(code: str, path: Path) -> list[int]:
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], env=env, capture_output=True, text=True, check=True
        )
        return [int(word) for word in done.stdout.split()]

    run(write, tmp_path)
    small, large = run(read, tmp_path / "small.warc"), run(read, tmp_path / "large.warc")
    assert (small[0], large[0]) == (20, 80)
    assert large[1] - small[1] < 30_000  # of the 60 MB more; a row group has 8
