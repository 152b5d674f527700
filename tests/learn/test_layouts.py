"""Made-up layouts of the sample site: learned with proof, or refused with a reason. ``make layouts``
tries many more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.layout_parts import UNREADABLE, layout, varied
from support.layout_runs import HUI, answer_key, by_drift, from_nothing, mistakes, page, pages
from support.layouts import Layout, LayoutSite

from yiqihui_spider.learn import AnswerKey, Lesson, Page, Verdict, learn
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.site import parse_profile

PLAIN = replace(
    layout(0),
    date="{y}-{m}-{d} {H}:{M}",
    parts=(("时间：", "T", ""), ("来源：", "S", ""), ("浏览：", "V", "次")),
    between=" ",
    place="after",
    shape="div",
    pager=("第{page}页，共{pages}页，{total}篇文章", ""),
    words=("首页", "上一页", "下一页", "尾页"),
    crumb=("当前位置:", ">", "文章列表"),
    charset="utf-8",
    noise="",
    grouping=False,
    omit_label=False,
)


def untaught(form: Layout) -> Lesson:
    return from_nothing(form)[1]


@pytest.mark.parametrize("seed", [3, 8, 11, 28, 49, 65])
def test_learned_from_nothing(seed: int) -> None:
    site, lesson = from_nothing(layout(seed))
    assert (lesson.verdict, lesson.reasons) == (Verdict.PROVEN, ())
    assert list(mistakes(site, parse_profile(lesson.profile or "", "learned"))) == []


@pytest.mark.parametrize("seed", [1008, 1018, 3020])
def test_learned_with_more_of_what_sites_do(seed: int) -> None:
    """Days of the week, 更新 beside 发布, tags, 1.2万, names that a few have in common."""
    for run in (from_nothing, by_drift):
        site, lesson = run(varied(seed))
        assert (lesson.verdict, lesson.reasons) == (Verdict.PROVEN, ())
        assert list(mistakes(site, parse_profile(lesson.profile or "", "learned"))) == []


@pytest.mark.parametrize("seed", [4, 8, 34])
def test_learned_by_what_the_archive_knows(seed: int) -> None:
    site, lesson = by_drift(layout(seed))
    assert (lesson.verdict, lesson.reasons) == (Verdict.PROVEN, ())
    assert list(mistakes(site, parse_profile(lesson.profile or "", "learned"))) == []
    assert sum(one.as_before for one in lesson.proof.pages) == 10
    assert all(one.expected == one.found + one.edited for one in lesson.proof.concerned)


def test_the_forms_are_what_a_person_would_write() -> None:
    lesson = untaught(PLAIN)
    assert lesson.forms == ("时间：{year}-{month}-{day} {hour}:{minute} 来源：{source} 浏览：{views}次",)
    assert lesson.pager == "第{page}页，共{pages}页，{total}篇文章"
    assert lesson.addresses == ("/news/view/{number}.html",)
    assert lesson.breadcrumb == "当前位置:首页 > 一起惠资讯 > {category} > 文章列表"


# --- what can't be learned ------------------------------------------------------------------------


def test_entries_without_a_marker_teach_nothing() -> None:
    lesson = untaught(replace(PLAIN, parts=()))
    assert lesson.verdict is Verdict.NOTHING
    assert lesson.reasons != ()


@pytest.mark.parametrize("date", ["{m}-{d} {H}:{M}", "{m}/{d}/{y}"])
def test_dates_that_may_mean_several_days_are_refused(date: str) -> None:
    lesson = untaught(replace(PLAIN, date=date))
    assert lesson.verdict is Verdict.NOTHING
    assert any("do not say the year, or which part is which" in reason for reason in lesson.reasons)


@pytest.mark.parametrize("date", UNREADABLE)
def test_times_that_no_form_holds_are_refused(date: str) -> None:
    """Half days, other zones, a clock before the date or behind the day of the week."""
    lesson = untaught(replace(PLAIN, date=date))
    assert lesson.verdict is Verdict.NOTHING
    assert lesson.reasons


def test_titles_in_a_line_with_the_markers_are_no_parts_of_them() -> None:
    form = replace(PLAIN, shape="line", place="before", parts=(("时间：", "T", ""), ("浏览：", "V", "次")))
    for lesson in (by_drift(form)[1], untaught(form)):
        assert lesson.verdict is not Verdict.PROVEN
        assert lesson.reasons


def test_where_only_articles_own_pages_changed_it_says_so() -> None:
    changed = replace(PLAIN, parts=(("发布于 ", "T", ""), ("阅读 ", "V", "")))
    old, new = SampleSite(), LayoutSite(layout=changed)
    known = [replace(one, understood=True) for one in pages(old, "社群", details=0)]
    lesson = learn([*known, page(new, "/news/view/4447.html")], HUI, answer_key(old), asked=False)
    assert lesson.verdict is Verdict.NOTHING
    assert "only articles' own pages are not" in lesson.reasons[0]


def test_a_number_without_a_label_may_be_anything() -> None:
    lesson = untaught(replace(PLAIN, parts=(("", "T", ""), ("", "V", "")), between=" | "))
    assert lesson.verdict is Verdict.IN_PART
    assert "the pages can be read in several ways that explain them equally well" in lesson.reasons
    assert any("views" in difference for rival in lesson.rivals for difference in rival.differences)


def test_the_archive_tells_what_that_number_is() -> None:
    lesson = by_drift(replace(PLAIN, parts=(("", "T", ""), ("", "V", "")), between=" | "))[1]
    assert lesson.verdict is Verdict.PROVEN
    assert lesson.forms == ("{year}-{month}-{day} {hour}:{minute} | {views}",)


def test_a_comma_that_may_be_part_of_a_number_is_refused() -> None:
    parts = (("时间：", "T", ""), ("评论：", "N", ""), ("来源：", "S", ""), ("", "V", " 次围观"))
    lesson = untaught(replace(PLAIN, parts=parts, between="，", omit_label=True))  # 评论：2，471 次围观
    assert lesson.verdict is Verdict.NOTHING
    assert any("may be one number or two" in reason for reason in lesson.reasons)


def test_a_pager_without_a_total_proves_nothing() -> None:
    lesson = untaught(replace(PLAIN, pager=("第{page}页", "")))
    assert lesson.verdict is Verdict.IN_PART
    assert any("nothing proves that a listing is complete" in reason for reason in lesson.reasons)


def test_pages_that_are_no_listing_teach_nothing() -> None:
    login = "<html><body><h1>用户登录</h1><p>2019-06-20 10:00 系统维护</p></body></html>"
    lesson = learn([Page("login", "http://x.example/", login.encode(), "text/html")], HUI, fresh=True)
    assert lesson.verdict is Verdict.NOTHING


def test_pages_that_are_read_already_need_no_lesson() -> None:
    site = SampleSite()
    assert learn(pages(site, "社群"), HUI, answer_key(site)).verdict is Verdict.KNOWN


def test_another_sites_pages_are_not_taken_for_ours() -> None:
    """Nothing of what the archive knows stands on them, however well they are built."""
    other = LayoutSite(articles={}, layout=PLAIN)
    for _ in range(20):
        other.publish()
    shown = [page(other, other.address("社群", n)) for n in (1, 2, 3)]
    lesson = learn(shown, HUI, answer_key(SampleSite()))
    assert lesson.verdict is Verdict.NOTHING
    assert any("none of the archive's articles" in reason for reason in lesson.reasons)


def test_without_a_key_the_same_pages_are_learned() -> None:
    other = LayoutSite(articles={}, layout=PLAIN)
    for _ in range(20):
        other.publish()
    shown = [page(other, other.address("社群", n)) for n in (1, 2, 3)]
    assert learn(shown, HUI, AnswerKey(), fresh=True).verdict is Verdict.PROVEN


# --- pages of other sites among them ---------------------------------------------------------------

FRAME = "<title>广告</title><div>限时优惠 2024-01-01 10:00 阅读(33)</div><a href='/go'>去看看</a>"


def frames(count: int) -> list[Page]:
    """What else a browser has loaded with the pages."""
    urls = [f"http://ads{n % 3}.example.net/frame?{n}" for n in range(count)]
    return [Page(url, url, FRAME.encode(), "text/html; charset=utf-8") for url in urls]


def test_frames_of_other_sites_are_set_aside() -> None:
    site = LayoutSite(layout=layout(8))
    own = pages(site, *site.categories)
    lesson = learn([*frames(3 * len(own)), *own], HUI, fresh=True)
    assert (lesson.verdict, lesson.reasons) == (Verdict.PROVEN, ())
    profile = parse_profile(lesson.profile or "", "learned")
    assert profile.hosts == ("www.178hui.com",)
    assert lesson.notes == (f"pages of other sites were set aside: example.net ({3 * len(own)})",)
    by_host = learn([*frames(9), *own], HUI, fresh=True, host="www.178hui.com")
    assert parse_profile(by_host.profile or "", "learned") == profile
    drift = learn([*frames(9), *own], HUI, answer_key(site))
    assert drift.verdict is Verdict.PROVEN
    assert parse_profile(drift.profile or "", "learned").hosts == HUI.hosts


def test_two_sites_that_can_each_be_read_are_told_apart_by_the_user() -> None:
    site = LayoutSite(layout=layout(8))
    own = pages(site, *site.categories)
    copies = [replace(one, url=one.url.replace("www.178hui.com", "mirror.example.org")) for one in own]
    lesson = learn([*own, *copies], HUI, fresh=True)
    assert lesson.verdict is Verdict.IN_PART
    assert lesson.reasons[0] == (
        "pages of several sites that can each be read: 178hui.com and example.org; "
        "name one of their hosts with --host"
    )
    assert learn([*own, *copies], HUI, fresh=True, host="mirror.example.org").verdict is Verdict.PROVEN
