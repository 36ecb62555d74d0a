"""The clips that the page shows by picture: few, spread over the videos, each known by a number."""

from collections.abc import Sequence
from typing import Any

from shotlist.report.stills import Album
from shotlist.report.tables import Tables, listed
from shotlist.report.wording import shorten, video_name
from shotlist.timing import clock

POOL_CLIPS = 360
POOL_VIDEOS = 120
"""Contact sheets are drawn from so many clips of so many videos: each video costs a read of its stills."""
SAMPLE = 20_000
"""Axes are laid out by a sample of about so many clips; the counts are of all clips."""
_CAPTION = 280


class Shown:
    """Numbers the clips that are shown and asks the album for their stills."""

    def __init__(self, tables: Tables, album: Album) -> None:
        self.tables = tables
        self.album = album
        self.numbers: dict[str, int] = {}
        self.wishes: list[int] = []
        self.rows: list[dict[str, Any]] = []
        _make_pool(tables)

    def add(self, clip_ids: Sequence[str]) -> list[int]:
        """The numbers of these clips; new ones get a picture of their middle."""
        new = [c for c in dict.fromkeys(clip_ids) if c not in self.numbers]
        found = {row["clip_id"]: row for row in self._look_up(new)}
        for clip_id in new:
            row = found[clip_id]
            self.numbers[clip_id] = len(self.rows)
            self.rows.append(row)
            self.wishes.append(self.album.ask(row["video_id"], (row["start_us"] + row["end_us"]) // 2))
        return [self.numbers[c] for c in clip_ids]

    def describe(self) -> list[list[Any]]:
        """For the page's script: place of the still, status, video and time, caption."""
        return [
            [self.album.places[wish], row["status"], f"{row['name']}, {row['span']}", row["caption"]]
            for wish, row in zip(self.wishes, self.rows, strict=True)
        ]

    def _look_up(self, clip_ids: Sequence[str]) -> list[dict[str, Any]]:
        if not clip_ids:
            return []
        rows = self.tables.rows(
            f"""SELECT b.clip_id, b.video_id, any_value(b.start_us), any_value(b.end_us),
                       any_value(b.status), any_value(b.mark), any_value(v.uri), any_value(v.title),
                       any_value(c.text), any_value(m.kind),
                       any_value(v.status)
                FROM (SELECT * FROM basis WHERE clip_id IN {listed(clip_ids)}) AS b
                LEFT JOIN report.videos AS v USING (video_id)
                LEFT JOIN report.caption AS c ON c.clip_id = b.clip_id
                LEFT JOIN report.camera AS m ON m.clip_id = b.clip_id
                GROUP BY ALL"""
        )
        return [_row(row) for row in rows]


def _row(row: tuple[Any, ...]) -> dict[str, Any]:
    clip_id, video_id, start, end, status, mark, uri, title, text, camera, video_status = row
    return {
        "clip_id": clip_id,
        "video_id": video_id,
        "start_us": start,
        "end_us": end,
        "seconds": (end - start) / 1e6,
        "status": status,
        "mark": mark,
        "name": video_name(uri, title, video_id),
        "span": f"{clock(start)}\u2013{clock(end)}",
        "caption": shorten(text, _CAPTION),
        "camera": camera,
        "whole": video_status in (None, "ok"),
    }


def _make_pool(tables: Tables) -> None:
    """``pool``: clips in turns, so that the first of every chosen video come before any second ones.

    The order is that of a hash: as good as random, and the same in every run.
    """
    tables.connection.execute(
        f"""CREATE TEMP TABLE pool AS
            WITH chosen AS (
                SELECT video_id FROM basis GROUP BY 1 ORDER BY hash(video_id), 1 LIMIT {POOL_VIDEOS}),
            turns AS (
                SELECT clip_id, video_id, status, row_number() OVER (
                    PARTITION BY video_id ORDER BY status <> 'kept', hash(clip_id)) AS turn
                FROM basis JOIN chosen USING (video_id))
            SELECT clip_id, video_id, status, row_number() OVER (ORDER BY turn, hash(video_id)) AS place
            FROM turns ORDER BY place LIMIT {POOL_CLIPS}"""
    )


def gallery(tables: Tables, shown: Shown, number: int) -> list[dict[str, Any]]:
    """Kept clips spread over the videos, ordered by video and time; each with the number of its ``wish``."""
    chosen = tables.rows("SELECT clip_id FROM pool WHERE status = 'kept' ORDER BY place LIMIT ?", [number])
    numbers = shown.add([row[0] for row in chosen])
    cards = [shown.rows[n] | {"wish": shown.wishes[n]} for n in numbers]
    first: dict[str, int] = {}
    for k, card in enumerate(cards):
        first.setdefault(card["video_id"], k)
    return sorted(cards, key=lambda card: (first[card["video_id"]], card["start_us"]))
