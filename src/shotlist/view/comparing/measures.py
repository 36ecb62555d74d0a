"""Distributions of the measures that two datasets both have, the most different first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shotlist.query import identifier
from shotlist.report.histogram import scale_of
from shotlist.view.index.columns import Column
from shotlist.view.index.database import Index

SAMPLE = 20_000
"""Distributions are those of about so many clips of each dataset at most."""
_VALUES = 8
_CHANCE = 1.36
"""Kolmogorov-Smirnov: times sqrt(1/n + 1/m), a gap that two samples of the same show once in twenty times."""
_OUTCOMES = ("status", "rule", "value", "failed_rules", "kept")

Floats = npt.NDArray[np.float64]


def differences(a: Index, b: Index, only_kept: bool) -> list[dict[str, Any]]:
    """Charts of the columns that both have: ``difference`` is 0..1, and ``chance`` whether it may be none.

    Of numbers it is the largest gap between the shares of clips below any value (Kolmogorov-Smirnov), of names half
    the sum of the gaps between their shares.
    """
    columns = [c for c in _both(a, b) if c.name not in _OUTCOMES or not only_kept]
    first, second = _sample(a, columns, only_kept), _sample(b, columns, only_kept)
    told = [_chart(c, first[c.name], second[c.name]) for c in columns]
    return sorted((t for t in told if t is not None), key=lambda t: (t["chance"], -t["difference"], t["name"]))


def _both(a: Index, b: Index) -> list[Column]:
    """Measures that mean the same in both; what stands beside captions tells about the asking, not the clip."""
    asked = {c.table for i in (a, b) for c in i.columns.values() if c.name.endswith("_prompt_digest")} | {"videos"}
    pairs = [(c, b.columns[c.name]) for c in a.columns.values() if c.name in b.columns and c.table not in asked]
    names = ("category", "flag")
    return [c for c, d in pairs if c.telling and d.telling and (c.kind == d.kind or {c.kind, d.kind} <= {*names})]


def _sample(index: Index, columns: Sequence[Column], only_kept: bool) -> pa.Table:
    where = "kept" if only_kept else "true"
    with index.cursor() as cursor:
        total = cursor.execute(f"SELECT count(*) FROM clips WHERE {where}").fetchall()[0][0]
        cells = ", ".join(["number", *(identifier(c.name) for c in columns)])
        every = max(1, total // SAMPLE)
        return cursor.sql(f"SELECT {cells} FROM clips WHERE {where} AND hash(number) % {every} = 0").to_arrow_table()


def _chart(column: Column, a: pa.ChunkedArray, b: pa.ChunkedArray) -> dict[str, Any] | None:
    """None where one of them has no values."""
    a, b = a.drop_null(), b.drop_null()
    if not len(a) or not len(b):
        return None
    head = {"name": column.name, "label": column.label, "unit": column.unit, "table": column.table}
    made = _numbers(column, a, b) if column.kind == "number" else _names(a, b)
    chance = _CHANCE * float(np.sqrt(1 / len(a) + 1 / len(b)))
    return head | {"kind": column.kind, "chance": made["difference"] <= chance, **made}


def _numbers(column: Column, a: pa.ChunkedArray, b: pa.ChunkedArray) -> dict[str, Any]:
    both = [np.asarray(x.to_numpy(), np.float64) for x in (a, b)]
    values = np.concatenate(both)
    low, high = float(values.min()), float(values.max())
    edges = scale_of(values, low, high, column.whole).edges if low < high else np.array([low, high])
    return {
        "difference": _gap(*both),
        "edges": edges.tolist(),
        "low": low,
        "high": high,
        "a": _counted(both[0], edges),
        "b": _counted(both[1], edges),
    }


def _gap(a: Floats, b: Floats) -> float:
    places = np.unique(np.concatenate([a, b]))
    below = [np.searchsorted(np.sort(x), places, "right") / len(x) for x in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _counted(values: Floats, edges: Floats) -> dict[str, Any]:
    """``shares`` of the clips in each bin; outliers count in the outermost ones."""
    bins = np.histogram(values.clip(edges[0], edges[-1]), edges)[0] if edges[0] < edges[-1] else np.array([len(values)])
    told = {"clips": len(values), "mean": float(values.mean()), "median": float(np.median(values))}
    return told | {"shares": (bins / len(values)).round(5).tolist()}


def _names(a: pa.ChunkedArray, b: pa.ChunkedArray) -> dict[str, Any]:
    shares = [_shares(x.to_pylist()) for x in (a, b)]
    values = sorted(set(shares[0]) | set(shares[1]), key=lambda v: (-max(s.get(v, 0) for s in shares), v))
    gaps = [abs(shares[0].get(v, 0) - shares[1].get(v, 0)) for v in values]
    total = max(1.0, *(sum(s.values()) for s in shares))  # of lists, which name several values of one clip
    shown = [{"value": v, "a": shares[0].get(v, 0.0), "b": shares[1].get(v, 0.0)} for v in values[:_VALUES]]
    told = {"values": shown, "others": max(0, len(values) - _VALUES)}
    return told | {"difference": sum(gaps) / 2 / total, "a": {"clips": len(a)}, "b": {"clips": len(b)}}


def _shares(values: Sequence[Any]) -> Mapping[str, float]:
    """The share of clips that have each value."""
    flat = (one for v in values for one in (v if isinstance(v, list) else [v]))
    counted = Counter(str(one).lower() if isinstance(one, bool) else str(one) for one in flat)
    return {value: n / len(values) for value, n in counted.items()}
