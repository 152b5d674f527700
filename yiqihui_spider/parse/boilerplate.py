"""What stands around a page's content: navigation, side bars, footers.

Found from the document's structure and from the three things a page prints: breadcrumb, markers,
pager. No class name, no id. Where these give no hold nothing is called furniture, so that a
changed layout shows up as unexplained text instead of vanishing quietly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, chain

from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import Span
from yiqihui_spider.parse.block_tree import BlockTree
from yiqihui_spider.parse.page_anchors import ASIDE_TAGS, PageAnchors, is_aside
from yiqihui_spider.site import SiteProfile, chinese

_COPYRIGHT = re.compile("版权所有|copyright|©|ICP[备证]", re.IGNORECASE)
_MIDDLE = re.compile("(?:…|\\.{3})$")
_A_SENTENCE = 20
"""A line this long is prose, whatever it ends in."""
_TITLE_REACH = 3
"""A detail page's title stands at most so many lines above its marker."""


def furniture(tree: BlockTree, site: SiteProfile) -> tuple[Span, ...]:
    """Stretches of whole lines around the content: sorted, apart from each other."""
    marks = PageAnchors(tree, site)
    kept = listing_lines(marks) if marks.is_listing else article_lines(marks)
    if kept is None:
        return ()
    spans: list[Span] = []
    for n in tree.lines:
        if n in kept:
            continue
        start = tree.line_starts[n]
        if spans and spans[-1].end == start - 1:
            start = spans.pop().start
        spans.append(Span(start, tree.line_end(n)))
    return tuple(spans)


# --- a listing ---------------------------------------------------------------------------


def listing_lines(marks: PageAnchors) -> set[int] | None:
    """The lines of a listing that are content; None if all must count as such."""
    o = marks.tree
    pager, width = max(marks.pagers.items(), default=(None, None))
    markers = _without_lookalikes(marks, pager, width)
    if not markers:
        return _signposts(marks) if width == 0 else None
    core = _listing_core(marks, markers, pager, width)
    held = [n for n in markers if n in o.lines_of(core)]
    if width and 2 * len(held) < width:  # not the markers we know: nothing may vanish
        return None
    core = _with_bodies(marks, core, held)
    inside = o.lines_of(core)
    kept = set(inside).difference(*map(o.lines_of, _lookalike_blocks(marks, held, core)))
    if marks.breadcrumb is not None and marks.breadcrumb < held[0]:
        kept.difference_update(marks.before_crumb())
    if width == len(held):
        kept -= _before_entries(marks, core, held) | _after_entries(
            marks, inside, marks.marker_ends[held[-1]], pager
        )
    return kept | _signposts(marks)


def _signposts(marks: PageAnchors) -> set[int]:
    """Breadcrumb, heading and pagers with their links, wherever they stand."""
    o = marks.tree
    found = set(marks.pagers)
    for line in marks.pagers:
        for step in (-1, 1):
            n = line + step
            while n in o.lines and _is_pager_links(marks.site, o.line(n)):
                found.add(n)
                n += step
    if marks.breadcrumb is not None:
        found.add(marks.breadcrumb)
        category = marks.trail[-2:-1]
        found.update([n for n in o.lines if n > marks.breadcrumb and o.line(n) in category][:1])
    return found


def _is_pager_links(site: SiteProfile, line: str) -> bool:
    run = site.pager.links.match(line)  # not fullmatch: that would try every way to divide the line
    return run is not None and run.end() == len(line)


def _listing_core(marks: PageAnchors, markers: list[int], pager: int | None, width: int | None) -> int:
    """The deepest node that holds as many markers as the pager promises; of several, one that is
    no side bar by its looks, then the one nearest the pager. If none does, or without a pager, the
    deepest that holds all markers: rather too much than an entry lost."""
    o = marks.tree
    counts = o.tally(markers)
    way = set() if pager is None else set(o.up(o.line_nodes[pager]))
    exact = [node for node in counts if counts[node] == width]
    if not exact:
        core = max(node for node in counts if counts[node] == len(markers))  # the last is the deepest
        return _up_to(o, core, way) if len(markers) == 1 and width is not None else core
    odd = marks.aside_lines if len(markers) != width else set()
    near = o.nearest(way)
    return max(exact, key=lambda node: (not odd.issuperset(_ends(o.lines_of(node))), near[node], node))


