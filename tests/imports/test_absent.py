from __future__ import annotations

import pytest
from support.hui import read_page

from yiqihui_spider.imports.absent import says_absent

AROUND = "<header><a href='/'>首页</a></header><footer>© 2009-2019 一起惠</footer>"


@pytest.mark.parametrize(
    ("title", "content", "absent"),
    [
        ("提示信息", "对不起，您访问的文章不存在或已被删除！", True),
        ("404", "页面走丢了", True),
        ("提示", "<p>该文章已下架</p><a href='/'>返回首页</a>", True),
        ("Not Found", "nothing here", True),
        ("甲题目", "甲文第一句在这里。第二句也在这里。", False),
        ("甲题目", "这里说的东西找不到。 一起惠 2019/04/13 暂无", False),
        ("甲题目", "这里说的东西不存在。 一起惠 4月13日 12 次", False),
        ("甲题目", "这里说的东西不存在。" * 40, False),
    ],
)
def test_a_page_that_says_there_is_nothing_here(title: str, content: str, absent: bool) -> None:
    html = f"<html><title>{title}</title>{AROUND}<div>{content}</div></html>"
    text, page, _ = read_page(
        html.encode(), "text/html; charset=utf-8", "http://www.178hui.com/news/view/1.html"
    )
    assert says_absent(text, page) is absent
