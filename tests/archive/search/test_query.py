"""Search: exact for Chinese in stock SQLite, through Python's SQLite and the sqlite3 program."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from support.paths import SHARED

from yiqihui_spider.archive.schema.ensure import ensure
from yiqihui_spider.archive.schema.migrations import migrations
from yiqihui_spider.archive.search.index import check_index, direct_indexing, phrases, rebuild, spaced
from yiqihui_spider.archive.search.query import around, count, find, fold, highlight, parse, search, variants

NOW = "2026-11-22T06:00:00+00:00"


def new_archive(path: Path | str) -> Database:
    db = Database(sqlite3.connect(path))
    migrations.apply(db)
    ensure(db)
    return db


def add(db: Database, body: str, title: str | None = None, **more: object) -> int:
    row = {
        "title": title,
        "body": body,
        "published_at": "2019-04-13T09:30:07+08:00",
        "views": 1,
        "views_at": NOW,
        "body_chars": len(body),
        "content_hash": "",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        **more,
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    cursor = db.execute(f"INSERT INTO articles ({columns}) VALUES ({marks})", list(row.values()))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def hits(db: Database, query: object) -> list[int]:
    return [row[0] for row in db.execute("SELECT id FROM search WHERE q = ? ORDER BY id", [query])]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = new_archive(tmp_path / "archive.db")
    yield db
    db.close()


# --- what a query finds -------------------------------------------------------------------------

TEXTS = {
    1: ("社群团购的第一年", "小店的店主在社群里卖菜,一天三单。"),
    2: (None, "社,群两个字之间有逗号;社 群之间有空格。"),
    3: ("3C数码卖场", "ＡＰＰ上线24小时,GMV 破 3.5 亿元,app 下载 1,000 次。"),
    4: (None, "Shopping is not shop. foo_bar 与 O2O、1V1、é 和 É。"),
    5: ("社区", "群里没有人。𠮷野家开业😀了,カタカナ与ﾊﾝｶｸ。"),
    6: (None, "価格は「100円」です。他说：“好！”于是“走”了。"),
    7: ('引"号', "百分之5%，2-3%*NEAR(a b) AND OR NOT ^开头 | 竖线"),
}

QUERIES = {
    "社群": [1],
    "群": [1, 2, 5],
    "社": [1, 2, 5],
    "社,群": [2],
    "社，群": [2],
    "卖菜,一天三单。": [1],
    "团购 店主": [1],
    "团购\u3000店主": [1],
    "团购\t店主": [1],
    "团购\u00a0店主": [1],
    "社区 群里": [5],
    "社区群里": [],
    "年小店": [],
    "社群|社区": [1, 5],
    "社群 | 社区": [1, 5],
    "社群 卖菜|GMV 上线": [1, 3],
    "社群｜社区": [1, 5],
    "社群|": [1],
    "||社群": [1],
    "3C数码": [3],
    "3c数": [3],
    "C数码": [],
    "数码": [3],
    "app": [3],
    "ａｐｐ": [3],
    "APP上线": [3],
    "24小时": [3],
    "小时": [3],
    "4小时": [],
    "3.5": [3],
    "1,000": [3],
    "000": [3],
    "00": [],
    "shop": [4],
    "SHOP": [4],
    "sho": [],
    "foo": [4],
    "foo_bar": [4],
    "o_b": [],
    "_": [4],
    "O2O、1v1": [4],
    "É": [4],
    "e": [],
    "𠮷": [5],
    "𠮷野家": [5],
    "😀": [5],
    "😀了": [5],
    "タカ": [5],
    "ﾊﾝ": [5],
    "ハン": [],
    "格は「100円": [6],
    "“好!”": [6],
    "：“": [6],
    '引"号': [7],
    '"': [7],
    "5%,2": [7],
    "%*": [7],
    "*": [7],
    "near": [7],
    "NEAR(a": [7],
    "^开": [7],
    "AND NOT": [7],
    "shop\0社群": [4],
}

EMPTY = ["", " ", "   ", "\u3000", "|", " | | ", "\n", "\0", "\0社群", "\x01", "\u2028", "\x1f", '" "|"']
LONG = ["a" * 5000, "社" * 5000, "|" * 5000, " " * 5000, '"' * 5000, "a|" * 2500, "社 " * 2500]
STRANGE = [
    *LONG,
    *('"社群', "社群*", "NEAR(社 群)", "'", "''", "\\", "{a b}:c", "title:社群", "-社群", "^", "+", "(", ")"),
    *("社 OR", "'; DROP TABLE articles; --", "%", "_", "[]", "%s", "{}", "$x", ":q", "?1", "\x7f", "\x85"),
    *("\ufffd", "\ufeff", "\u0301", "e\u0301", "\U0010ffff", "\ue000", "\u200d", "👩\u200d👧", "\ud7ff"),
    *("ｶﾞ", "ﾞ", "゛", "ß", "İ", "ﬁ"),
]


@pytest.fixture
def texts(db: Database) -> Database:
    for number, (title, body) in TEXTS.items():
        add(db, body, title, id=number)
    return db


@pytest.mark.parametrize(("query", "expected"), QUERIES.items())
def test_finds_exactly(texts: Database, query: str, expected: list[int]) -> None:
    assert hits(texts, query) == expected


@pytest.mark.parametrize("query", EMPTY[:-1])
def test_an_empty_query_finds_nothing(texts: Database, query: str) -> None:
    assert hits(texts, query) == []


def test_quotes_are_text(texts: Database) -> None:
    assert hits(texts, '" "|"') == [7]
    assert hits(texts, '"社群"') == []


@pytest.mark.parametrize("query", STRANGE, ids=range(len(STRANGE)))
def test_no_input_is_an_error(texts: Database, query: str) -> None:
    expected = [n for n, (title, body) in TEXTS.items() if contains(title or "", body, query)]
    rows = texts.execute("SELECT id, title, published_at, kwic, score FROM search WHERE q = ?", [query])
    assert sorted(row[0] for row in rows.fetchall()) == expected


def test_queries_that_are_no_text(texts: Database) -> None:
    assert hits(texts, None) == []
    assert hits(texts, 24) == [3]
    assert hits(texts, 25) == []
    assert hits(texts, 3.5) == [3]
    assert hits(texts, "社群".encode()) == [1]
    assert hits(texts, b"\xed\xa0\x80\xff") == []


def test_several_queries_at_once_and_joins(texts: Database) -> None:
    rows = texts.execute("SELECT q, id FROM search WHERE q IN ('社群', '社区') ORDER BY q, id").fetchall()
    assert rows == [("社区", 5), ("社群", 1)]
    sql = "SELECT a.body_chars FROM search s JOIN articles a ON a.id = s.id WHERE s.q = '社群'"
    assert texts.execute(sql).fetchall() == [(17,)]
    assert texts.execute("SELECT count(*) FROM search WHERE q = '群'").fetchone() == (3,)


def test_columns(texts: Database) -> None:
    texts.execute(
        "UPDATE articles SET source = '一起惠', views = 407, url = 'http://example.org/1' WHERE id = 1"
    )
    cursor = texts.execute("SELECT * FROM search WHERE q = '社群'")
    row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    assert row.pop("score") < 0
    assert row == {
        "q": "社群",
        "recency": 97194937,
        "id": 1,
        "title": "社群团购的第一年",
        "published_at": "2019-04-13T09:30:07+08:00",
        "source": "一起惠",
        "views": 407,
        "url": "http://example.org/1",
        "kwic": "小店的店主在社群里卖菜,一天三单。",
    }


def test_a_hit_in_the_title_counts_more(db: Database) -> None:
    for number in range(20):
        add(db, f"别的事情{number}")
    in_body = add(db, "说到直播带货的一篇文章", "一个长度相同的题目")
    in_title = add(db, "说到别的事情的一篇文章", "直播带货的同长题目")
    rows = db.execute("SELECT id FROM search WHERE q = '直播带货' ORDER BY score").fetchall()
    assert [row[0] for row in rows] == [in_title, in_body]


# --- the same words in another program ----------------------------------------------------------


def run_sqlite3(path: Path, script: str) -> str:
    program = shutil.which("sqlite3")
    if program is None:
        pytest.skip("the sqlite3 program is not installed")
    done = subprocess.run(
        [program, "-batch", "-bail", str(path)],
        input=script,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def quoted(query: str) -> str:
    """A query as the sqlite3 program reads it, whatever characters it has."""
    return f"CAST(x'{query.encode().hex()}' AS TEXT)"


def test_stock_sqlite3_finds_the_same(texts: Database, tmp_path: Path) -> None:
    queries = [*QUERIES, *EMPTY, *STRANGE]
    script = "".join(
        "SELECT json_group_array(id) FROM "
        f"(SELECT id, kwic, score FROM search WHERE q = {quoted(q)} ORDER BY id);\n"
        for q in queries
    )
    out = run_sqlite3(tmp_path / "archive.db", script)
    assert [json.loads(line) for line in out.splitlines()] == [hits(texts, query) for query in queries]


def test_stock_sqlite3_as_the_analyst_types_it(texts: Database, tmp_path: Path) -> None:
    out = run_sqlite3(
        tmp_path / "archive.db", "SELECT id, title, published_at, kwic FROM search WHERE q = '社群';"
    )
    assert out == "1|社群团购的第一年|2019-04-13T09:30:07+08:00|小店的店主在社群里卖菜,一天三单。\n"


def test_stock_sqlite3_writes_and_the_index_follows(texts: Database, tmp_path: Path) -> None:
    run_sqlite3(
        tmp_path / "archive.db",
        """
        UPDATE articles SET body = '前置仓进了小区' WHERE id = 1;
        DELETE FROM articles WHERE id = 2;
        INSERT INTO articles (id, site_id, body, published_at, views, views_at, body_chars, content_hash,
            first_seen_at, last_seen_at)
          VALUES (8, 88, '新的社群', '2019', 0, '', 4, '', '', '');
        INSERT OR REPLACE INTO articles (id, site_id, body, published_at, views, views_at, body_chars,
            content_hash, first_seen_at, last_seen_at)
          VALUES (9, 88, '换了的前置仓', '2019', 0, '', 4, '', '', '');
        """,
    )
    assert hits(texts, "社群") == [1]
    assert hits(texts, "店主") == []
    assert hits(texts, "前置仓") == [1, 9]
    assert hits(texts, "逗号") == []
    assert check_index(texts) == []


def test_a_connection_that_trusts_no_schema_is_refused_and_spoils_nothing(texts: Database) -> None:
    texts.execute("PRAGMA trusted_schema = OFF")
    with pytest.raises(sqlite3.OperationalError, match="unsafe use of virtual table"):
        hits(texts, "社群")
    if sqlite3.sqlite_version_info < (3, 45):  # later ones trust FTS5 always
        with pytest.raises(sqlite3.OperationalError, match="unsafe use of virtual table"):
            add(texts, "不信任模式下写入的社群", id=10)
    texts.execute("PRAGMA trusted_schema = ON")
    assert hits(texts, "社群") == [1]
    assert check_index(texts) == []


# --- exactness, against a scan --------------------------------------------------------------------

WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"￥": "¥"}


def plain(text: str) -> str:
    """Case and width gone, white space of any kind a space, cut at NUL: by the book, slowly."""
    text = text.split("\0")[0]
    text = "".join(WIDE.get(char, char) for char in text)
    text = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return "".join(
        " " if char.isspace() or ord(char) < 32 or 127 <= ord(char) < 160 else char for char in text
    )


def is_word(char: str) -> bool:
    latin = "A" <= char <= "Z" or "a" <= char <= "z" or "0" <= char <= "9"
    return latin or ("\u00c0" <= char <= "\u052f" and char not in "×÷") or "\u1d00" <= char <= "\u1fff"


def has_term(text: str, term: str) -> bool:
    """The substring scan: the term stands in the text, and cuts no word at its ends."""
    start = text.find(term)
    while start >= 0:
        around = (
            text[max(0, start - 1) : start] + term[0],
            term[-1] + text[start + len(term) : start + len(term) + 1],
        )
        if not any(len(pair) == 2 and is_word(pair[0]) and is_word(pair[1]) for pair in around):
            return True
        start = text.find(term, start + 1)
    return False


def contains(title: str, body: str, query: str) -> bool:
    fields = plain(title), plain(body)
    for alternative in plain(query).split("|"):
        terms = alternative.split(" ")
        if any(terms) and all(any(has_term(field, term) for field in fields) for term in terms if term):
            return True
    return False


ALPHABET = (
    "社群电商的一"  # Han
    + "𠀀𠮷カﾊﾞ゛한😀👍🏽\u200d\u200b\ufeff\ue000\U0010ffff"
    + "aAbéÉжЖß\u0301" + "12" + "ＡａＢ１"
    + ",.，。、:：“”\"'_-*^()%|｜￥¥×"
    + " \u3000\n\t\u00a0\u2003\x01\x7f\x85"
)  # fmt: skip

TEXT = st.one_of(st.text(ALPHABET, max_size=12), st.text("社群aA1 ,，\n", max_size=30))


@st.composite
def archives_and_queries(draw: st.DrawFn) -> tuple[list[tuple[str | None, str]], list[str]]:
    articles = draw(st.lists(st.tuples(st.one_of(st.none(), TEXT), TEXT), min_size=1, max_size=4))
    texts = [text for article in articles for text in article if text] or ["社"]

    def piece() -> str:
        text = draw(st.sampled_from(texts))
        start = draw(st.integers(0, len(text) - 1))
        cut = text[start : start + draw(st.integers(1, 6))]
        return draw(st.sampled_from([cut, cut, cut.upper(), cut.lower()]))

    queries = []
    for _ in range(draw(st.integers(1, 6))):
        query = piece()
        for joint in draw(st.lists(st.sampled_from([" ", "|", "\u3000", " | ", ""]), max_size=3)):
            query += joint + piece()
        queries.append(query)
    return articles, queries


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    db = new_archive(":memory:")
    yield db
    db.close()


@given(archives_and_queries())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_search_agrees_with_a_scan(
    memory: Database, case: tuple[list[tuple[str | None, str]], list[str]]
) -> None:
    articles, queries = case
    memory.execute("DELETE FROM articles")
    for number, (title, body) in enumerate(articles, 1):
        add(memory, body, title, id=number)
    for query in queries:
        expected = [
            number for number, (title, body) in enumerate(articles, 1) if contains(title or "", body, query)
        ]
        assert hits(memory, query) == expected, (articles, query)
        for number, (title, body) in enumerate(articles, 1):
            found = [f for f in (title or "", body) if find(f, query)]
            assert not (number in expected and not found)


@given(st.lists(TEXT, min_size=1, max_size=3), st.data())
@settings(max_examples=100, deadline=None)
def test_kwic_shows_a_hit(memory: Database, bodies: list[str], data: st.DataObject) -> None:
    memory.execute("DELETE FROM articles")
    for number, body in enumerate(bodies, 1):
        add(memory, "前文" * 30 + "," + body + "," + "后文" * 30, id=number)
    text = data.draw(st.sampled_from(bodies))
    start = data.draw(st.integers(0, len(text)))
    query = text[start : start + data.draw(st.integers(1, 6))]
    if set(query) & set("éÉжЖ"):
        return  # SQL's lower() knows ASCII only; kwic then shows the beginning
    for number, kwic in memory.execute("SELECT id, kwic FROM search WHERE q = ?", [query]).fetchall():
        body = memory.execute("SELECT body FROM articles WHERE id = ?", [number]).fetchone()[0]
        assert kwic in body
        if query.strip().lower() in body.lower():  # else found by its width only: the beginning is shown
            assert find(kwic, query), (kwic, query)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_is_an_error(memory: Database, query: str) -> None:
    memory.execute("DELETE FROM articles")
    add(memory, query, query)
    found = memory.execute("SELECT id, kwic, score FROM search WHERE q = ?", [query]).fetchall()
    assert bool(found) == bool(parse(query))


REAL = SHARED / "real" / "listing-page-2.txt"


def test_real_texts_agree_with_a_scan(db: Database) -> None:
    if not REAL.exists():
        pytest.skip("the real listing page is not beside this repository")
    bodies = [line for line in REAL.read_text("utf-8").splitlines() if len(line) > 300]
    for number, body in enumerate(bodies, 1):
        add(db, body, None, id=number)
    folded = [plain(body) for body in bodies]
    checked = 0
    for body in bodies:
        for start in range(0, len(body), 311):
            for length in (1, 2, 3, 5, 9):
                query = body[start : start + length]
                terms = [term for term in plain(query).split(" ") if term]
                expected = [
                    n for n, text in enumerate(folded, 1) if terms and all(has_term(text, t) for t in terms)
                ]
                assert hits(db, query) == expected, query
                checked += 1
    assert checked > 600


# --- Python and SQL space alike -------------------------------------------------------------------


def test_every_character_is_spaced_alike(db: Database) -> None:
    codes = [*range(1, 0xD800), *range(0xE000, 0x12000), *range(0x12000, sys.maxunicode, 97), sys.maxunicode]
    characters = [chr(code) for code in codes]
    for start in range(0, len(characters), 50_000):
        text = "".join(characters[start : start + 50_000])
        number = add(db, text, text[:100])
        row = db.execute("SELECT body, title FROM articles_fts_text WHERE id = ?", [number]).fetchone()
        assert row == (spaced(text), spaced(text[:100]))
    assert check_index(db) == []


@given(
    st.one_of(st.text(max_size=300), st.text(ALPHABET + "\0", max_size=300)),
    st.one_of(st.none(), st.text(ALPHABET)),
)
@settings(max_examples=100, deadline=None)
def test_texts_and_queries_are_spaced_alike(memory: Database, body: str, title: str | None) -> None:
    memory.execute("DELETE FROM articles")
    add(memory, body, title)
    assert memory.execute("SELECT body, title FROM articles_fts_text").fetchall() == [
        (spaced(body), spaced(title))
    ]
    rows = memory.execute("SELECT spaced, phrases FROM search_query WHERE q = ?", [body]).fetchall()
    assert rows == ([(spaced(body), phrases(body))] if body else [])
    terms = memory.execute("SELECT terms FROM search_query WHERE q = ?", [body]).fetchall()
    if body:
        found = [fold(term.replace(" ", "")) for term in json.loads(terms[0][0]) if term.strip()]
        assert found == [term for alternative in parse(body) for term in alternative]


def test_long_bodies_are_indexed_to_the_end(db: Database) -> None:
    body = "很长的文章。" * 50_000 + "末尾的暗号"
    number = add(db, body)
    assert hits(db, "末尾的暗号") == [number]
    assert hits(db, "很长的文章。末尾的暗号") == [number]
    assert db.execute("SELECT body FROM articles_fts_text").fetchone() == (spaced(body),)


# --- the index follows ----------------------------------------------------------------------------

ARTICLE = """
    INTO articles (id, site_id, title, body, published_at, views, views_at, body_chars, content_hash,
      first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?, 0, '', 0, '', '', '')