def _up_to(o: BlockTree, node: int, way: set[int]) -> int:
    """The innermost of these nodes that holds the node; the root if none does."""
    return next((outer for outer in o.up(node) if outer in way), 0)


def _ends(lines: range) -> tuple[int, int]:
    return lines[0], lines[-1]


def _without_lookalikes(marks: PageAnchors, pager: int | None, width: int | None) -> list[int]:
    """The markers, less those in side bars, as far as the rest is what the pager promises."""
    o, markers = marks.tree, marks.markers
    if width is None or pager is None:
        return _by_breadcrumb(marks)
    if len(markers) == width:
        return markers
    plain = marks.beside(markers)
    if len(plain) == width:
        return plain
    counts = o.tally(markers)
    if width in counts.values():
        return markers
    extra = len(markers) - width
    beside = counts.keys() - set(o.up(o.line_nodes[pager]))
    blocks = [n for n in beside if counts[n] == extra < counts[o.parents[n]]]
    if len(blocks) == 1:
        return sorted(set(markers).difference(o.lines_of(blocks[0])))
    return plain if 2 * len(plain) >= width else markers


def _by_breadcrumb(marks: PageAnchors) -> list[int]:
    """Without a pager: the markers in the smallest node that holds breadcrumb and markers, less
    those in side bars, if any are left."""
    o, markers = marks.tree, marks.markers
    if marks.breadcrumb is None:
        return markers
    counts = o.tally(markers)
    near = next((o.lines_of(n) for n in o.up(o.line_nodes[marks.breadcrumb]) if n in counts), o.lines)
    good = [n for n in markers if n in near]
    return marks.beside(good) or good


def _lookalike_blocks(marks: PageAnchors, markers: list[int], core: int) -> list[int]:
    """The largest nodes inside the core with nothing but markers that were sorted out."""
    o = marks.tree
    good = o.tally(markers)
    bad = o.tally(sorted(set(marks.markers).difference(markers)))
    return [n for n in bad if n not in good and o.parents[n] in good and n > core]


def _with_bodies(marks: PageAnchors, core: int, held: list[int]) -> int:
    """The core, widened until it holds text before its first marker. A lone entry is also widened
    to its link, if that can be had without the breadcrumb or the pager."""
    o = marks.tree
    if len(o.line(held[0])) > chinese.MARKER_WIDTH:  # the body is on the marker's line
        return _with_link(marks, core, held[0]) if len(held) == 1 else core
    for node in o.up(core):
        core, inside = node, o.lines_of(node)
        ahead, behind = range(inside.start, held[0]), range(marks.marker_ends[held[-1]] + 1, inside.stop)
        needed = (ahead, behind) if marks.site.markers.before else (ahead,)
        if not any(map(marks.signposts.issuperset, needed)):
            break
    return _with_link(marks, core, held[0]) if len(held) == 1 else core


def _with_link(marks: PageAnchors, core: int, marker: int) -> int:
    o = marks.tree
    linked = (link for link in o.links if marks.site.article_number(link.href) is not None)
    last = max((n for n in (o.line_at(link.start) for link in linked) if n < marker), default=None)
    for node in o.up(core) if last is not None else ():
        inside = o.lines_of(node)
        if not marks.signposts.isdisjoint(inside):
            break
        if last in inside:
            return node
    return core


