"""The videos of two datasets as a list: searched, sorted, each with a small timeline."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from shotlist.view.comparing.store import Comparison
from shotlist.view.comparing.video import name_of
from shotlist.view.finding.listing import Asked, paged

Row = dict[str, Any]

SIZE = 20
SORTS = {
    "differences": "places",
    "name": "rank",
    "length": "duration_us",
    "cuts": "CASE WHEN in_a AND in_b THEN only_a + only_b END",
    "kept": "CASE WHEN in_a AND in_b THEN only_a_seconds + only_b_seconds END",
    "captions": "CASE WHEN in_a AND in_b THEN differ END",
}
SHOW = {
    "differ": "(places > 0 OR differ > 0)",
    "both": "in_a AND in_b",
    "only_a": "NOT in_b",
    "only_b": "NOT in_a",
}
_THIN = 1000
"""Steps into which a small timeline is divided."""


def listed(found: Comparison, asked: Asked) -> dict[str, Any]:
    """A page of the videos, each with a small timeline of both datasets."""
    words = asked.q.split()
    conditions = ["contains(lower(concat_ws(' ', name, uri, video_id)), lower(?))"] * len(words)
    conditions += [SHOW[asked.filters["show"]]] if "show" in asked.filters else []
    where = " AND ".join(conditions) or "true"
    total = found.rows(f"SELECT count(*) AS n FROM videos WHERE {where}", words)[0]["n"]
    sort = asked.sort or "-differences"
    order = SORTS[sort.removeprefix("-")] + (" DESC" if sort.startswith("-") else "")
    rows = found.rows(
        f"""SELECT * FROM videos WHERE {where} ORDER BY {order} NULLS LAST, rank
            LIMIT {SIZE} OFFSET {(asked.page - 1) * SIZE}""",
        words,
    )
    timelines = _timelines(found, rows)
    counted = found.rows(f"SELECT {', '.join(f'count(*) FILTER ({c}) AS {n}' for n, c in SHOW.items())} FROM videos")[0]
    videos = [row | {"timeline": timelines.get(row["rank"])} for row in rows]
    return {**paged(total, asked.page, SIZE), "list": videos, "counted": counted}


def _timelines(found: Comparison, rows: Sequence[Row]) -> dict[int, Row]:
    """By a video's number: for both datasets ``kept`` [start, end] and ``cuts`` [place, is_shared], in thousandths."""
    lengths = {
        r["rank"]: (r["start_us"] or 0, r["duration_us"]) for r in rows if r["in_a"] and r["in_b"] and r["duration_us"]
    }
    made: dict[int, Row] = {rank: {side: {"kept": [], "cuts": []} for side in "ab"} for rank in lengths}
    listed = ", ".join(map(str, lengths)) or "NULL"
    for table, times in (("stretches", "start_us, end_us"), ("cuts", "time_us AS start_us, time_us AS end_us")):
        spans = found.rows(f"SELECT rank, {times}, who FROM {table} WHERE rank IN ({listed}) ORDER BY rank, start_us")
        for rank, some in groupby(spans, lambda row: row["rank"]):
            for side, name, value in _thinned(list(some), *lengths[rank], table):
                made[rank][side][name].append(value)
    return made


def _thinned(spans: Sequence[Row], start_us: int, duration_us: int, table: str) -> Iterator[tuple[str, str, list[Any]]]:
    """What can be told apart at that size."""
    for side in "ab":
        last: list[Any] | None = None
        for span in spans:
            who = name_of(span["who"])
            if who not in (side, "both"):
                continue
            places = [
                max(0, min(_THIN, _THIN * (t - start_us) // duration_us)) for t in (span["start_us"], span["end_us"])
            ]
            if table == "cuts":
                value = [places[0], who == "both"]
                if value != last:
                    yield side, "cuts", value
            elif last is not None and places[0] <= last[1] + 1:
                last[1] = max(last[1], places[1])
                continue
            else:
                value = places
                yield side, "kept", value
            last = value
