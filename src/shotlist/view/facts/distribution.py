"""Where a clip's values lie among those of all clips."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shotlist.query import identifier
from shotlist.report.histogram import scale_of
from shotlist.report.totals import thresholds_of
from shotlist.view.index.columns import Column
from shotlist.view.index.database import Index

SAMPLE = 20_000
"""Distributions are those of about so many clips at most."""
_NOT_MEASURES = frozenset(("decisions", "videos"))

_lock = threading.Lock()
_samples: "WeakKeyDictionary[Index, tuple[pa.Table, bool]]" = WeakKeyDictionary()


def measures(index: Index, row: Mapping[str, Any], conditions: Mapping[str, str]) -> dict[str, Any]:
    """``measures`` of a clip with their places in the dataset; ``compared_with`` how many clips, or a sample of them.

    ``conditions`` are the rules by name.

    A number has ``bins`` between ``low`` and ``high`` (outliers count in the outermost ones), the share of clips
    ``below`` and with the ``same`` value, and ``rules`` that compare it with a number. A name has the share of clips
    that have the ``same``.
    """
    # What stands beside captions tells about the asking, not the clip.
    asked = {c.table for c in index.columns.values() if c.name.endswith("_prompt_digest")}
    columns = [c for c in index.columns.values() if c.telling and c.table not in _NOT_MEASURES | asked]
    sample, sampled = _sample(index, columns)
    told = [_told(c, row.get(c.name), sample[c.name], conditions) for c in columns]
    return {"measures": told, "compared_with": {"clips": sample.num_rows, "sampled": sampled}}


def condition_name(column: Column) -> str:
    """How a rule calls a column."""
    return column.label if "." in column.label else f"{column.table}.{column.label}"


def _sample(index: Index, columns: Sequence[Column]) -> tuple[pa.Table, bool]:
    """The columns of so many clips, and whether there are more."""
    with _lock:
        if index not in _samples:
            with index.cursor() as cursor:
                every = max(1, cursor.execute("SELECT count(*) FROM clips").fetchall()[0][0] // SAMPLE)
                cells = ", ".join(identifier(c.name) for c in columns) or "number"
                query = f"SELECT {cells} FROM clips WHERE number % {every} = 0"
                _samples[index] = cursor.sql(query).to_arrow_table(), every > 1
        return _samples[index]


def _told(column: Column, value: Any, sample: pa.ChunkedArray, conditions: Mapping[str, str]) -> dict[str, Any]:
    head = {
        "name": column.name,
        "table": column.table,
        "label": condition_name(column),
        "unit": column.unit,
        "kind": column.kind,
        "value": value,
        "clips": len(sample) - sample.null_count,
        "rules": [],
    }
    if column.kind == "number":
        return head | _number(column, value, sample, thresholds_of(conditions, condition_name(column)))
    values = pc.list_flatten(sample) if pa.types.is_list(sample.type) else sample
    there = value if isinstance(value, list) else [value]
    same = {str(v): pc.sum(pc.equal(values, v)).as_py() or 0 for v in there if v is not None}
    return head | {"same": {v: n / max(1, head["clips"]) for v, n in same.items()}}


def _number(
    column: Column, value: float | None, sample: pa.ChunkedArray, rules: Sequence[tuple[str, float]]
) -> dict[str, Any]:
    values = np.asarray(sample.drop_null().to_numpy(), np.float64)
    if not len(values):
        return {"bins": [], "low": None, "high": None, "below": None, "same": None}
    low, high = float(values.min()), float(values.max())
    edges, bins = np.array([low, high]), np.array([len(values)])
    if low < high:
        edges = scale_of(values, low, high, column.whole, [n for _, n in rules]).edges
        bins = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    return {
        "bins": bins.tolist(),
        "low": float(edges[0]),
        "high": float(edges[-1]),
        "range": [low, high],
        "rules": [{"rule": rule, "at": at} for rule, at in rules],
        "below": None if value is None else float((values < value).mean()),
        "same": None if value is None else float((values == value).mean()),
    }
