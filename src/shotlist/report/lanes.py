"""What is heard, read and seen in each video as spans over its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from shotlist.report.tables import Tables, listed
from shotlist.report.wording import shorten

MAX_SPANS = 400
MAX_ALL = 4_000
"""Spans of a lane in one video, and in all videos together."""
_GRAIN = 200
"""Spans that together are shorter than such a part of the video are drawn as one."""
_ROWS = 20_000
_TEXT = 120

Span = list[Any]
"""``[start, end, text, kind]``, times in milliseconds from the video's start."""


@dataclass(frozen=True)
class Lane:
    """Where spans come from: a table, what is text and kind in a row, and the ``order`` of rows that start together."""

    name: str
    table: str
    text: str = "''"
    kind: str = "''"
    only: str = "true"
    order: str = "end_us"


LANES = (
    Lane("voice", "voice"),
    Lane("music", "sounds", only="music >= 0.5"),
    Lane("speech", "speech", text="text"),
    Lane("cues", "subtitles", text="text", only="coalesce(track, 0) = main"),
    Lane("text", "text", text="text", kind="kind", order="box.top, box.left"),
    Lane("people", "people", text="size", kind="track::VARCHAR", order="track"),
)
"""The lanes from top to bottom. Of subtitles the track with the most of them counts: another says the same again."""


def add_spans(tables: Tables, ids: Sequence[str], videos: dict[str, dict[str, Any]]) -> None:
    """Give each video a list of spans for every lane; the list is empty where there is nothing."""
    for lane in LANES:
        for video_id in ids:
            videos[video_id][lane.name] = []
        if lane.table in tables.columns:
            _add(tables, lane, ids, videos)


def _add(tables: Tables, lane: Lane, ids: Sequence[str], videos: dict[str, dict[str, Any]]) -> None:
    source = f"(SELECT * FROM report.{lane.table} WHERE video_id IN {listed(ids)})"
    if lane.table == "subtitles":
        source = f"""(SELECT *, mode(coalesce(track, 0)) OVER (PARTITION BY video_id) AS main FROM {source})"""
    rows = tables.rows(
        f"""SELECT video_id, start_us, end_us, coalesce({lane.text}, ''), coalesce({lane.kind}, '')
            FROM {source} WHERE {lane.only} AND start_us IS NOT NULL AND end_us IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY video_id ORDER BY start_us) <= {_ROWS}
            ORDER BY video_id, start_us, {lane.order}"""
    )
    room = MAX_ALL
    for video_id, found in groupby(rows, lambda row: row[0]):
        video = videos[video_id]
        spans = merged(((start, end, text, kind) for _, start, end, text, kind in found), video["length"])
        spans = spans[: min(MAX_SPANS, room)]
        room -= len(spans)
        video[lane.name] = [_drawn(span, video["start"]) for span in spans]


@dataclass
class _Merged:
    start_us: int
    end_us: int
    texts: list[str]
    kind: str


def merged(rows: Iterable[tuple[int, int, str, str]], length_us: int) -> list[_Merged]:
    """Rows (start, end, text, kind) in order of time, with those put together that could not be told apart.

    These are lines of one kind that stand for the same time, spans without text that touch, and spans so short that
    they would lie on the same few pixels.
    """
    found: list[_Merged] = []
    last: dict[str, _Merged] = {}
    for start, end, text, kind in rows:
        span = last.get(kind)
        if span is not None and _are_one(span, start, end, text, length_us // _GRAIN):
            span.end_us = max(span.end_us, end)
            if text and text not in span.texts:
                span.texts.append(text)
        else:
            last[kind] = _Merged(start, end, [text] if text else [], kind)
            found.append(last[kind])
    return found


def _are_one(span: _Merged, start: int, end: int, text: str, grain: int) -> bool:
    together = (start, end) == (span.start_us, span.end_us)
    touching = not text and not span.texts and start <= span.end_us
    return together or touching or max(end, span.end_us) - span.start_us < grain


def _drawn(span: _Merged, begin_us: int) -> Span:
    times = [round((t - begin_us) / 1000) for t in (span.start_us, span.end_us)]
    return [*times, shorten(" / ".join(span.texts), _TEXT), span.kind]
