"""The clips that were asked for as a table for spreadsheets, all of them, a piece at a time."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.responses import StreamingResponse

from shotlist.query import identifier
from shotlist.view.found import ids
from shotlist.view.index import Index
from shotlist.view.wanted import Wanted

_FIRST = ("clip_id", "video_id", "title", "uri", "start_us", "end_us", "seconds", "status", "rule", "value", "shown")
_PIECE = 5_000
_FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def csv_of(index: Index, wanted: Wanted, name: str) -> StreamingResponse:
    """Every clip that fits, in its order, with every column; the file is called after ``name``."""
    file = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("._") or "clips"
    return StreamingResponse(
        _pieces(index, _numbers(index, wanted)),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{file}.csv"'},
    )


def _numbers(index: Index, wanted: Wanted) -> list[int]:
    rows = index.rows(
        """SELECT number FROM (SELECT unnest($1::VARCHAR[]) AS clip_id, generate_subscripts($1::VARCHAR[], 1) AS place)
           JOIN clips USING (clip_id) ORDER BY place""",
        [ids(index, wanted, index.totals.all_clips.clips)],
    )
    return [row["number"] for row in rows]


def _pieces(index: Index, numbers: Sequence[int]) -> Iterator[str]:
    """The rows of these clips as text; sorting whole rows would take more memory than there is."""
    columns = [*_FIRST, *(name for name in index.columns if name not in _FIRST)]
    yield _text([["caption" if c == "shown" else safe(c) for c in columns]])
    cells = ", ".join(f"c.{identifier(name)}" for name in columns)
    for start in range(0, len(numbers), _PIECE):
        rows = index.rows(
            f"""SELECT {cells} FROM (SELECT unnest($1::BIGINT[]) AS number, generate_subscripts($1::BIGINT[], 1) AS place)
                JOIN clips AS c USING (number) ORDER BY place""",
            [numbers[start : start + _PIECE]],
        )
        yield _text([[safe(value) for value in row.values()] for row in rows])


def _text(rows: Sequence[Sequence[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()


def safe(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula: texts that look like one get an apostrophe."""
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
