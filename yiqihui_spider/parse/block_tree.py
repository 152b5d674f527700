"""A document's elements as stretches of its page text, and its lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from yiqihui_spider.items import Link


@dataclass
class BlockTree:
    """Nodes are numbered in document order: a parent's number is smaller than its children's.
    Lines are numbered from 0."""

    text: str = ""
    links: tuple[Link, ...] = ()
    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """-1 for the root."""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    line_starts: list[int] = field(default_factory=list)
    line_nodes: list[int] = field(default_factory=list)
    """The block that a line stands in."""

    # --- lines ---------------------------------------------------------------------------

    @property
    def lines(self) -> range:
        return range(len(self.line_starts))

    def line_end(self, line: int) -> int:
        return self.line_starts[line + 1] - 1 if line + 1 < len(self.line_starts) else len(self.text)

    def line(self, line: int) -> str:
        return self.text[self.line_starts[line] : self.line_end(line)]

    def line_at(self, place: int) -> int:
        return bisect_right(self.line_starts, place) - 1

    @cached_property
    def _linked(self) -> list[int]:
        """Characters in links, in all lines before each."""
        linked = [0] * (len(self.line_starts) + 1)
        for link in self.links:
            linked[self.line_at(link.start) + 1] += link.end - link.start
        return list(accumulate(linked))

    def link_share(self, lines: range) -> float:
        """How much of the lines' text is links, 0 to 1."""
        if not lines:
            return 0.0
        linked = self._linked[lines.stop] - self._linked[lines.start]
        total = self.line_end(lines[-1]) - self.line_starts[lines.start] - (len(lines) - 1)
        return linked / total if total else 0.0

    # --- nodes ---------------------------------------------------------------------------

    @cached_property
    def _lasts(self) -> list[int]:
        """The last node inside each node; itself where there is none."""
        lasts = list(range(len(self.parents)))
        for node in range(len(lasts) - 1, 0, -1):
            parent = self.parents[node]
            if parent >= 0 and lasts[parent] < lasts[node]:
                lasts[parent] = lasts[node]
        return lasts

    def lines_of(self, node: int) -> range:
        """The lines a node holds, also one that it holds only a part of."""
        start, end = self.starts[node], self.ends[node]
        if start >= end:
            return range(0)
        return range(self.line_at(start + (self.text[start] == "\n")), bisect_left(self.line_starts, end))

    def up(self, node: int) -> Iterator[int]:
        """The node and its ancestors, innermost first."""
        while node >= 0:
            yield node
            node = self.parents[node]

    def nearest(self, way: Collection[int]) -> dict[int, int]:
        """For every node the innermost of these, the root among them, that holds it."""
        found: dict[int, int] = {}
        for node, parent in enumerate(self.parents):
            found[node] = node if node in way else found[parent]
        return found

    def children(self, node: int) -> Iterator[int]:
        """Children that hold text."""
        return self._children(node, node + 1, self.starts[node])

    def siblings_after(self, node: int) -> Iterator[int]:
        """Later children of the same parent that hold text."""
        return self._children(self.parents[node], self._lasts[node] + 1, self.ends[node])

    def _children(self, parent: int, first: int, place: int) -> Iterator[int]:
        child = first
        while child < len(self.parents) and self.starts[child] < self.ends[parent]:
            if self.ends[child] > self.starts[child] >= place:
                yield child
            child = self._lasts[child] + 1

    def tally(self, lines: Collection[int]) -> dict[int, int]:
        """How many of these lines stand in each node, for the nodes that hold any."""
        counts: dict[int, int] = {}
        for n in lines:
            node = self.line_nodes[n]
            counts[node] = counts.get(node, 0) + 1
        holding: set[int] = set()
        for node in counts:
            for outer in self.up(node):
                if outer in holding:
                    break
                holding.add(outer)
        for node in sorted(holding, reverse=True):
            parent = self.parents[node]
            if parent >= 0:
                counts[parent] = counts.get(parent, 0) + counts[node]
        return counts
