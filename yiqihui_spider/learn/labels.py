"""What Chinese pages write beside the parts of a marker and of a pager.

Evidence, not grammar: a part whose label is in none of these lists is decided by what is known of the
articles, or not at all.
"""

from __future__ import annotations

import re

VIEWS = re.compile(
    "浏览|阅读|点击|关注度?|访问|人气|热度|查看|围观|看过|读过|人看|人读|阅览|观看|展示|[Vv]iews?|[Hh]its?|[Rr]eads?|PV|^阅$|^次$|^度$"
)
NO_VIEWS = re.compile(
    "评论|回复|回帖|跟帖|留言|赞|顶|踩|好评|差评|喜欢|收藏|分享|转发|转载|推荐|字数|字$|投票|打分|评分|参与|楼|编号|第|期"
    "|[Cc]omments?|[Ll]ikes?|[Ss]hares?|[Rr]epl|积分|金币|图|下载|今日|昨日|本周|本月|^N[oO]$|^N[oO]\\.$|^ID$|^id$"
)
TIME_TO_READ = re.compile("时长|分钟|秒|耗时|预计")
SOURCE = re.compile("来源|来自|出处|出自|转自|转载自|稿源|摘自|选自|编自|媒体|[Ss]ource|[Vv]ia|[Ff]rom")
GLUED_SOURCE = re.compile(
    "(?:本文|文章|信息|内容|稿件|原文)?(?:来源[于自]?|来自|转载?自|出自|[摘选源]自)(?=[^\\W_])"
)
"""Right before a name, with nothing between."""
NO_SOURCE = re.compile(
    "作者|编辑|责编|录入|发布者|发布人|发表者|楼主|撰文|记者|小编|审核|分类|栏目|标签|类别|频道|关键词|[Bb]y|[Aa]uthor|[Tt]ag"
    "|[Cc]ategor|[Ee]ditor|[Pp]osted|^文$|地区|评论|更新|修改"
)
PUBLISHED = re.compile(
    "发布|发表|刊发|发稿|时间|日期|[Pp]ublish|[Pp]osted|[Dd]ate|[Tt]ime|写于|^于$|创建|登载|上线"
)
UPDATED = re.compile("更新|修改|编辑于|回复|最后|截止|活动|[Uu]pdat|[Mm]odif|[Ee]dited|过期|结束|开始|到期")

WEEKDAY = re.compile("(?:星期|礼拜|周)[一二三四五六日天](?![^\\W\\d_])")

OF_NUMBERS = (VIEWS, NO_VIEWS)
OF_TIMES, OF_NAMES = (PUBLISHED, UPDATED), (SOURCE, NO_SOURCE)

TOTAL = re.compile("条|篇|记录|个|总数|总计|则|文章|信息|件|项|[Tt]otal|[Rr]ecords?|[Ii]tems?|合计|帖|数据")
PAGES = re.compile("共|总页|分|全部|[Oo]f|总计")
PAGE = re.compile("第|当前|本页|目前|现在|[Pp]age|页次|页码")
SIZE = re.compile("每页|/页|条/|[Pp]er")

FIRST_WORDS = (
    "首页", "第一页", "最前页", "最前", "第一頁", "首頁", "|<", "<<", "«", "First", "first",
    "« 首页",
)  # fmt: skip
PREVIOUS_WORDS = (
    "上一页", "上页", "前一页", "前页", "上一頁", "<上一页", "←", "<", "‹", "Prev", "Previous",
    "prev", "上翻", "较新", "< 上一页", "‹ 上一页", "« 上一页",
)  # fmt: skip
NEXT_WORDS = (
    "下一页", "下页", "后一页", "后页", "下一頁", "下一页>", "→", ">", "›", "Next", "next",
    "下翻", "较旧", "下一页 >", "下一页 ›", "下一页 »",
)  # fmt: skip
LAST_WORDS = (
    "尾页", "末页", "最后一页", "最末页", "最后页", "最后", "尾頁", "末頁", ">|", ">>", "»",
    "Last", "last", "末页 »",
)  # fmt: skip
