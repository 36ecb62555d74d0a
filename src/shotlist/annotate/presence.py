"""Who is in a clip: how many people, how large they are shown, whether they look at us, and who speaks."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import median, pstdev
from typing import Any, ClassVar

from shotlist.annotate.heads import shot_size
from shotlist.annotate.people import Rows, sightings
from shotlist.engine.film import Clip, Film
from shotlist.engine.step import Measure


@dataclass(frozen=True)
class PresenceRow:
    """``most`` people at once, and the ``typical`` number (median over stills); ``size`` by the largest head.

    ``faces`` is the share of stills with a face, ``facing`` the share of well-seen faces that look at the camera,
    None where none is. ``speaking`` says in 0..1 how sure it is that somebody in the picture speaks, None without a
    table ``voice``, without a voice, and with too few stills to tell; ``speaker`` is that person's track, where it is
    more likely than not.
    """

    most: int
    typical: int
    size: str | None
    faces: float
    facing: float | None
    speaker: int | None
    speaking: float | None


@dataclass(frozen=True)
class Presence(Measure):
    """Describes who is in the clip, from the people and their sightings in its stills."""

    facing_within: float = 30.0
    """Degrees by which a face may look past the camera and still face it."""
    least_stills: int = 3
    """Stills with a mouth and a voice that it takes to call somebody a speaker."""
    still_mouth: float = 0.011
    """How much a silent mouth seems to move (standard deviation of its opening, in shares of the face's height)."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "frames", "clips", "landmarks", "people")
    uses: ClassVar[tuple[str, ...]] = ("voice",)

    def measure(self, clip: Clip) -> PresenceRow | None:
        """None where the clip has no stills."""
        times = [still.time_us for still in clip.stills]
        if not times:
            return None
        seen = _by_still(clip)
        counts = [len(seen.get(time_us, ())) for time_us in times]
        heads = [max(heads) for rows in seen.values() if (heads := [r["head"] for r in rows if r["head"]])]
        turned = [r["turned"] for rows in seen.values() for r in rows if r["turned"] is not None]
        speaker, speaking = self._speaker(clip.film, seen)
        return PresenceRow(
            most=max(counts),
            typical=round(median(counts)),
            size=shot_size(median(heads)) if heads else None,
            faces=sum(any(r["face"] for r in rows) for rows in seen.values()) / len(times),
            facing=sum(t <= self.facing_within for t in turned) / len(turned) if turned else None,
            speaker=speaker,
            speaking=speaking,
        )

    def _speaker(self, film: Film, seen: Mapping[int, Rows]) -> tuple[int | None, float | None]:
        """The track whose mouth moves most while a voice is heard, and how much of all movement is its own.

        What a silent mouth seems to move stands for a speaker who is not in the picture.
        """
        mouths: dict[int, list[float]] = defaultdict(list)
        for time_us in filter(_spoken(film), seen):
            for row in seen[time_us]:
                if row["mouth"] is not None:
                    mouths[row["track"]].append(row["mouth"])
        moved = {track: pstdev(found) for track, found in mouths.items() if len(found) >= self.least_stills}
        if not moved:
            return None, None
        speaker = max(moved, key=lambda track: moved[track])
        speaking = moved[speaker] / (sum(moved.values()) + self.still_mouth)
        return speaker if speaking > 0.5 else None, speaking


@lru_cache(maxsize=1)  # the clips of a film come one after the other
def _film_by_still(film: Film) -> dict[int, Rows]:
    """The sightings of each still, of the people whom the step ``people`` believes."""
    people = film.tables.table("people", film.video_id, ["track"])
    tracks = set(people["track"].to_pylist()) if people is not None else set()
    stills: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sightings(film):
        if row["track"] in tracks:
            stills[row["time_us"]].append(row)
    return dict(stills)


def _by_still(clip: Clip) -> dict[int, Rows]:
    return {
        time_us: rows for time_us, rows in _film_by_still(clip.film).items() if clip.start_us <= time_us < clip.end_us
    }


def _spoken(film: Film) -> Callable[[int], bool]:
    """Whether a voice is heard at a time; never where nothing is known of voices."""
    voice = film.tables.table("voice", film.video_id, ["start_us", "end_us"])
    starts, ends = ([], []) if voice is None else (voice[name].to_pylist() for name in ("start_us", "end_us"))
    return lambda time_us: (k := bisect_right(starts, time_us)) > 0 and time_us < ends[k - 1]
