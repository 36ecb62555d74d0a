"""Facets in groups, one for each table, the most telling first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from shotlist.reviews.views import REVIEWS
from shotlist.view.finding import reviewed
from shotlist.view.finding.cards import told
from shotlist.view.finding.facets import Facet, facets
from shotlist.view.finding.wanted import Wanted, column_of, field_of
from shotlist.view.index.columns import Column
from shotlist.view.index.database import Index

OUTCOME = "clips"
"""The first group: how long the clips are, and what became of them."""
_FIRST = ("status", "rule", "seconds", "mark")
_UNTOLD = ("kept", "uri")
"""Columns that say nothing that another does not."""
_VALUES = 24
_BOOKS = ("model", "tokens_in", "prompt_digest")
"""Tables that have one of these keep books of the answers of a model: few people filter by those."""


def grouped(index: Index, wanted: Wanted, opened: Sequence[str]) -> list[dict[str, Any]]:
    """Groups ``{name, columns, words, facets}``; ``words`` are the commonest values of labels, to find a group by.

    ``facets`` is None for groups that are not ``opened``: they cost a query.
    """
    known = groups(index)
    names = [name for group in opened for name in known.get(group, ())]
    found = {facet["name"]: facet for facet in facets(index, wanted, names)} if names else {}
    return [
        {
            "name": group,
            "columns": names,
            "words": list(_words(index, names)),
            **_shown(index, wanted, found, group in opened, names),
        }
        for group, names in known.items()
    ]


def _words(index: Index, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from map(str, index.charts.get(name, {}).get("values", ())[:_VALUES])


def _shown(
    index: Index, wanted: Wanted, found: Mapping[str, Facet], is_open: bool, names: Sequence[str]
) -> dict[str, Any]:
    if not is_open:
        return {"facets": None, "same": []}
    told = [_described(column_of(index, name), found[name], wanted) for name in names if name in found]
    same = [f for f in told if "same" in f]
    return {
        "facets": [f for f in told if "same" not in f],
        "same": [{"label": f["label"], "short": f["short"], "value": f["same"]} for f in same],
    }


def opened(index: Index, asked: Sequence[str], fewest: int) -> list[str]:
    """The groups that are ``asked`` for; else the first ones, until there are ``fewest`` columns."""
    known = groups(index)
    if asked:
        return [group for group in known if group in asked]
    found: list[str] = []
    for group in known:
        if sum(len(known[g]) for g in found) >= fewest:
            break
        found.append(group)
    return found


_known: "WeakKeyDictionary[Index, dict[str, list[str]]]" = WeakKeyDictionary()
"""Forgotten with the index, whose memory and files would be held otherwise."""


def groups(index: Index) -> dict[str, list[str]]:
    """Names of columns by group; what people decided comes second, as soon as somebody did."""
    if index not in _known:
        _known[index] = _grouped(index)
    decided = [column.name for column in reviewed.there(index).values() if column.telling]
    if not decided:
        return _known[index]
    outcome, *others = _known[index].items()
    return dict([outcome, (REVIEWS, decided), *others])


def _grouped(index: Index) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {OUTCOME: [name for name in _FIRST if name in index.columns]}
    for column in _telling(index):
        names = found.setdefault(OUTCOME if column.table in ("clips", "decisions") else column.table, [])
        if column.name not in names:
            names.append(column.name)
    order = _order(index, found)
    return {group: found[group] for group in sorted(found, key=lambda g: (*order[g], g)) if found[group]}


def _telling(index: Index) -> Iterator[Column]:
    yield from (c for c in index.columns.values() if c.telling and c.name not in _UNTOLD and c.kind != "text")


def _order(index: Index, found: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, ...]]:
    """What rules ask for comes before what they don't, then steps in their order, books of models last."""
    recipe = index.dataset.read_json("recipe.json")
    steps = (
        [str(s.get("name")) for s in (recipe.get("steps") or ()) if isinstance(s, dict)]
        if isinstance(recipe, dict)
        else []
    )
    conditions = " ".join(rule.condition for rule in index.totals.rules)
    place = {name: k for k, name in enumerate(steps)}
    return {
        group: (
            group != OUTCOME,
            any(f"{group}_{mark}" in index.columns for mark in _BOOKS),
            group == "videos",
            f"{group}." not in conditions,
            place.get(group, len(steps)),
        )
        for group in found
    }


def _described(column: Column, facet: Facet, wanted: Wanted) -> Facet:
    """A facet with what its form needs: ``short`` is its name in its group, ``asked`` what an address says of it.

    A column that says the ``same`` of every clip is no chart, unless something is asked of it.
    """
    asked = wanted.filters.get(column.name, ())
    short = column.label.rpartition(".")[2]
    found = {**facet, "field": field_of(column.name), "short": short, "whole": column.whole}
    if facet["kind"] == "number":
        if facet["low"] == facet["high"] and not asked:
            return found | {"same": told(facet["low"]) if facet["low"] is not None else "not measured"}
        return found | {"asked": asked[0] if asked else ""}
    values = [_value(value, asked) for value in facet["values"]]
    if len(values) < 2 and not asked and not (values and column.kind == "list"):
        return found | {"same": values[0]["text"] if values else "not measured"}
    return found | {"values": values}


def _value(value: Facet, asked: Sequence[str]) -> Facet:
    """A value as people read it, and as an address says it."""
    text = str(value["value"])
    written = f"={text}" if text.startswith(("!", "=")) else text
    return {**value, "text": text, "asked": written, "on": written in asked or bool(value["on"])}