"""
WORDS = ("社群", "电商", "直播", "团购")
TIMES = (  # a second, its neighbours, one without room between, none at all
    "2019-04-13T09:30:07+08:00", "2019-04-13T09:30:08+08:00", "2019-04-13T09:30:30+08:00", "2019", "昨天", "",
)  # fmt: skip


def write(db: Database, verb: str, number: int, site: int | None, word: str, when: str) -> None:
    if verb.startswith("INSERT"):
        also = " ON CONFLICT (id) DO UPDATE SET body = excluded.body" if verb == "INSERT" else ""
        db.execute(f"{verb} {ARTICLE}{also}", [number, site, word, f"关于{word}的文章", when])
    elif verb == "DELETE":
        db.execute("DELETE FROM articles WHERE id = ?", [number])
    elif site == 1:
        db.execute(f"{verb} articles SET published_at = ? WHERE id = ?", [when, number])
    elif site == 2:
        db.execute(f"{verb} articles SET published_at = ? WHERE id >= ?", [when, number])
    else:
        db.execute(
            f"{verb} articles SET id = ?, site_id = ?, title = ?, published_at = ? WHERE id = ?",
            [number + 1, site, word, when, number],
        )


VERBS = [
    *("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "DELETE"),
    *("UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"),
]
WRITES = st.tuples(
    st.sampled_from(VERBS),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(1, 3)),
    st.sampled_from(WORDS),
    st.sampled_from(TIMES),
)


@pytest.mark.parametrize("recursive", [False, True])
@given(writes=st.lists(WRITES, max_size=12))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_index_follows_whatever_is_written(
    memory: Database, recursive: bool, writes: list[tuple[str, int, int | None, str, str]]
) -> None:
    memory.execute(f"PRAGMA recursive_triggers = {recursive}")
    memory.execute("DELETE FROM articles")
    for write_one in writes:
        with contextlib.suppress(sqlite3.IntegrityError):
            write(memory, *write_one)
    for word in WORDS:
        sql = "SELECT id FROM articles WHERE instr(body, ?1) OR instr(title, ?1) ORDER BY id"
        assert hits(memory, word) == [row[0] for row in memory.execute(sql, [word])]
    assert check_index(memory) == []
    times = [row[0] for row in memory.execute("SELECT published_at FROM articles ORDER BY recency")]
    assert times == sorted(times)


@pytest.mark.parametrize("ours", [False, True])
def test_room_is_made_between_articles_that_stand_close(db: Database, ours: bool) -> None:
    """Two hundred articles of ten seconds, the later ones between the earlier."""
    with direct_indexing(db) if ours else contextlib.nullcontext() as index:
        for number in range(200):
            row = add(db, f"第{number}篇", published_at=f"2019-04-13T09:30:0{number * 7 % 10}+08:00")
            if index is not None:
                index.learn(row)
    assert check_index(db) == []
    rows = db.execute("SELECT published_at, recency FROM articles ORDER BY recency").fetchall()
    assert [at for at, _ in rows] == sorted(at for at, _ in rows)
    assert rows[-1][1] - rows[0][1] < 1000
    assert hits(db, "第137篇") == [138]


def test_an_article_whose_time_changes_moves(texts: Database) -> None:
    newest = "SELECT id FROM search WHERE q = '群' ORDER BY recency DESC"
    texts.execute("UPDATE articles SET published_at = '2019-01-0' || id")
    assert texts.execute(newest).fetchall() == [(5,), (2,), (1,)]
    texts.execute("UPDATE articles SET published_at = '2020' WHERE id = 1")
    assert texts.execute(newest).fetchall() == [(1,), (5,), (2,)]
    with direct_indexing(texts) as index:
        index.forget(5)
        texts.execute("UPDATE articles SET published_at = '2018', recency = NULL WHERE id = 5")
        index.learn(5)
    assert texts.execute(newest).fetchall() == [(1,), (2,), (5,)]
    assert check_index(texts) == []


def test_the_index_follows_many_rows_at_once(texts: Database) -> None:
    texts.execute("UPDATE articles SET id = id + 100")
    assert hits(texts, "群") == [101, 102, 105]
    texts.execute("UPDATE articles SET body = replace(body, '群', '区')")
    assert hits(texts, "群") == [101]
    texts.execute("UPDATE articles SET views = views + 1, title = title")
    assert check_index(texts) == []
    texts.execute("DELETE FROM articles")
    assert hits(texts, "群") == []
    assert check_index(texts) == []


def test_the_index_rolls_back_with_the_rest(texts: Database) -> None:
    texts.execute("BEGIN")
    add(texts, "不会留下的社群", id=50)
    texts.execute("DELETE FROM articles WHERE id = 1")
    assert hits(texts, "社群") == [50]
    texts.execute("ROLLBACK")
    assert hits(texts, "社群") == [1]
    assert check_index(texts) == []


def test_direct_indexing_gives_the_same_index(texts: Database) -> None:
    with direct_indexing(texts) as index:
        index.learn(add(texts, "直接写入的社群", "题", id=20))
        index.forget(1)
        texts.execute("UPDATE articles SET body = '不再有', title = NULL WHERE id = 1")
        index.learn(1)
        index.forget(2)
        texts.execute("DELETE FROM articles WHERE id = 2")
        with direct_indexing(texts) as inner:
            inner.learn(add(texts, "里层的社群", id=21))
        index.learn(add(texts, "里层之后的社群", id=22))
    assert hits(texts, "社群") == [20, 21, 22]
    assert check_index(texts) == []
    add(texts, "触发器又在工作的社群", id=23)
    assert hits(texts, "社群") == [20, 21, 22, 23]
    assert check_index(texts) == []


def test_direct_indexing_leaves_nothing_behind_when_it_fails(texts: Database) -> None:
    def fail() -> None:
        with direct_indexing(texts) as index:
            index.learn(add(texts, "不会留下的社群", id=20))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with texts.atomic(), pytest.raises(KeyError):
        fail()
    assert hits(texts, "社群") == [1]
    assert texts.execute("SELECT count(*) FROM search_writer").fetchone() == (0,)
    assert check_index(texts) == []


def test_direct_indexing_refuses_what_would_spoil_the_index(texts: Database) -> None:
    with direct_indexing(texts) as index:
        with pytest.raises(LookupError, match="no article 99"):
            index.learn(99)
        index.forget(99)
    with pytest.raises(ValueError, match="is in the index already"), direct_indexing(texts) as index:
        index.learn(1)
    assert check_index(texts) == []


def test_triggers_cannot_stay_switched_off(db: Database) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError), db.atomic():
        db.execute("INSERT INTO search_writer (id) VALUES (1)")
    assert db.execute("SELECT count(*) FROM search_writer").fetchone() == (0,)


def test_check_tells_what_is_wrong_and_rebuild_mends_it(texts: Database) -> None:
    assert check_index(texts) == []
    texts.execute("INSERT INTO search_writer (id) VALUES (1)")
    add(texts, "触发器不在时的社群", id=30)
    seventh = texts.execute("SELECT recency FROM articles WHERE id = 7").fetchone()[0]
    texts.execute("DELETE FROM articles WHERE id = 7")
    texts.execute("UPDATE articles SET body = '换了' WHERE id = 3")
    assert check_index(texts) == [
        "1 article is not in the search index: 30",
        f"1 article is in the search index, but not archived: {seventh}",
        "1 article is not in the order of publication: 30",
        "a writer has left the triggers of the search index switched off",
        "the search index and the articles do not agree (database disk image is malformed)",
    ]
    rebuild(texts)
    assert check_index(texts) == []
    assert hits(texts, "社群") == [1, 30]
    assert hits(texts, "换了") == [3]
    texts.execute("INSERT INTO search_writer (id) VALUES (1)")
    texts.execute("UPDATE articles SET published_at = '2031' WHERE id = 1")
    texts.execute("DELETE FROM search_writer")
    assert check_index(texts) == ["1 article is not in the order of publication: 2"]
    rebuild(texts)
    assert check_index(texts) == []
    assert texts.execute("SELECT id FROM articles ORDER BY recency DESC LIMIT 1").fetchone() == (1,)


# --- the planner ----------------------------------------------------------------------------------


def plan(db: Database, sql: str) -> list[str]:
    return [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql)]


def test_newest_first_reads_the_index_backwards_and_no_further(db: Database) -> None:
    steps = plan(db, "SELECT id, title, kwic FROM search WHERE q = '社群' ORDER BY recency DESC LIMIT 20")
    assert steps[-1] == "USE TEMP B-TREE FOR ORDER BY"  # of as many rows as LIMIT says
    (index_step,) = [step for step in steps if step.startswith("SCAN f VIRTUAL TABLE")]
    number = int(index_step.split("INDEX ")[1].split(":")[0])
    assert number & 192 == 192  # FTS5: in descending order of rowid
    when = "2019-04-13T09:30:{:02}+08:00"
    db.conn.executemany(
        "INSERT INTO articles (title, body, published_at, body_chars, content_hash, first_seen_at,"
        " last_seen_at) VALUES ('题', '社群', ?, 2, '', '', '')",
        [(when.format(second),) for second in range(60)] * 5,
    )
    steps_taken = 0

    def count_steps() -> None:
        nonlocal steps_taken
        steps_taken += 1

    taken = []
    for order in ("recency", "published_at"):
        db.conn.set_progress_handler(count_steps, 10)
        sql = f"SELECT published_at FROM search WHERE q = '社群' ORDER BY {order} DESC LIMIT 20"
        steps_taken = 0
        rows = db.execute(sql).fetchall()
        taken.append(steps_taken)
        assert rows == [(when.format(second),) for second in (59, 58, 57, 56) for _ in range(5)]
    db.conn.set_progress_handler(None, 0)
    assert taken[0] * 4 < taken[1]


def test_an_articles_index_text_is_made_from_that_article_alone(db: Database) -> None:
    steps = plan(db, "SELECT body, title FROM articles_fts_text WHERE recency = 5")
    assert [step for step in steps if "articles" in step or " a " in step] == [
        "SEARCH a USING INDEX articles_recency (recency=?)"
    ]


def test_newest_by_time_needs_no_article_rows(db: Database) -> None:
    steps = plan(db, "SELECT id FROM search WHERE q = '社群' ORDER BY published_at DESC LIMIT 20")
    assert "SEARCH articles USING COVERING INDEX articles_recency_published_at (recency=?)" in steps
    assert not any(step.startswith("SEARCH articles USING I") for step in steps)


# --- search() ---------------------------------------------------------------------------------------


@pytest.fixture
def dated(db: Database) -> Database:
    def one(number: int, day: str, source: str | None, category: str, body: str) -> None:
        when = f"2019-{day}T09:00:00+08:00"
        add(db, body, None, id=number, label=body[:5], published_at=when, source=source)
        row = [number, category, NOW, NOW]
        db.execute("INSERT INTO article_categories VALUES (?, ?, ?, ?, NULL)", row)

    one(1, "03-01", "一起惠", "社群", "三月的社群")
    one(2, "05-01", None, "社群", "五月的社群,社群,社群")
    one(3, "04-01", "36氪", "购物资讯", "四月的社群与别的许多许多许多许多许多事情")
    return db


def ids(rows: list[dict[str, object]]) -> list[object]:
    return [row["id"] for row in rows]


def test_newest_first_and_limits(dated: Database) -> None:
    assert ids(search(dated, "社群")) == [2, 3, 1]
    assert ids(search(dated, "社群", limit=2)) == [2, 3]
    by_relevance = search(dated, "社群", sort="relevance")
    assert ids(by_relevance) == [2, 1, 3]
    assert by_relevance[0]["score"] < by_relevance[1]["score"] < by_relevance[2]["score"] < 0
    assert search(dated, "") == []


def test_filters(dated: Database) -> None:
    assert ids(search(dated, "社群", since="2019-04")) == [2, 3]
    assert ids(search(dated, "社群", until="2019-04")) == [3, 1]
    assert ids(search(dated, "社群", since="2019-04-01", until="2019-04-01")) == [3]
    assert ids(search(dated, "社群", since="2019-04-01 09:00:01")) == [2]
    assert ids(search(dated, "社群", category="社群")) == [2, 1]
    assert ids(search(dated, "社群", source="36氪")) == [3]
    assert ids(search(dated, "社群", source="36氪", category="社群")) == []


def test_a_result_shows_its_hits(dated: Database) -> None:
    (row,) = search(dated, "社群|五", source=None, since="2019-05")
    assert row == {
        "score": None,
        "id": 2,
        "title": None,
        "published_at": "2019-05-01T09:00:00+08:00",
        "source": None,
        "url": None,
        "views": 1,
        "kwic": "五月的社群,社群,社群",
        "hits": [[0, 1], [3, 5], [6, 8], [9, 11]],
        "label": "五月的社群",
        "state": "present",
    }


def test_how_many_there_are_in_all_and_the_hits_behind_the_first(dated: Database) -> None:
    assert count(dated, "社群") == 3
    assert count(dated, "社群", since="2019-04") == 2
    assert count(dated, "社群", category="社群", source="36氪") == 0
    assert (count(dated, ""), count(dated, '" *'), count(dated, "无此词")) == (0, 0, 0)
    assert ids(search(dated, "社群", limit=2, offset=1)) == [3, 1]
    assert ids(search(dated, "社群", limit=20, offset=3)) == []
    assert ids(search(dated, "社群", limit=60, offset=2, sort="relevance")) == [
        ids(search(dated, "社群", sort="relevance"))[2]
    ]


def test_a_hit_in_the_title_alone_shows_the_title(db: Database) -> None:
    add(db, "正文", "社群在题目里")
    (row,) = search(db, "社群")
    assert (row["kwic"], row["hits"]) == ("社群在题目里", [[0, 2]])


def test_hits_far_apart(db: Database) -> None:
    add(db, "甲" * 100 + "社群" + "乙" * 100, "社群")
    (row,) = search(db, "社群", context=3)
    assert (row["kwic"], row["hits"]) == ("…甲甲甲社群乙乙乙…", [[4, 6]])


@given(
    st.lists(st.tuples(st.text("社群电 k,kKＫ\u212asſ", max_size=8), st.integers(0, 9)), max_size=12),
    st.text("社群电 |kKＫs,", max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_newest_first_is_right_however_found(
    memory: Database, articles: list[tuple[str, int]], query: str
) -> None:
    memory.execute("DELETE FROM articles")
    for number, (body, day) in enumerate(articles, 1):
        add(memory, body + "\0社群", None, id=number, published_at=f"2019-01-0{day}")
    dated_hits = sorted((articles[number - 1][1], number) for number in hits(memory, query))
    expected = [number for _, number in reversed(dated_hits)]
    for limit in (1, 3, 100):
        assert ids(search(memory, query, limit=limit)) == expected[:limit]
    sql = "SELECT id FROM search WHERE q = ? ORDER BY published_at DESC, recency DESC"
    assert [row[0] for row in memory.execute(sql, [query])] == expected


def test_lone_surrogates_find_nothing(dated: Database) -> None:
    assert search(dated, "\ud800") == []
    assert ids(search(dated, "\ud800|三月")) == [1]


def test_parse() -> None:
    assert parse("社群\u3000ＡＰＰ | 小店 ") == [["社群", "app"], ["小店"]]
    assert parse(" | ") == []


def test_find_joins_what_overlaps() -> None:
    assert find("一二一二一", "一二一") == [(0, 5)]
    assert find("shop Shop shopping ｓｈｏｐ", "shop") == [(0, 4), (5, 9), (19, 23)]
    assert find("社群", "") == []


def test_around_and_highlight() -> None:
    assert around("零一二三四五六七八九", [(4, 5), (6, 7)], 2) == ("…二三四五六…", [(3, 4), (5, 6)])
    assert around("没有", [], 5) == ("没有", [])
    assert highlight("零一二三", [(1, 2), (3, 4)], "[", "]") == "零[一]二[三]"


def test_variants_find_the_other_script(db: Database) -> None:
    pytest.importorskip("opencc", reason="OpenCC (extra: traditional) is not installed")
    add(db, "社區團購與電商", id=1)
    add(db, "社区团购与电商", id=2)
    assert ids(search(db, "社区 电商")) == [2]
    assert ids(search(db, variants("社区 电商"))) == [2, 1]
    assert ids(search(db, variants("電商|没有"))) == [2, 1]
    assert variants("社区").split("|")[0] == "社区"
    assert variants(" | ") == ""
    assert variants("abc") == "abc"


def test_without_opencc_the_query_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from yiqihui_spider.archive.search import query as module

    module._converters.cache_clear()
    monkeypatch.setitem(sys.modules, "opencc", None)
    assert variants("社区 电商") == "社区 电商"
    module._converters.cache_clear()
