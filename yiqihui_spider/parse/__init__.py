"""From bytes to what a page says. Pure: bytes → charset → block tree → page text → markers →
segments → parsed page. :func:`yiqihui_spider.parse.read.read_page` is the one way in."""
