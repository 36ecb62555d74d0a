"""Boundaries to shots, and the default detector as a step."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.records import Boundary, Shot
from shotlist.scan.planes import Bytes, unpack_thumbs
from shotlist.shots.detect import CutSettings, boundaries_in_chunks

Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shots(CutSettings, FilmStep):
    """Finds cuts, dissolves and fades in the stored thumbnails; a new threshold needs no decoding."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "thumbs")

    def rows(self, film: Film) -> Iterable[Shot]:
        """The shots of one video, without gaps."""
        settings = CutSettings(**{f.name: getattr(self, f.name) for f in fields(CutSettings)})
        found = boundaries_in_chunks(thumb_chunks(film), settings)
        return shots_between(found, film.signals["time_us"], film.end_us)


def thumb_chunks(film: Film) -> Iterator[tuple[Times, Bytes, Bytes]]:
    """Stored thumbnails a few thousand frames at a time: times, luma (n, 18, 32), chroma (n, 2, 9, 16)."""
    for batch in film.tables.batches("thumbs", film.video_id, ["time_us", "thumb"]):
        column = batch["thumb"]
        packed = np.frombuffer(column.buffers()[1], np.uint8).reshape(-1, column.type.byte_width)
        luma, chroma = unpack_thumbs(packed[column.offset : column.offset + len(column)])
        yield batch["time_us"].to_numpy(), luma, chroma


def shots_between(boundaries: Sequence[Boundary], times_us: Times, end_us: int) -> list[Shot]:
    """Shots from sorted boundaries; ``times_us`` (n,) are the frames' times, ``end_us`` the last one's end."""
    if not len(times_us):
        return []

    def time(frame: int) -> int:
        return int(times_us[frame]) if frame < len(times_us) else end_us

    inner = [b for b in boundaries if 0 < b.frame < len(times_us)]
    shots: list[Shot] = []
    for before, after in zip([None, *inner], [*inner, None], strict=True):
        first = before.frame if before else 0
        last = after.frame if after else len(times_us)
        if last <= first:
            continue
        shots.append(
            Shot(
                start_us=time(first),
                end_us=time(last),
                start_frame=first,
                end_frame=last,
                opening=before.kind if before else "start",
                confidence=before.confidence if before else 1.0,
                clean_start_us=time(min(last, max(first, before.end_frame if before else 0))),
                clean_end_us=time(max(first, min(last, after.start_frame if after else last))),
            )
        )
    return shots
