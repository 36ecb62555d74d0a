"""Pictures for the page: the stored still nearest to a wanted time, scaled down, each embedded once."""

import base64
import io
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from shotlist.report.tables import Tables, listed

QUALITY = 70
MOST = 1_500
"""Wishes that are fulfilled at once: each may cost the reading of a row group."""
_READ_AT_ONCE = 64
"""Pictures that are held in memory in their stored size at a time."""

Frame = tuple[str, int]
"""A stored still: its video and its time in microseconds."""


@dataclass(frozen=True)
class Still:
    """A small JPEG in base64.

    ``interest`` says how much there is to see (0 for a plain picture), ``look`` is it in a few pixels.
    """

    data: str
    interest: float
    look: tuple[int, ...]

    def resembles(self, other: "Still") -> bool:
        """Whether the two show about the same."""
        return sum(abs(a - b) for a, b in zip(self.look, other.look, strict=True)) < 16 * len(self.look)


class Album:
    """Collects wishes for pictures, reads them all at once, and keeps within ``budget`` bytes of base64.

    ``ask`` hands out a number for each wish; ``places`` says which still it led to, None for none.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.stills: list[Still] = []
        self.places: list[int | None] = []
        self._open: list[tuple[int, str, int]] = []
        self._frames: dict[Frame, int | None] = {}

    def ask(self, video_id: str, time_us: int) -> int:
        """Wish for the still of a video nearest to a time. Earlier wishes come first if the budget ends."""
        self.places.append(None)
        self._open.append((len(self.places) - 1, video_id, time_us))
        return len(self.places) - 1

    def still(self, wish: int) -> Still | None:
        """What a wish led to."""
        place = self.places[wish]
        return None if place is None else self.stills[place]

    def fetch(self, tables: Tables, width: int) -> None:
        """Fulfil the open wishes with pictures that are at most ``width`` pixels wide."""
        times = _times(tables, sorted({video for _, video, _ in self._open[:MOST]}))
        wanted = {w: _nearest(times.get(video, []), video, time) for w, video, time in self._open[:MOST]}
        self._open = []
        new = [f for f in dict.fromkeys(wanted.values()) if f is not None and f not in self._frames]
        made = dict(_pictures(tables, new, width))
        for frame in new:
            self._frames[frame] = self._add(made.get(frame))
        for wish, wished in wanted.items():
            self.places[wish] = self._frames.get(wished) if wished else None

    def enlarge(self, tables: Tables, wish: int, video_id: str, time_us: int, width: int) -> None:
        """Replace the picture of a wish by a larger one."""
        place = self.places[wish]
        frame = _nearest(_times(tables, [video_id]).get(video_id, []), video_id, time_us)
        if place is None or frame is None:
            return
        for _, still in _pictures(tables, [frame], width):
            if still is not None:
                self.budget += len(self.stills[place].data) - len(still.data)
                self.stills[place] = still

    def _add(self, still: Still | None) -> int | None:
        if still is None or len(still.data) > self.budget:
            return None
        self.budget -= len(still.data)
        self.stills.append(still)
        return len(self.stills) - 1


def _times(tables: Tables, videos: Sequence[str]) -> dict[str, list[int]]:
    times: dict[str, list[int]] = defaultdict(list)
    query = f"SELECT video_id, time_us FROM report.frames WHERE video_id IN {listed(videos)} ORDER BY ALL"
    for video, time in tables.rows(query):
        times[video].append(time)
    return times


def _nearest(times: Sequence[int], video: str, time: int) -> Frame | None:
    at = bisect_left(times, time)
    around = times[max(0, at - 1) : at + 1]
    return (video, min(around, key=lambda t: abs(t - time))) if around else None


def _pictures(tables: Tables, frames: Sequence[Frame], width: int) -> Iterator[tuple[Frame, Still | None]]:
    if not frames:
        return
    wanted = {*frames}
    relation = tables.connection.sql(
        f"""SELECT video_id, time_us, jpeg FROM report.frames
            WHERE video_id IN {listed(sorted({v for v, _ in frames}))}
              AND time_us IN ({", ".join(str(t) for t in sorted({t for _, t in frames}))})"""
    )
    with ThreadPoolExecutor(4) as pool:  # Pillow lets go of the interpreter while it decodes and encodes
        for batch in relation.to_arrow_reader(_READ_AT_ONCE):
            rows: list[dict[str, Any]] = batch.to_pylist()
            chosen = [r for r in rows if (r["video_id"], r["time_us"]) in wanted]
            small = pool.map(lambda row: _shrunk(row["jpeg"], width), chosen)
            for row, still in zip(chosen, small, strict=True):
                yield (row["video_id"], row["time_us"]), still


def _shrunk(jpeg: bytes | None, width: int) -> Still | None:
    """None for what is no picture: a broken still must not cost the page."""
    try:
        with Image.open(io.BytesIO(jpeg or b"")) as opened:
            opened.draft("RGB", (width, width * 9 // 16))
            picture = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    # A landscape picture gets the full width, an upright one the same area.
    longest = width if picture.width >= picture.height else width * 4 // 5
    picture.thumbnail((longest, longest), reducing_gap=2.0)
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=QUALITY)
    look = tuple(int(v) for v in np.asarray(picture.resize((6, 4))).ravel())
    return Still(base64.b64encode(packed.getvalue()).decode(), _interest(picture), look)


def _interest(picture: Image.Image) -> float:
    """Contrast plus colour, less where much is plain black or white: good for choosing what to show first."""
    pixels = np.asarray(picture.resize((32, 18)), np.float32) / 255
    light = pixels.mean(axis=2)
    colour = float((pixels.max(axis=2) - pixels.min(axis=2)).mean())
    plain = float(((light < 0.04) | (light > 0.96)).mean())
    return (float(light.std()) + colour) * (1 - plain)
