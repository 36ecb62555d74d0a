"""The clips that were asked for as a table for spreadsheets, all of them, a piece at a time."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyarrow import csv
from starlette.responses import StreamingResponse

from shotlist.query import identifier, quote
from shotlist.view.finding import reviewed
from shotlist.view.finding.found import limited, order
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index

_FIRST = ("clip_id", "video_id", "title", "uri", "start_us", "end_us", "seconds", "status", "rule", "value", "shown")
_PIECE = 20_000
_FORMULA = r"^\s*[=+\-@＝＋－＠]"  # noqa: RUF001  the wide signs begin formulas too


def csv_of(index: Index, wanted: Wanted, name: str) -> StreamingResponse:
    """Every clip that fits, in its order, with every column; the file is called after ``name``.

    The caption that is shown is the column ``caption``, or ``shown`` where a column of the dataset is called so. Texts
    that a spreadsheet would take for a formula get an apostrophe.
    """
    file = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("._") or "clips"
    with index.cursor() as cursor:
        query = f"SELECT number FROM {limited(index, wanted)} ORDER BY {order(wanted)}"
        numbers = cursor.sql(query).to_arrow_table()["number"]
    return StreamingResponse(
        _pieces(index, numbers),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{file}.csv"'},
    )


def _pieces(index: Index, numbers: pa.ChunkedArray) -> Iterator[bytes]:
    """The rows of these clips as text; sorting whole rows would take more memory than there is."""
    columns = [*_FIRST, *(name for name in index.columns if name not in _FIRST), *reviewed.there(index)]
    yield _text(_named(columns).slice(0, 0), header=True)
    query = f"""SELECT {_cells(index, columns)} FROM {reviewed.source(index, columns)} AS c JOIN (
                    SELECT unnest($1::INTEGER[]) AS number, generate_subscripts($1::INTEGER[], 1) AS place
                ) AS piece USING (number) ORDER BY piece.place"""
    for start in range(0, len(numbers), _PIECE):
        with index.cursor() as cursor:
            rows = cursor.sql(query, params=[numbers.slice(start, _PIECE).to_pylist()]).to_arrow_table()
        yield _text(rows, header=False)


def _cells(index: Index, columns: Sequence[str]) -> str:
    kinds = {name: column.kind for name, column in {**index.columns, **reviewed.COLUMNS}.items()}
    return ", ".join(_cell(f"c.{identifier(name)}", kinds.get(name, "text")) for name in columns)


def _cell(place: str, kind: str) -> str:
    if kind in ("number", "flag"):
        return place
    text = f"array_to_string({place}, ', ')" if kind == "list" else place
    return f"CASE WHEN regexp_matches({text}, {quote(_FORMULA)}) THEN '''' || {text} ELSE {text} END"


def _named(columns: Sequence[str]) -> pa.Table:
    names = ["caption" if name == "shown" and "caption" not in columns else name for name in columns]
    return pa.table([pa.array([], pa.string())] * len(names), names=[re.sub(f"({_FORMULA})", r"'\1", n) for n in names])


def _text(rows: pa.Table, header: bool) -> bytes:
    written = pa.BufferOutputStream()
    csv.write_csv(rows, written, csv.WriteOptions(include_header=header))
    return bytes(written.getvalue())
