"""The dataset's tables as the report reads them: whatever is missing is there, but empty."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import pyarrow as pa

from shotlist.captions.statistics import caption_tables
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
    "subtitle_problems": {"video_id": "VARCHAR", "file": "VARCHAR", "problem": "VARCHAR"},
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
        self.columns = self._columns()
        self.captions = self._captions(dataset.read_json("recipe.json"))
        """Tables with captions of clips, the one that is shown first; where it has none, the next one stands in."""
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
        if table == "caption" and self.captions:
            return self._caption_view()
        there = self.columns.get(table, {})
        cells = ", ".join(
            f"TRY_CAST({identifier(c)} AS {kind}) AS {c}" if c in there else f"NULL::{kind} AS {c}"
            for c, kind in columns.items()
        )
        return f"SELECT {cells} FROM main.{identifier(table)}" if there else f"SELECT {cells} LIMIT 0"

    def _captions(self, recipe: Any) -> list[str]:
        """The table that the recipe names, ``caption``, those whose name tells, then what was captioned last."""
        recipe = recipe if isinstance(recipe, dict) else {}
        written = [str(step.get("name")) for step in recipe.get("steps") or ()]
        told = sorted(t for t in self.columns if t.startswith(("caption", "final")))
        models = caption_tables(self.columns)
        last = sorted(models, key=lambda t: -written.index(t) if t in written else 1)
        wanted = dict.fromkeys([recipe.get("caption"), "caption", *told, *last])
        return [t for t in wanted if t is not None and {"clip_id", "text"} <= set(self.columns.get(t, ()))]

    def _caption_view(self) -> str:
        each = [
            f"SELECT clip_id, nullif(text::VARCHAR, '') AS text, {place} AS place FROM main.{identifier(table)}"
            for place, table in enumerate(self.captions)
        ]
        if len(each) == 1:
            return f"SELECT clip_id, text FROM ({each[0]})"
        together = " UNION ALL ".join(each)
        return f"SELECT clip_id, arg_min(text, place) AS text FROM ({together}) WHERE text IS NOT NULL GROUP BY clip_id"

    def texts(self, clip_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """By clip every caption that it has, with its table, in the order of ``captions``."""
        found: dict[str, list[tuple[str, str]]] = {}
        for table in self.captions:
            query = f"SELECT clip_id, text FROM main.{identifier(table)} WHERE clip_id IN {listed(clip_ids)}"
            for clip_id, text in self.rows(f"SELECT * FROM ({query}) WHERE text <> '' ORDER BY clip_id"):
                found.setdefault(clip_id, []).append((table, str(text)))
        return found

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
