"""The clips that were asked for, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from shotlist.query import identifier, quote
from shotlist.view.finding import allowed, search
from shotlist.view.finding.reviewed import source
from shotlist.view.finding.snippets import add_snippets
from shotlist.view.finding.wanted import Wanted, column_of
from shotlist.view.index.database import Index

_NAMES = "number clip_id video_id start_us end_us seconds status rule value mark title uri shown still_us"
FIELDS = _NAMES.split()
"""Columns that every row has."""


@dataclass(frozen=True)
class Found:
    """``total`` clips of ``seconds`` of footage on ``pages`` pages, and the rows of the page that was asked for."""

    total: int
    seconds: float
    pages: int
    rows: list[dict[str, Any]]


def found(index: Index, wanted: Wanted, columns: Sequence[str] = ()) -> Found:
    """A page of clips with ``columns`` beside the usual fields.

    Of a search each row also has its ``score``, and a ``snippet`` (pieces ``[text, is a hit]``) of the field ``where``.
    """
    fits = limited(index, wanted)
    total, seconds = _totals(index, wanted, fits)
    asked = [*FIELDS, *dict.fromkeys(column_of(index, c).name for c in columns if c not in FIELDS)]
    ordered = f"SELECT number{', score' if wanted.is_search else ''} FROM {fits} ORDER BY {order(wanted)}"
    page = index.rows(f"{ordered} LIMIT {wanted.size:d} OFFSET {(wanted.page - 1) * wanted.size:d}")
    rows = of_numbers(index, [row["number"] for row in page], asked)
    if wanted.is_search:
        rows = [row | {"score": k["score"]} for row, k in zip(rows, page, strict=True)]
        add_snippets(index, wanted.q, rows)
    return Found(total, seconds, max(1, -(-total // wanted.size)), rows)


def of_numbers(index: Index, numbers: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Columns of the clips with these numbers, in their order."""
    # Joined to a list, only what is needed is read of the long columns; compared with it, all of them would be.
    cells = ", ".join(f"c.{identifier(name)}" for name in columns)
    return index.rows(
        f"""SELECT {cells} FROM {source(index, columns)} AS c JOIN (
                SELECT unnest($1::INTEGER[]) AS number, generate_subscripts($1::INTEGER[], 1) AS place
            ) AS page USING (number) ORDER BY page.place""",
        [list(numbers)],
    )


def ids(index: Index, wanted: Wanted, most: int) -> list[str]:
    """The first ``most`` clips in the order that was asked for."""
    rows = index.rows(f"SELECT clip_id FROM {limited(index, wanted)} ORDER BY {order(wanted)} LIMIT {most:d}")
    return [row["clip_id"] for row in rows]


def limited(index: Index, wanted: Wanted, names: Sequence[str] = ()) -> str:
    """What to select from: the clips that fit, of a search with their ``score``.

    ``names`` are columns that will be asked of it beside those in the question.
    """
    clips, cells = f"{source(index, (*wanted.names, *names))} AS clips", "clips.*"
    if wanted.is_search:
        q = wanted.q
        hits = index.kept.table(search.question(q), lambda: search.hits(index, q))
        clips, cells = f"{clips} JOIN {hits} AS hits USING (number)", f"{cells}, hits.score"
    if wanted.where:
        where, whole = wanted.where, source(index, [wanted.where])
        fits = index.kept.table(f"where {whole} {where}", lambda: allowed.matches(index, where, whole))
        clips = f"{clips} SEMI JOIN {fits} AS fits USING (number)"
    conditions = []
    for name, condition in wanted.conditions.items():
        if name in index.columns and index.columns[name].kind == "text":  # reading all texts takes a while
            fits = index.kept.table(condition, partial(_numbers, index, condition))
            clips = f"{clips} SEMI JOIN {fits} USING (number)"
        else:
            conditions.append(condition)
    return f"(SELECT {cells} FROM {clips}{' WHERE ' + ' AND '.join(conditions) if conditions else ''})"


def _numbers(index: Index, condition: str) -> pa.Table:
    with index.cursor() as cursor:
        return cursor.sql(f"SELECT number FROM clips WHERE {condition}").to_arrow_table()


def order(wanted: Wanted) -> str:
    """The order's SQL; clips that are alike in it come by number, so that pages don't overlap."""
    if wanted.sort.startswith("random."):
        return f"hash(clip_id || {quote(wanted.sort)}), number"
    if wanted.sort:
        falling = "DESC" if wanted.sort.startswith("-") else "ASC"
        return f"{identifier(wanted.sort.removeprefix('-'))} {falling} NULLS LAST, number"
    return "score DESC, number" if wanted.is_search else "number"


def _totals(index: Index, wanted: Wanted, fits: str) -> tuple[int, float]:
    if wanted.is_everything:
        group = index.totals.all_clips
        return group.clips, group.seconds
    row = index.rows(f"SELECT count(*) AS clips, coalesce(sum(seconds), 0) AS seconds FROM {fits}")[0]
    return row["clips"], row["seconds"]