def _before_entries(marks: PageAnchors, core: int, markers: list[int]) -> set[int]:
    """Lines before the first entry, where the entries after it show what one is made of; before a
    lone entry, side bars that say so."""
    o = marks.tree
    if len(markers) == 1:
        return marks.aside_lines.intersection(range(o.lines_of(core).start, markers[0]))
    runs = _runs(o, core, markers)
    if not runs:
        return set()
    size = len(runs[1])
    extra, first = runs[0][:-size], runs[0][-size:]
    if len({tuple(o.tags[child] for child in run) for run in (first, *runs[1:-1])}) > 1:
        return set()
    if len(markers) <= 3:
        extra = [child for child in extra if is_aside(o, marks.site, child)]
    return set(chain.from_iterable(map(o.lines_of, extra)))


def _runs(o: BlockTree, core: int, markers: list[int]) -> list[list[int]]:
    """The children of a list's block in runs, each to the one with the next marker in it, and the rest;
    none if one child holds several markers or all do not hold all."""
    runs: list[list[int]] = [[]]
    left = set(markers)
    for child in o.children(core):
        runs[-1].append(child)
        inside = left.intersection(o.lines_of(child))
        if len(inside) > 1:
            return []
        if inside:
            left -= inside
            runs.append([])
    return [] if left else runs


def _after_entries(marks: PageAnchors, inside: range, last: int, pager: int | None) -> set[int]:
    """What follows the last entry and the pager, given that all entries are accounted for."""
    o = marks.tree
    end = pager if pager is not None and pager > last else inside.stop
    found = set(range(end + 1, inside.stop))
    place = last + 1
    while place < min(end, inside.stop):
        block = _largest_block(o, place, range(last + 1, min(end, inside.stop)))
        if is_aside(o, marks.site, block):
            found.update(o.lines_of(block))
        place = max(place + 1, o.lines_of(block).stop)
    return found


def _largest_block(o: BlockTree, line: int, within: range) -> int:
    """The largest node that begins with this line and ends in time."""
    best = o.line_nodes[line]
    for node in o.up(best):
        inside = o.lines_of(node)
        if inside.start != line or inside.stop > within.stop:
            break
        best = node
    return best


# --- a detail page -----------------------------------------------------------------------


def article_lines(marks: PageAnchors) -> set[int] | None:
    """The lines of a detail page that are content; None if all must count as such."""
    o = marks.tree
    main = _main_marker(marks)
    core = None if main is None else _article_core(marks, main[1])
    if main is None or core is None:
        return None
    title, marker = main
    posts = {title} if marks.breadcrumb is None else {title, marks.breadcrumb}
    kept = set(o.lines_of(core)) - set(marks.before_crumb())
    kept -= _asides(marks, core, {*posts, marker})
    return kept | posts


def _main_marker(marks: PageAnchors) -> tuple[int, int] | None:
    """Title line and marker line: the first marker close under the title that the breadcrumb
    ends in, or, if it is the only one, under a heading."""
    if not marks.site.breadcrumb.word:
        return _headed_marker(marks)
    if marks.breadcrumb is None or len(marks.trail) < 3:
        return None
    for marker in marks.markers:
        above = range(marker - 1, max(marks.breadcrumb, marker - 1 - _TITLE_REACH), -1)
        title = _title_line(marks, above)
        if title is not None:
            return title, marker
    return None


def _headed_marker(marks: PageAnchors) -> tuple[int, int] | None:
    """The same on a site without breadcrumbs: the first marker close under the page's one heading."""
    o = marks.tree
    headings = [n for n in o.lines if o.tags[o.line_nodes[n]] == "h1"]
    if len(headings) != 1:
        return None
    close = (n for n in marks.markers if headings[0] < n <= headings[0] + _TITLE_REACH)
    marker = next(close, None)
    return None if marker is None else (headings[0], marker)


def _title_line(marks: PageAnchors, above: range) -> int | None:
    """Of the lines above a marker, nearest first, the title."""
    tags = {line: marks.tree.tags[marks.tree.line_nodes[line]] for line in above}
    for line, tag in tags.items():
        if _is_title(marks, line) or (tag == "h1" and line == above[0]):
            return line
    headings = [line for line, tag in tags.items() if tag in ("h1", "h2", "h3")]
    return headings[0] if headings and len(marks.markers) == 1 else None


