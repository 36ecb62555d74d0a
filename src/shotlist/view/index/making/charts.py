"""What facets are counted from: each telling column as a small code per clip, and the counts over all clips."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np

from shotlist.query import identifier, quote
from shotlist.report.histogram import scale_of
from shotlist.view.index.columns import Column

NOTHING = 255
"""The code of a clip that was not measured, or whose value is none of those listed."""
_NAMES, _LISTED = 200, 64
_SAMPLE = 50_000
_WIDEST, _NARROWEST = 1e300, 1e-300

Chart = dict[str, Any]


def make_charts(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> None:
    """Make ``codes``, a row per clip, and ``charts``, a row per telling column with its JSON."""
    made = [(c, chart) for c in columns if c.telling and (chart := _chart(connection, c)) is not None]
    cells = ", ".join(["number", *(f"{_code(c, chart)} AS {identifier(c.name)}" for c, chart in made)])
    connection.execute(f"CREATE TABLE codes AS SELECT {cells} FROM clips")
    connection.execute("CREATE TABLE charts (name VARCHAR, chart VARCHAR)")
    for column, chart in made:
        chart["all"] = _all(connection, column, chart)
        connection.execute("INSERT INTO charts VALUES (?, ?)", [column.name, json.dumps(chart)])


def _all(connection: duckdb.DuckDBPyConnection, column: Column, chart: Chart) -> list[int]:
    place = identifier(column.name)
    if column.kind == "list":
        bits = ", ".join(f"count(*) FILTER ({place} & {1 << k}::UBIGINT <> 0)" for k in range(len(chart["values"])))
        return list(connection.execute(f"SELECT {bits} FROM codes").fetchall()[0])
    counted = dict(connection.execute(f"SELECT {place}, count(*) FROM codes GROUP BY 1").fetchall())
    size = len(chart["edges"]) - 1 if column.kind == "number" else len(chart["values"])
    return [counted.get(k, 0) for k in range(size)]


def _chart(connection: duckdb.DuckDBPyConnection, column: Column) -> Chart | None:
    place = identifier(column.name)
    if column.kind == "number":
        return _scale(connection, column)
    one = {"list": f"unnest({place})", "flag": f"{place}::VARCHAR"}.get(column.kind, place)
    most = _LISTED if column.kind == "list" else _NAMES
    nothing = "" if column.kind == "list" else "coalesce(v, 'none')"
    rows = connection.execute(
        f"""SELECT {nothing or "v"} AS v, count(*) FROM (SELECT {one} AS v FROM clips)
            WHERE {nothing or "v"} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"""
    ).fetchall()
    return {"kind": column.kind, "values": [row[0] for row in rows]} if rows else None


def _scale(connection: duckdb.DuckDBPyConnection, column: Column) -> Chart | None:
    """Bins over the robust range, found from a sample; outliers count in the outermost ones."""
    place = identifier(column.name)
    low, high, number = connection.execute(
        f"SELECT min({place})::DOUBLE, max({place})::DOUBLE, count({place}) FROM clips"
    ).fetchall()[0]
    if not number:
        return None
    step = max(1, number // _SAMPLE)
    query = f"SELECT {place}::DOUBLE AS v FROM clips WHERE {place} IS NOT NULL AND number % {step} = 0"
    rows = connection.execute(query).fetchall()
    # Beyond this range a width would be no number any more.
    sample = np.clip(np.array([row[0] for row in rows] or [low, high]), -_WIDEST, _WIDEST)
    edges = scale_of(sample, max(low, -_WIDEST), min(high, _WIDEST), column.whole).edges
    if not (edges[-1] - edges[0]) / (len(edges) - 1) > _NARROWEST:
        edges = np.array([edges[0], edges[0] + max(1.0, abs(edges[0]))])
    return {"kind": "number", "edges": edges.tolist(), "low": low, "high": high}


def _code(column: Column, chart: Chart) -> str:
    place = identifier(column.name)
    if column.kind == "number":
        edges = chart["edges"]
        bins = len(edges) - 1
        first, width = float(edges[0]), (float(edges[-1]) - float(edges[0])) / bins
        bin_of = f"floor(({place}::DOUBLE - {first!r}::DOUBLE) / {width!r}::DOUBLE)"
        return f"CASE WHEN {place} IS NULL THEN {NOTHING} ELSE least({bins - 1}, greatest(0, {bin_of})) END::UTINYINT"
    if column.kind == "list":
        return " | ".join(_bits(place, chart["values"]))
    one = f"coalesce({place}::VARCHAR, 'none')"
    listed = ", ".join(quote(v) for v in chart["values"])
    return f"coalesce(list_position([{listed}], {one}) - 1, {NOTHING})::UTINYINT"


def _bits(place: str, values: Sequence[str]) -> Iterator[str]:
    for k, value in enumerate(values):
        yield f"(coalesce(list_contains({place}, {quote(value)}), false)::UBIGINT * {1 << k}::UBIGINT)"
