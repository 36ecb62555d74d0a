"""The people of a film: one row for each, from the first to the last still of a shot in which they are seen."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any, ClassVar

from shotlist.annotate.heads import shot_size
from shotlist.annotate.landmarks import cuts_of
from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep
from shotlist.models.contracts import Box

Rows = Sequence[dict[str, Any]]
COLUMNS = ["time_us", "track", "score", "face", "box", "head", "turned", "mouth"]
"""What is read of ``landmarks``."""


@dataclass(frozen=True)
class PersonRow:
    """A person in one shot. ``face`` and ``box`` (of the visible body) are means, in shares of the picture.

    ``size`` is the size of shot that the person is shown in, ``seen`` the share of the shot's stills in which they
    are found, ``score`` how sure the finder is, 0..1.
    """

    start_us: int
    end_us: int
    track: int
    score: float
    seen: float
    size: str | None
    head: float | None
    face: Box | None
    box: Box | None


@dataclass(frozen=True)
class People(FilmStep):
    """Sums up each person's sightings; drops those that are too weak to be believed. Needs no model."""

    least_stills: int = 2
    """Stills in which a person with a face must be found, or all of a shot that has fewer."""
    sure: float = 0.8
    """Score from which on a single still with a face is enough."""
    faceless_stills: int = 3
    """Stills in which a person must be found whose face is never seen well: sculptures and cars have bodies, too."""
    steady: float = 0.75
    """Share of the stills from first to last in which such a person must be found."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "shots", "landmarks")

    def rows(self, film: Film) -> Iterable[PersonRow]:
        """See FilmStep."""
        cuts, shots = cuts_of(film), defaultdict(list)
        for still in film.stills:
            shots[bisect_right(cuts, still.time_us)].append(still.time_us)
        tracks: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in sightings(film):
            tracks[row["track"]].append(row)
        for found in sorted(tracks.values(), key=lambda rows: rows[0]["time_us"]):
            shot = bisect_right(cuts, found[0]["time_us"])
            if self._believed(found, shots[shot]):
                end = cuts[shot] if shot < len(cuts) else film.end_us
                yield _summed(found, shots[shot], end)

    def _believed(self, found: Rows, stills: Sequence[int]) -> bool:
        """Whether a track's sightings are enough, given the times of its shot's stills."""
        faces = [float(row["score"]) for row in found if row["turned"] is not None]
        if faces:
            return max(faces) >= self.sure or len(found) >= min(self.least_stills, len(stills))
        between = sum(found[0]["time_us"] <= time_us <= found[-1]["time_us"] for time_us in stills)
        return bool(len(found) >= max(min(self.faceless_stills, len(stills)), self.steady * between))


def sightings(film: Film) -> list[dict[str, Any]]:
    """The rows of ``landmarks`` in order of time, without the landmarks themselves."""
    rows = film.tables.table("landmarks", film.video_id, COLUMNS)
    return list(rows.to_pylist()) if rows is not None else []


def _summed(found: Rows, stills: Sequence[int], end_us: int) -> PersonRow:
    last = found[-1]["time_us"]
    heads = [row["head"] for row in found if row["head"] is not None]
    head = median(heads) if heads else None
    return PersonRow(
        start_us=found[0]["time_us"],
        end_us=next((time_us for time_us in stills if time_us > last), end_us),
        track=found[0]["track"],
        score=fmean(row["score"] for row in found),
        seen=len(found) / max(1, len(stills)),
        size=shot_size(head) if head is not None else None,
        head=head,
        face=_mean([row["face"] for row in found if row["face"] is not None]),
        box=_mean([row["box"] for row in found if row["box"] is not None]),
    )


def _mean(boxes: Sequence[dict[str, float]]) -> Box | None:
    if not boxes:
        return None
    return Box(*(fmean(box[side] for box in boxes) for side in ("left", "top", "right", "bottom")))
