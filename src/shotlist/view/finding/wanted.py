"""What a page was asked for: the text, filters, order and page that stand in its address."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from starlette.datastructures import QueryParams

from shotlist.view.answer import NotAsked
from shotlist.view.finding import reviewed
from shotlist.view.finding.allowed import check
from shotlist.view.finding.conditions import condition
from shotlist.view.index.columns import Column
from shotlist.view.index.database import Index

SIZE, MOST = 48, 200
_OURS = ("q", "where", "sort", "page", "size", "format", "token", "facets", "part", "view")
"""What the viewer's own parameters are called; the last three say what of a page is wanted and how it looks."""


@dataclass(frozen=True)
class Wanted:
    """``filters`` are values by column as the address has them; ``sort`` is empty for the default order."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: str = ""
    sort: str = ""
    page: int = 1
    size: int = SIZE
    conditions: Mapping[str, str] = field(default_factory=dict)
    """The same filters as SQL, by column."""

    @staticmethod
    def read(params: QueryParams, index: Index) -> "Wanted":
        """Read an address; raises NotAsked.

        A column that is called like one of the viewer's own words is asked as ``c.NAME``.
        """
        filters: dict[str, tuple[str, ...]] = {}
        for name in dict.fromkeys(params.keys()):
            if name in _OURS:
                continue
            column = column_of(index, name.removeprefix("c.") if name not in index.columns else name)
            values = tuple(dict.fromkeys(v for v in params.getlist(name) if v.strip("! ")))
            if values:
                filters[column.name] = values
        found = Wanted(
            q=params.get("q", "").strip("\0\r\n"),
            filters=filters,
            where=params.get("where", "").strip(),
            sort=_checked_sort(params.get("sort", ""), index),
            page=_whole(params, "page", 1, 10**9),
            size=_whole(params, "size", SIZE, MOST),
            conditions={name: condition(column_of(index, name), v) for name, v in filters.items()},
        )
        if found.where:
            check(index, found.where)
        return found

    def query(self, **changes: Any) -> dict[str, Any]:
        """The whole question as parameters of a link; ``changes`` replace some, None takes one away.

        What is changed leads to the first page, unless it is the page.
        """
        told: dict[str, Any] = {"q": self.q or None, "where": self.where or None, "sort": self.sort or None}
        told |= {field_of(name): list(v) if len(v) > 1 else v[0] for name, v in self.filters.items()}
        told["size"] = self.size if self.size != SIZE else None
        told["page"] = self.page if self.page > 1 and not changes else None
        told |= changes
        return {k: v for k, v in told.items() if v is not None and v != "" and v != [] and v != ()}

    @cached_property
    def chips(self) -> list[dict[str, Any]]:
        """What limits the answer, each as ``text`` and the ``query`` without it."""
        found = [{"text": f"“{self.q.strip()}”", "query": self.query(q=None)}] if self.is_search else []
        for name, values in self.filters.items():
            for value in values:
                rest = [v for v in values if v != value]
                found.append({"text": _told(name, value), "query": self.query(**{field_of(name): rest or None})})
        if self.where:
            found.append({"text": self.where, "query": self.query(where=None)})
        return found

    def without(self, name: str) -> "Wanted":
        """The same without the filter on one column."""
        filters = {k: v for k, v in self.filters.items() if k != name}
        return replace(self, filters=filters, conditions={k: v for k, v in self.conditions.items() if k != name})

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that are asked for, and the condition that may name more."""
        return (*self.filters, self.sort, self.where)

    @property
    def is_search(self) -> bool:
        """Whether words are looked for."""
        return bool(self.q.strip())

    @property
    def is_everything(self) -> bool:
        """Whether nothing limits the answer."""
        return not (self.is_search or self.filters or self.where)


def column_of(index: Index, name: str) -> Column:
    """A column by its name; raises NotAsked that names the nearest."""
    known = {**reviewed.COLUMNS, **index.columns}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.replace(".", "_"), known, 1, 0.5)
    advice = f"; did you mean {near[0]}?" if near else ""
    raise NotAsked(f"clips have no column {name!r}{advice}")


def field_of(column: str) -> str:
    """What a filter on a column is called in an address: some names have a meaning of their own there."""
    return f"c.{column}" if column in _OURS else column


def _told(name: str, value: str) -> str:
    no = "not " if value.startswith("!") else ""
    bare = value.removeprefix("!")
    low, dots, high = bare.partition("..")
    if dots and not low:
        bare = f"≤ {high}"
    elif dots:
        bare = f"{low} to {high}" if high else f"≥ {low}"
    return f"{name}: {no}{bare}"


def _checked_sort(sort: str, index: Index) -> str:
    if not sort or sort == "number":
        return ""
    if sort.startswith("random."):
        return sort
    column_of(index, sort.removeprefix("-"))
    return sort


def _whole(params: QueryParams, name: str, default: int, most: int) -> int:
    text = params.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text[:12]) <= most:
        raise NotAsked(f"{name}: {text[:40]!r} is no number from 1 to {most}")
    return int(text[:12])
