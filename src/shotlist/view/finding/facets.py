"""Charts of the clips that were asked for against all clips, one for every measure and label."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.query import identifier
from shotlist.view.finding import reviewed
from shotlist.view.finding.found import limited
from shotlist.view.finding.wanted import Wanted, column_of
from shotlist.view.index.columns import Column
from shotlist.view.index.database import Index
from shotlist.view.index.making.charts import NOTHING, Chart

Facet = dict[str, Any]
_BATCH = 122_880


def facets(index: Index, wanted: Wanted, names: Sequence[str] | None = None) -> list[Facet]:
    """Facets of the named columns, else of every column that tells something.

    A number's has ``edges`` of its bins and the clips in them, ``all`` and ``now``; outliers are in the outermost bins,
    ``low`` and ``high`` the true extremes. Others have ``values`` with both counts, the most frequent first. What a
    column is filtered by itself does not count in its own ``now``.
    """
    chosen = [c for c in index.columns.values() if c.telling] if names is None else [column_of(index, n) for n in names]
    charts = [(c, index.charts[c.name]) for c in chosen if c.name in index.charts]
    now = _now(index, wanted, [c.name for c, _ in charts])
    found = [_facet(column, chart, now[column.name], wanted) for column, chart in charts]
    return found + [_of_reviews(index, wanted, c) for c in chosen if c.name in reviewed.COLUMNS]


def _of_reviews(index: Index, wanted: Wanted, column: Column) -> Facet:
    """What people decided changes with every decision: it is counted on the spot."""
    less = wanted.without(column.name)
    everything = _values(index, reviewed.said(index), column)
    if silent := index.clips - sum(everything.values()):
        everything["none"] = everything.get("none", 0) + silent
    now = everything if less.is_everything else _values(index, limited(index, less, [column.name]), column)
    values = sorted(everything, key=lambda value: (-everything[value], value))
    chart = {"kind": "category", "values": values, "all": [everything[v] for v in values]}
    return _facet(column, chart, [now.get(v, 0) for v in values], wanted)


def _values(index: Index, source: str, column: Column) -> dict[str, int]:
    value = f"coalesce({identifier(column.name)}::VARCHAR, 'none') AS value, count(*) AS n"
    rows = index.rows(f"SELECT {value} FROM {source} GROUP BY 1")
    return {row["value"]: row["n"] for row in rows}


def _facet(column: Column, chart: Chart, now: list[int], wanted: Wanted) -> Facet:
    told = {"name": column.name, "label": column.label, "unit": column.unit}
    if chart["kind"] == "number":
        return told | {**chart, "now": now}
    on = wanted.filters.get(column.name, ())
    counted = zip(chart["values"], chart["all"], now, strict=True)
    return told | {
        "kind": "category",
        "values": [
            {"value": value, "all": n, "now": k, "on": value in on or f"={value}" in on} for value, n, k in counted
        ],
    }


def _now(index: Index, wanted: Wanted, names: Sequence[str]) -> dict[str, list[int]]:
    """What fits everything but a column's own filter, counted for each column."""
    if wanted.is_everything:
        return {name: index.charts[name]["all"] for name in names}
    found = _counted(index, wanted, [name for name in names if name not in wanted.filters])
    for name in names:
        if name in wanted.filters:
            less = wanted.without(name)
            found |= {name: index.charts[name]["all"]} if less.is_everything else _counted(index, less, [name])
    return found


def _counted(index: Index, wanted: Wanted, names: Sequence[str]) -> dict[str, list[int]]:
    if not names:
        return {}
    cells = ", ".join(f"codes.{identifier(name)}" for name in names)
    counts = [np.zeros(_size(index.charts[name]), np.int64) for name in names]
    source = f"codes SEMI JOIN (SELECT number FROM {limited(index, wanted)}) AS now USING (number)"
    with index.cursor() as cursor:
        for batch in cursor.sql(f"SELECT {cells} FROM {source}").to_arrow_reader(_BATCH):
            for k, name in enumerate(names):
                counts[k] += _tally(index.charts[name], batch.column(k).to_numpy(zero_copy_only=False))
    return {name: counts[k].tolist() for k, name in enumerate(names)}


def _size(chart: Chart) -> int:
    return len(chart["edges"]) - 1 if chart["kind"] == "number" else len(chart["values"])


def _tally(chart: Chart, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How many codes there are of each bin or value."""
    if chart["kind"] == "list":
        return np.array([np.count_nonzero(codes & np.uint64(1 << k)) for k in range(_size(chart))], np.int64)
    return np.bincount(codes, minlength=NOTHING + 1)[: _size(chart)]
