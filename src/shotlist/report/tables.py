"""The dataset's tables as the report reads them: whatever is missing is there, but empty."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.query import identifier, quote

EXPECTED: dict[str, dict[str, str]] = {
    "videos": {
        "video_id": "VARCHAR",
        "uri": "VARCHAR",
        "title": "VARCHAR",
        "status": "VARCHAR",
        "reason": "VARCHAR",
        "codec": "VARCHAR",
        "width": "INTEGER",
        "height": "INTEGER",
        "fps": "DOUBLE",
        "frames": "BIGINT",
        "start_us": "BIGINT",
        "duration_us": "BIGINT",
    },
    "shots": {
        "video_id": "VARCHAR",
        "start_us": "BIGINT",
        "end_us": "BIGINT",
        "opening": "VARCHAR",
        "clean_start_us": "BIGINT",
        "clean_end_us": "BIGINT",
    },
    "clips": {
        "clip_id": "VARCHAR",
        "video_id": "VARCHAR",
        "start_us": "BIGINT",
        "end_us": "BIGINT",
        "mark": "VARCHAR",
    },
    "decisions": {
        "clip_id": "VARCHAR",
        "status": "VARCHAR",
        "rule": "VARCHAR",
        "value": "VARCHAR",
        "failed_rules": "VARCHAR[]",
    },
    "frames": {"video_id": "VARCHAR", "time_us": "BIGINT", "jpeg": "BLOB"},
    "signals": {
        "video_id": "VARCHAR",
        "time_us": "BIGINT",
        "brightness": "FLOAT",
        "dx": "FLOAT",
        "dy": "FLOAT",
        "local_motion": "FLOAT",
    },
    "sound": {"video_id": "VARCHAR", "start_us": "BIGINT", "step_us": "BIGINT", "momentary": "FLOAT[]"},
    "subtitles": {
        "video_id": "VARCHAR",
        "start_us": "BIGINT",
        "end_us": "BIGINT",
        "text": "VARCHAR",
        "track": "BIGINT",
    },
    "voice": {"video_id": "VARCHAR", "start_us": "BIGINT", "end_us": "BIGINT"},
    "sounds": {"video_id": "VARCHAR", "start_us": "BIGINT", "end_us": "BIGINT", "music": "DOUBLE"},
    "speech": {"video_id": "VARCHAR", "start_us": "BIGINT", "end_us": "BIGINT", "text": "VARCHAR"},
    "text": {
        "video_id": "VARCHAR",
        "start_us": "BIGINT",
        "end_us": "BIGINT",
        "text": "VARCHAR",
        "kind": "VARCHAR",
        "box": 'STRUCT("left" DOUBLE, "top" DOUBLE)',
    },
    "people": {
        "video_id": "VARCHAR",
        "start_us": "BIGINT",
        "end_us": "BIGINT",
        "track": "BIGINT",
        "size": "VARCHAR",
    },
    "subtitle_offset": {
        "video_id": "VARCHAR",
        "track": "BIGINT",
        "language": "VARCHAR",
        "origin": "VARCHAR",
        "subtitles": "BIGINT",
        "offset_seconds": "DOUBLE",
        "rate": "DOUBLE",
        "agreement": "DOUBLE",
        "fits": "BOOLEAN",
    },
    "presence": {"clip_id": "VARCHAR", "most": "BIGINT", "typical": "BIGINT", "size": "VARCHAR"},
    "speaking": {"clip_id": "VARCHAR", "share": "DOUBLE"},
    "music": {"clip_id": "VARCHAR", "text": "VARCHAR"},
    "written": {"clip_id": "VARCHAR", "text": "VARCHAR"},
    "transcript": {"clip_id": "VARCHAR", "agreement": "DOUBLE"},
    "camera": {"clip_id": "VARCHAR", "kind": "VARCHAR"},
    "caption": {"clip_id": "VARCHAR", "text": "VARCHAR"},
    "failures": {
        "video_id": "VARCHAR",
        "clip_id": "VARCHAR",
        "uri": "VARCHAR",
        "step": "VARCHAR",
        "kind": "VARCHAR",
        "message": "VARCHAR",
        "may_pass": "BOOLEAN",
    },
}
"""Columns that the report knows by name, and reads as ``report.TABLE``; all others are discovered."""


class Tables:
    """A connection with the schema ``report`` and the table ``basis``: the clips, and what became of them."""

    def __init__(self, dataset: Dataset) -> None:
        self.connection = dataset.connection()
        recipe = dataset.read_json("recipe.json")
        self._shown = recipe.get("caption") if isinstance(recipe, dict) else None
        self.columns = self._columns()
        self.judged = "decisions" in self.columns
        self.connection.execute("CREATE SCHEMA report")
        for table, columns in EXPECTED.items():
            self.connection.execute(f"CREATE VIEW report.{identifier(table)} AS {self._view(table, columns)}")
        self._make_basis()

    def __enter__(self) -> "Tables":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        return self.connection.execute(query, list(parameters)).fetchall()

    def records(self, query: str) -> list[dict[str, Any]]:
        """All rows of an answer by the names of its columns."""
        return list(self.connection.sql(query).to_arrow_table().to_pylist())

    def one(self, query: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The only row of an answer."""
        return self.rows(query, parameters)[0]

    def arrow(self, query: str) -> pa.RecordBatchReader:
        """An answer as a stream of record batches."""
        return self.connection.sql(query).to_arrow_reader(100_000)

    def _columns(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self.rows(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main'"
        ):
            if table != "everything":
                found.setdefault(table, {})[column] = kind
        return found

    def _view(self, table: str, columns: dict[str, str]) -> str:
        source = self._captions() if table == "caption" else table
        there = self.columns.get(source, {})
        cells = ", ".join(
            f"TRY_CAST({identifier(c)} AS {kind}) AS {c}" if c in there else f"NULL::{kind} AS {c}"
            for c, kind in columns.items()
        )
        return f"SELECT {cells} FROM main.{identifier(source)}" if there else f"SELECT {cells} LIMIT 0"

    def _captions(self) -> str:
        """The table that captions are shown from: the recipe's, ``caption``, else the first whose name tells."""
        named = [t for t in self.columns if t.startswith(("caption", "final"))]
        for table in [self._shown or "caption", "caption", *sorted(named)]:
            if {"clip_id", "text"} <= set(self.columns.get(table, ())):
                return table
        return "caption"

    def _make_basis(self) -> None:
        # Without rules every clip is kept; with them, one that has no decision was never judged.
        default = "'undecided'" if self.judged else "'kept'"
        self.connection.execute(
            f"""CREATE TEMP TABLE basis AS
                SELECT c.clip_id, c.video_id, coalesce(c.start_us, 0) AS start_us,
                       coalesce(c.end_us, c.start_us, 0) AS end_us, c.mark,
                       coalesce((c.end_us - c.start_us) / 1e6, 0) AS seconds,
                       coalesce(d.status, {default}) AS status, d.rule, d.failed_rules
                FROM report.clips AS c LEFT JOIN report.decisions AS d USING (clip_id)"""
        )


def listed(values: Sequence[str]) -> str:
    """Strings as an SQL list for ``IN``; written out, because literals skip row groups of Parquet files."""
    return f"({', '.join(quote(v) for v in values)})" if values else "(NULL)"
