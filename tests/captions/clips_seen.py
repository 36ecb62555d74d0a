"""Clips with stored stills, and with rows of other steps, for tests of captions."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from films import scan, write
from servers.digits import numbered
from shotlist.engine.film import Clip

RATE = 10


def shown(folder: Path, *numbers: int, seconds: float = 1.0, moves: bool = True) -> list[Clip]:
    """A film that shows each number for so long, as one clip each, with ten stills a second where it moves."""
    each = round(seconds * RATE)
    path = write(
        folder / "numbers.mp4", [numbered(n, k * moves) for n in numbers for k in range(each)], rate=RATE, crf=12
    )
    film = scan(path, stills_per_second=RATE, still_height=90)
    times = [*film.signals["time_us"].tolist(), film.end_us]
    spans = [(k * each, (k + 1) * each) for k in range(len(numbers))]
    return [Clip(film, times[first], times[last], first, last) for first, last in spans]


def note(clip: Clip, table: str, **columns: Any) -> None:
    """Add a row of an earlier step about a clip; one for each table and film."""
    keys = {"clip_id": clip.clip_id, "video_id": clip.film.video_id}
    clip.film.tables.put(table, pa.Table.from_pylist([{**keys, **columns}]))