def _is_title(marks: PageAnchors, line: int) -> bool:
    """Whether the breadcrumb ends in this line; a title may itself hold a ``>``."""
    breadcrumb, title = marks.crumb_text, squeeze(marks.tree.line(line))
    leaf = squeeze(marks.trail[-1])
    cut = _MIDDLE.sub("", leaf)
    if cut != leaf:
        return bool(cut) and title.startswith(cut)
    before = breadcrumb.removesuffix(title)
    return before != breadcrumb and marks.site.breadcrumb.step.fullmatch(before[-1:]) is not None


def _article_core(marks: PageAnchors, marker: int) -> int | None:
    """The smallest node around the marker with prose below it, or at least with any text."""
    o = marks.tree
    seen, second_best = marks.marker_ends[marker] + 1, None
    for node in o.up(o.line_nodes[marker]):
        until = o.lines_of(node).stop
        if any(_is_prose(marks, n) for n in range(seen, until)):
            return node
        if second_best is None and until > seen:
            second_best = node
        seen = max(seen, until)
    return second_best


def _is_prose(marks: PageAnchors, line: int) -> bool:
    """Running text: a sentence, or a long line without links."""
    o = marks.tree
    text, linked = o.line(line), o.link_share(range(line, line + 1))
    if line in marks.markers or linked >= 0.5 or marks.site.words.around_line.match(text):
        return False
    return text[-1:] in chinese.SENTENCE_ENDS + chinese.CLOSERS or (not linked and len(text) >= _A_SENTENCE)


def _asides(marks: PageAnchors, core: int, needed: set[int]) -> set[int]:
    """Lines of blocks inside the core that say what they are: by tag, or by a heading such as
    相关文章. A block that is mostly prose is none, nor one that holds a needed line."""
    o = marks.tree
    found: set[int] = set()
    inside = o.lines_of(core)
    prose = [0, *accumulate(_is_prose(marks, n) for n in inside)]
    for node in _marked_blocks(marks, core, inside):
        lines = o.lines_of(node)
        if not lines or any(n in lines for n in needed) or (lines[0] in found and lines[-1] in found):
            continue
        share = (prose[lines.stop - inside.start] - prose[lines.start - inside.start]) / len(lines)
        if share <= 0.5 or _is_imprint(o, node, core):
            found.update(lines)
    return found


def _marked_blocks(marks: PageAnchors, core: int, inside: range) -> Iterator[int]:
    o = marks.tree
    for node in range(core + 1, len(o.tags)):
        if o.starts[node] >= o.ends[core]:
            break
        if o.tags[node] in ASIDE_TAGS or _is_imprint(o, node, core):
            yield node
    walked: set[int] = set()
    for line in inside:
        if marks.site.words.around_line.match(o.text, o.line_starts[line]):
            yield from _headed_block(o, line, core, walked)


def _headed_block(o: BlockTree, line: int, core: int, walked: set[int]) -> Iterator[int]:
    """The blocks a furniture heading opens: every one that begins with it, and the lists of
    links right after it. What an earlier heading's walk over such lists has reached is left to it."""
    node = o.line_nodes[line]
    if node == core or node in walked:
        return
    walked.add(node)
    while o.parents[node] > core and o.lines_of(o.parents[node]).start == line:
        yield node
        node = o.parents[node]
    yield node
    for sibling in o.siblings_after(node):
        if sibling in walked or o.link_share(o.lines_of(sibling)) < 0.5:
            return
        walked.add(sibling)
        yield sibling


def _is_imprint(o: BlockTree, node: int, core: int) -> bool:
    """A footer on a page that is all one flat body."""
    return (
        o.tags[core] in ("body", "html")
        and o.parents[node] == core
        and o.tags[node] != "p"
        and o.ends[node] == o.ends[core]
        and _COPYRIGHT.search(o.text, o.starts[node], o.ends[node]) is not None
    )
