"""What Datasette counts the articles by, besides their own columns: category, and month of publication."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from datasette.database import QueryInterrupted  # type: ignore[import-untyped]
from datasette.facets import Facet  # type: ignore[import-untyped]
from datasette.utils import path_with_added_args, path_with_removed_args  # type: ignore[import-untyped]


class _Counted(Facet):  # type: ignore[misc]
    """A facet by a query of ours; ``argument`` tells what choosing a value adds to the address."""

    @abstractmethod
    def statement(self, limit: int) -> str:
        """The query for values and their counts, so many at most."""

    @abstractmethod
    def argument(self, value: str) -> tuple[str, str]:
        """The name and value that an address gets when a value is chosen."""

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        found, late = [], []
        size = self.get_facet_size()
        for one in self.get_configs():
            try:
                rows = await self.ds.execute(
                    self.database,
                    self.statement(size + 1),
                    self.params,
                    custom_time_limit=self.ds.setting("facet_time_limit_ms"),
                )
            except QueryInterrupted:
                late.append(self.type)
                continue
            found.append(
                {
                    "name": self.type,
                    "type": self.type,
                    "hideable": one["source"] != "metadata",
                    "toggle_url": self.request.path,
                    "results": [self._value(row["value"], row["count"]) for row in rows.rows[:size]],
                    "truncated": len(rows.rows) > size,
                }
            )
        return found, late

    def _value(self, value: str, count: int) -> dict[str, Any]:
        name, told = self.argument(value)
        selected = (name, told) in self.get_querystring_pairs()
        changed = path_with_removed_args if selected else path_with_added_args
        return {
            "value": value,
            "label": value,
            "count": count,
            "toggle_url": self.ds.absolute_url(self.request, changed(self.request, {name: told})),
            "selected": selected,
        }


class MonthFacet(_Counted):
    type = "month"

    def statement(self, limit: int) -> str:
        return f"""
            SELECT substr(published_at, 1, 7) AS value, count(*) AS count FROM ({self.sql})
            GROUP BY value ORDER BY value DESC LIMIT {limit}
        """

    def argument(self, value: str) -> tuple[str, str]:
        return "published_at__startswith", value


class CategoryFacet(_Counted):
    type = "category"

    def statement(self, limit: int) -> str:
        among = f"WHERE article_id IN (SELECT id FROM ({self.sql}))" if " where " in self.sql else ""
        return f"""
            SELECT category AS value, count(*) AS count FROM article_categories {among}
            GROUP BY category ORDER BY count DESC, value LIMIT {limit}
        """

    def argument(self, value: str) -> tuple[str, str]:
        through = {"table": "article_categories", "column": "category", "value": value}
        return "_through", json.dumps(through, ensure_ascii=False)
