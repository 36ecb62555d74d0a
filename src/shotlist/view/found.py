"""The clips that were asked for, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shotlist.query import identifier, quote
from shotlist.view.index import Index
from shotlist.view.wanted import Wanted, column_of

FIELDS = (
    "number, clip_id, video_id, start_us, end_us, seconds, status, rule, value, mark, title, uri, shown, still_us"
).split(", ")


@dataclass(frozen=True)
class Found:
    """``total`` clips of ``seconds`` of footage on ``pages`` pages, and the rows of the page that was asked for."""

    total: int
    seconds: float
    pages: int
    rows: list[dict[str, Any]]


def found(index: Index, wanted: Wanted, columns: Sequence[str] = ()) -> Found:
    """A page of clips with ``columns`` beside the usual fields; of a search also score, snippet and where."""
    source = limited(index, wanted)
    asked = [*FIELDS, *(column_of(index, c).name for c in columns if c not in FIELDS)]
    total, seconds = next(iter(index.rows(f"SELECT count(*) AS n, coalesce(sum(seconds), 0) AS s FROM {source}"))).values()
    start = (wanted.page - 1) * wanted.size
    query = f"SELECT {', '.join(identifier(c) for c in asked)} FROM {source} ORDER BY {order(wanted)}"
    rows = index.rows(f"{query} LIMIT {wanted.size} OFFSET {start}")
    if wanted.q.strip():
        rows = [row | {"score": 1.0, "snippet": [[(row["shown"] or "")[:200], False]], "where": "caption"} for row in rows]
    return Found(total, seconds, max(1, -(-total // wanted.size)), rows)


def ids(index: Index, wanted: Wanted, most: int) -> list[str]:
    """The first ``most`` clips in the order that was asked for."""
    rows = index.rows(f"SELECT clip_id FROM {limited(index, wanted)} ORDER BY {order(wanted)} LIMIT {most:d}")
    return [row["clip_id"] for row in rows]


def limited(index: Index, wanted: Wanted) -> str:
    """What to select from: the clips that fit."""
    conditions = list(wanted.conditions.values())
    if wanted.where:
        conditions.append(f"(\n{wanted.where}\n)")
    for word in wanted.q.split():
        text = "concat_ws(' ', shown, title)"
        conditions.append(f"contains(lower({text}), lower({quote(word)}))")
    return f"(SELECT * FROM clips{' WHERE ' + ' AND '.join(conditions) if conditions else ''})"


def order(wanted: Wanted) -> str:
    """The order's SQL; clips that are alike in it come by number, so that pages don't overlap."""
    if wanted.sort.startswith("random."):
        return f"hash(clip_id || {quote(wanted.sort)}), number"
    if wanted.sort:
        falling = "DESC" if wanted.sort.startswith("-") else "ASC"
        return f"{identifier(wanted.sort.removeprefix('-'))} {falling} NULLS LAST, number"
    return "number"
