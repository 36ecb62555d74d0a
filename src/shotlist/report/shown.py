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
_CAPTION = 360


class Shown:
    """Numbers the clips that are shown; ``settle`` looks new ones up together and asks for their stills."""

    def __init__(self, tables: Tables, album: Album) -> None:
        self.tables = tables
        self.album = album
        self.numbers: dict[str, int] = {}
        self.wishes: list[int] = []
        self.rows: list[dict[str, Any]] = []
        _make_pool(tables)

    def add(self, clip_ids: Sequence[str]) -> list[int]:
        """The numbers of these clips."""
        return [self.numbers.setdefault(clip_id, len(self.numbers)) for clip_id in clip_ids]

    def settle(self) -> None:
        """Fill ``rows`` and ``wishes`` for the clips that were added; a picture is of a clip's middle."""
        new = list(self.numbers)[len(self.rows) :]
        found = {row["clip_id"]: row for row in self._look_up(new)}
        for clip_id in new:
            row = found[clip_id]
            self.rows.append(row)
            self.wishes.append(self.album.ask(row["video_id"], (row["start_us"] + row["end_us"]) // 2))

    def describe(self) -> list[list[Any]]:
        """For the page's script: place of the still, status, video and time, caption."""
        return [
            [self.album.places[wish], row["status"], f"{row['name']}, {row['span']}", row["caption"]]
            for wish, row in zip(self.wishes, self.rows, strict=True)
        ]

    def _look_up(self, clip_ids: Sequence[str]) -> list[dict[str, Any]]:
        if not clip_ids:
            return []
        rows = self.tables.records(
            f"""SELECT b.clip_id, b.video_id, b.start_us, b.end_us, b.seconds, b.status, b.mark,
                       any_value(v.uri) AS uri, any_value(v.title) AS title,
                       any_value(v.status) AS video_status,
                       any_value(c.text) AS text, any_value(m.kind) AS camera
                FROM (SELECT * FROM basis WHERE clip_id IN {listed(clip_ids)}) AS b
                LEFT JOIN report.videos AS v USING (video_id)
                LEFT JOIN report.caption AS c ON c.clip_id = b.clip_id
                LEFT JOIN report.camera AS m ON m.clip_id = b.clip_id
                GROUP BY ALL"""
        )
        return [row | _described(row) for row in rows]


def _described(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": video_name(row["uri"], row["title"], row["video_id"]),
        "span": f"{clock(row['start_us'])}\u2013{clock(row['end_us'])}",
        "caption": shorten(row["text"], _CAPTION),
        "whole": row["video_status"] in (None, "ok"),
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
    shown.settle()
    cards = [shown.rows[n] | {"wish": shown.wishes[n]} for n in numbers]
    first: dict[str, int] = {}
    for k, card in enumerate(cards):
        first.setdefault(card["video_id"], k)
    return sorted(cards, key=lambda card: (first[card["video_id"]], card["start_us"]))
