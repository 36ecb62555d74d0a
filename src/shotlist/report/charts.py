"""Every measure as data for its chart: a histogram with its yield, or bars, and a contact sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.query import identifier
from shotlist.report.histogram import Scale, Tally, scale_of
from shotlist.report.measures import Column, clip_tables, columns_of
from shotlist.report.shown import SAMPLE, Shown
from shotlist.report.tables import Tables
from shotlist.report.totals import thresholds_of

MAX_CHARTS = 120
_PICKS = 3
_BARS = 14

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Charts:
    """Charts in the order of their tables; ``constant`` are measures that say the same of every clip."""

    drawn: list[dict[str, Any]]
    constant: list[tuple[str, str]]
    left_out: list[str]


def charts(tables: Tables, shown: Shown, conditions: dict[str, str]) -> Charts:
    """Describe every measure for the page's script."""
    found = Charts([], [], [])
    for table in clip_tables(tables):
        columns = columns_of(tables, table)
        room = MAX_CHARTS - len(found.drawn)
        found.left_out.extend(c.label for c in columns[room:])
        if columns[:room]:
            _Table(tables, shown, conditions, columns[:room], found).run()
    return found


class _Table:
    """The charts of one table: it is joined with the clips once and read twice."""

    def __init__(
        self, tables: Tables, shown: Shown, conditions: dict[str, str], columns: list[Column], found: Charts
    ) -> None:
        self.tables = tables
        self.shown = shown
        self.conditions = conditions
        self.columns = columns
        self.found = found
        self.total = tables.one("SELECT count(*) FROM basis")[0]

    def run(self) -> None:
        """Add each column to what was found."""
        cells = ", ".join(f"{c.value} AS c{k}" for k, c in enumerate(self.columns))
        self.tables.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE joined AS
                SELECT b.clip_id, b.video_id, b.seconds, b.status = 'kept' AS kept, {cells}
                FROM basis AS b JOIN {identifier(self.columns[0].table)} AS t ON t.clip_id = b.clip_id"""
        )
        if self.tables.one("SELECT count(*) FROM joined")[0] > self.total:
            self.found.left_out.extend(c.label for c in self.columns)  # several rows per clip: no value of a clip
            return
        numbers = {k: c for k, c in enumerate(self.columns) if c.kind in ("number", "words")}
        drawn = self._numbers(numbers) if numbers else {}
        for k, column in enumerate(self.columns):
            chart = drawn.get(k) if k in numbers else self._bars(k, column)
            if chart is not None:
                self.found.drawn.append(chart)

    # Numbers

    def _numbers(self, columns: dict[int, Column]) -> dict[int, dict[str, Any]]:
        facts = self._facts(columns)
        sample = self._sample(columns)
        scales: dict[int, Scale] = {}
        for k, column in columns.items():
            measured, low, high = facts[k][:3]
            if not measured:
                self.found.constant.append((column.label, "not measured"))
            elif low == high:
                self.found.constant.append((column.label, f"{low:.4g}"))
            else:
                used = [value for _, value in thresholds_of(self.conditions, column.condition)]
                scales[k] = scale_of(np.append(sample[k], [low, high]), low, high, column.whole, used)
        tallies = self._count({k: Tally(scale) for k, scale in scales.items()})
        pool = self._pool_values(list(scales))
        return {
            k: self._number(columns[k], tallies[k], facts[k], [(c, v[n]) for c, *v in pool if v[n] is not None])
            for n, k in enumerate(scales)
        }

    def _facts(self, columns: dict[int, Column]) -> dict[int, tuple[Any, ...]]:
        """Per column: how many clips have it, the least and greatest value, and a clip with each."""
        cells = []
        for k in columns:
            asked = (
                f"count(c{k})",
                f"min(c{k})",
                f"max(c{k})",
                f"arg_min(clip_id, c{k})",
                f"arg_max(clip_id, c{k})",
            )
            cells += [f"{a} FILTER (isfinite(c{k}))" for a in asked]
        row = self.tables.one(f"SELECT {', '.join(cells)} FROM joined")
        return {k: row[5 * n : 5 * n + 5] for n, k in enumerate(columns)}

    def _sample(self, columns: dict[int, Column]) -> dict[int, Floats]:
        every = max(1, self.total // SAMPLE)
        cells = ", ".join(f"c{k}" for k in columns)
        table = self.tables.arrow(f"SELECT {cells} FROM joined WHERE hash(clip_id) % {every} = 0").read_all()
        found = {k: np.asarray(table.column(f"c{k}").to_numpy(), np.float64) for k in columns}
        return {k: values[np.isfinite(values)] for k, values in found.items()}

    def _count(self, tallies: dict[int, Tally]) -> dict[int, Tally]:
        if tallies:
            cells = ", ".join(f"c{k}" for k in tallies)
            for batch in self.tables.arrow(f"SELECT kept, seconds, {cells} FROM joined"):
                kept = batch.column("kept").to_numpy(zero_copy_only=False)
                seconds = batch.column("seconds").to_numpy(zero_copy_only=False)
                for k, tally in tallies.items():
                    values = batch.column(f"c{k}").to_numpy(zero_copy_only=False)
                    tally.add(np.asarray(values, np.float64), kept, seconds)
        return tallies

    def _pool_values(self, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        cells = "".join(f", c{k}" for k in numbers)
        return self.tables.rows(f"SELECT clip_id{cells} FROM joined JOIN pool USING (clip_id) ORDER BY place")

    def _number(
        self, column: Column, tally: Tally, facts: tuple[Any, ...], pool: list[tuple[str, float]]
    ) -> dict[str, Any]:
        measured, low, high, lowest, highest = facts
        return (
            _head(column)
            | tally.describe()
            | {
                "range": [low, high],
                "measured": measured,
                "rules": thresholds_of(self.conditions, column.condition),
                "sheet": self._sheet(tally.scale, (lowest, low), (highest, high), pool),
            }
        )

    def _sheet(
        self, scale: Scale, least: tuple[str, float], most: tuple[str, float], pool: list[tuple[str, float]]
    ) -> list[list[Any]]:
        """Columns ``[from, to, [[clip, value], …]]``: a tenth of the clips each, if few share a value."""
        spans = list(pairwise([least[1], *(float(c) for c in scale.cuts), most[1]]))
        columns = []
        for n, (start, end) in enumerate(spans):
            ends = [least] * (n == 0) + [most] * (n == len(spans) - 1)
            inside = [(c, v) for c, v in pool if start <= v < end or v == end == most[1]]
            picked = sorted(dict([*ends, *inside][:_PICKS]).items(), key=lambda pick: pick[1])
            numbers = self.shown.add([c for c, _ in picked])
            columns.append([start, end, [[k, v] for k, (_, v) in zip(numbers, picked, strict=True)]])
        return columns

    # Names

    def _bars(self, k: int, column: Column) -> dict[str, Any] | None:
        source = (
            f"(SELECT clip_id, seconds, kept, unnest(list_distinct(c{k})) AS v FROM joined)"
            if column.kind == "lists"
            else f"(SELECT clip_id, seconds, kept, c{k} AS v FROM joined)"
        )
        rows = self.tables.rows(
            f"""SELECT v, count(*), count(*) FILTER (kept), sum(seconds),
                       arg_min(clip_id, hash(clip_id), {_PICKS})
                FROM {source} GROUP BY v ORDER BY 2 DESC, 1"""
        )
        if len(rows) < 2:
            self.found.constant.append((column.label, rows[0][0] if rows and rows[0][0] is not None else "no value"))
            return None
        pool = self._pool_names(source)
        bars = [
            [v, clips, kept, round(seconds, 1), self.shown.add(pool.get(v, some)[:_PICKS])]
            for v, clips, kept, seconds, some in rows[:_BARS]
        ]
        return _head(column) | {
            "bars": bars,
            "others": [len(rows) - len(bars), sum(r[1] for r in rows[_BARS:])],
        }

    def _pool_names(self, source: str) -> dict[str | None, list[str]]:
        found: dict[str | None, list[str]] = {}
        for name, clip_id in self.tables.rows(
            f"SELECT v, clip_id FROM {source} JOIN pool USING (clip_id) ORDER BY place"
        ):
            found.setdefault(name, []).append(clip_id)
        return found


def _head(column: Column) -> dict[str, Any]:
    return {
        "table": column.table,
        "name": column.name,
        "label": column.label,
        "kind": column.kind,
        "unit": column.unit,
        "condition": column.condition,
    }
