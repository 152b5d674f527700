"""Detail pages that are not the article's: another's, a listing, a login page, gone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.crawling import Field, check_archive
from support.faults import BUSY, LOGIN, Fault, Faults, Instead, Redirect, Status, Tamper

from yiqihui_spider.sample.site import Response, SampleSite

ASKED, OTHER = 4160, 4459
DETAIL = f"/news/view/{ASKED}.html"
COLUMNS = "site_id, url, title, published_at, body"


def articles(crawls: Field) -> list[tuple[object, ...]]:
    return crawls.rows(f"SELECT {COLUMNS} FROM articles ORDER BY site_id")


def versions(crawls: Field) -> int:
    return int(crawls.rows("SELECT count(*) FROM article_versions")[0][0])


@pytest.fixture
def undisturbed(crawls: Field, tmp_path, nursery, site: SampleSite) -> list[tuple[object, ...]]:  # type: ignore[no-untyped-def]
    """What a crawl of the same site without details' faults archives, address ports aside."""
    assert crawls.crawl().code == 0
    rows = articles(crawls)
    for path in [*crawls.archive.parent.glob("archive.db*"), *crawls.archive.parent.glob("warc/*")]:
        path.unlink()
    crawls.asked()
    return rows


WRONG: dict[str, tuple[Fault, str]] = {
    "another article": (Instead(f"/news/view/{OTHER}.html"), "another article than listed at this address: "),
    "a listing": (Instead("/news/list.php?cat=3&page=2"), "not a detail page"),
    "the section page": (Instead("/news/"), "not a detail page"),
    "a login page": (LOGIN, "not a detail page"),
    "an error page": (BUSY, "not a detail page"),
    "led to another": (Redirect(f"/news/view/{OTHER}.html"), "redirected to another article: "),
    "led to a listing": (Redirect("/news/list.php?cat=3&page=2", 301), "not a detail page"),
    "led home": (Redirect("/news/", 301), "not a detail page"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_another_page_in_place_of_a_detail(
    crawls: Field, faults: Faults, undisturbed: list[tuple[object, ...]], kind: str
) -> None:
    fault, reason = WRONG[kind]
    faults.on(DETAIL, fault)
    for run in (1, 2):
        done = crawls.crawl()
        assert done.code == 3, done.err
        assert crawls.asked().count(DETAIL) == 2, "once more, in case it passes"
        assert any(DETAIL in line and reason in line for line in done.lines)
        strange = [row for row in articles(crawls) if row[0] == ASKED]
        (listed,) = [row for row in undisturbed if row[0] == ASKED]
        assert [row[:4] for row in strange] == [listed[:4]], f"run {run}"
        assert strange[0][4] == str(listed[4]).replace("\n", ""), "as the listing has it"
        others = [row for row in articles(crawls) if row[0] != ASKED]
        assert others == [row for row in undisturbed if row[0] != ASKED]
        assert versions(crawls) == 32
    faults.rules.clear()
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert articles(crawls) == undisturbed
    assert versions(crawls) == 32
    check_archive(crawls.archive)


def test_another_page_once(crawls: Field, faults: Faults) -> None:
    faults.on(DETAIL, Instead(f"/news/view/{OTHER}.html"), nth=1)
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")


def test_a_wrong_detail_is_not_believed_by_reparse_either(
    crawls: Field, faults: Faults, undisturbed: list[tuple[object, ...]]
) -> None:
    faults.on(DETAIL, Instead(f"/news/view/{OTHER}.html"))
    crawls.crawl()
    before = articles(crawls)
    done = crawls.nursery.start("reparse", "--archive", str(crawls.archive)).wait()
    assert done.code == 0, done.err
    assert articles(crawls) == before


def retitled(response: Response) -> Response:
    return replace(response, body=response.text.replace("</h1>", "(修订)</h1>").encode())


def redated(response: Response) -> Response:
    return replace(response, body=response.text.replace("2019-", "2018-").encode())


@pytest.mark.parametrize("change", [retitled, redated])
def test_a_title_or_a_time_alone_may_differ(crawls: Field, faults: Faults, change) -> None:  # type: ignore[no-untyped-def]
    faults.on(DETAIL, Tamper(change))
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert crawls.rows("SELECT count(*) FROM articles WHERE detail_at IS NULL") == [(0,)]


# --- details that are gone -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("known", [False, True], ids=["first walk", "later walk"])
def test_an_article_deleted_during_the_walk(
    crawls: Field, faults: Faults, site: SampleSite, status: int, known: bool
) -> None:
    """Its detail page answers 404, and the certified walk no longer lists it: part of the story."""
    early = site.listings["社群"][3]
    if known:
        assert crawls.crawl("--no-details").code == 0
        site.edit(early, blocks=("全新的正文,写得更长一些。",))
    faults.hook("/news/list.php?cat=3&page=3", lambda: site.delete(early), nth=1)
    faults.on(f"/news/view/{early}.html", Status(status))
    done = crawls.crawl("--mode", "full")
    assert (done.code, done.err) == (0, "")
    assert crawls.todo() == []


def test_an_article_that_is_listed_still(crawls: Field, faults: Faults) -> None:
    faults.on(DETAIL, Status(404))
    done = crawls.crawl()
    assert done.code == 3
    assert f"failed: {crawls.home}{DETAIL}: 404 Not Found" in done.lines


def test_an_article_that_is_listed_still_in_one_of_two_categories(
    crawls: Field, faults: Faults, site: SampleSite
) -> None:
    both = next(number for number, article in site.articles.items() if len(article.categories) == 2)
    path = f"/news/view/{both}.html"
    faults.hook("/news/list.php?cat=3&page=2", lambda: site.listings["社群"].remove(both), nth=1)
    faults.on(path, Status(404))
    done = crawls.crawl()
    assert done.code == 3
    assert any(path in line for line in done.lines)


def test_a_detail_left_from_before_of_an_article_deleted_since(
    crawls: Field, faults: Faults, site: SampleSite
) -> None:
    """It is tried before the walk that tells of the deletion."""
    faults.on(DETAIL, Status(500), nth=range(1, 4))
    assert crawls.crawl().code == 3
    site.delete(ASKED)
    faults.on(DETAIL, Status(404))
    done = crawls.crawl("--mode", "full")
    assert (done.code, done.err) == (0, "")
    assert crawls.todo() == []
    assert crawls.rows("SELECT state FROM articles WHERE site_id = ?", ASKED) == [("missing",)]


def test_no_word_of_an_uncertified_walk_excuses_a_detail(
    crawls: Field, faults: Faults, site: SampleSite
) -> None:
    early = site.listings["社群"][3]
    faults.hook("/news/list.php?cat=3&page=2", lambda: site.delete(early), nth=1)
    faults.on("/news/list.php?cat=3&page=3", Status(500))
    faults.on(f"/news/view/{early}.html", Status(404))
    done = crawls.crawl(RETRY_TIMES=0)
    assert done.code == 3
    assert any(f"/news/view/{early}.html" in line for line in done.lines)
