"""Charts of the clips that were asked for against all clips, one for every measure and label."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from shotlist.query import identifier
from shotlist.view.columns import Column
from shotlist.view.found import limited
from shotlist.view.index import Index
from shotlist.view.wanted import Wanted, column_of

Facet = dict[str, Any]
BINS, MOST = 40, 100


def facets(index: Index, wanted: Wanted, names: Sequence[str] | None = None) -> list[Facet]:
    """Facets of the named columns, else of every column that tells something."""
    chosen = [c for c in index.columns.values() if c.telling] if names is None else [column_of(index, n) for n in names]
    return [_facet(index, wanted, c) for c in chosen]


def _facet(index: Index, wanted: Wanted, column: Column) -> Facet:
    told = {"name": column.name, "label": column.label, "unit": column.unit}
    source = limited(index, wanted.without(column.name))
    return told | (_number(index, column, source) if column.kind == "number" else _category(index, wanted, column, source))


def _number(index: Index, column: Column, source: str) -> Facet:
    place = identifier(column.name)
    asked = f"SELECT [min({place})::DOUBLE, quantile_cont({place}, 0.02)::DOUBLE, quantile_cont({place}, 0.98)::DOUBLE, max({place})::DOUBLE] AS v FROM clips"
    values = index.rows(asked)[0]["v"]
    if values[0] is None:
        return {"kind": "number", "edges": [], "all": [], "now": [], "low": None, "high": None}
    edges = np.linspace(values[1], values[2] if values[2] > values[1] else values[1] + 1, BINS + 1)
    counted = []
    for place_of in ("clips", source):
        bins = f"least({BINS - 1}, greatest(0, floor(({place}::DOUBLE - {edges[0]!r}::DOUBLE) / {float(edges[1] - edges[0])!r}::DOUBLE)))::INT"
        bins = bins.replace("np.float64(", "(")
        rows = index.rows(f"SELECT {bins} AS b, count(*) AS n FROM {place_of} WHERE {place} IS NOT NULL GROUP BY 1")
        by = {r["b"]: r["n"] for r in rows}
        counted.append([by.get(k, 0) for k in range(BINS)])
    return {"kind": "number", "edges": edges.tolist(), "all": counted[0], "now": counted[1], "low": values[0], "high": values[3]}


def _category(index: Index, wanted: Wanted, column: Column, source: str) -> Facet:
    place = identifier(column.name)
    one = f"unnest({place})" if column.kind == "list" else f"coalesce({place}::VARCHAR, 'none')"
    counted = [
        {r["v"]: r["n"] for r in index.rows(f"SELECT {one} AS v, count(*) AS n FROM {t} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}")}
        for t in ("clips", source)
    ]
    on = wanted.filters.get(column.name, ())
    values = [{"value": v, "all": n, "now": counted[1].get(v, 0), "on": v in on} for v, n in counted[0].items()]
    return {"kind": "category", "values": values}
