"""Which of the stored stills a model sees of a clip.

``scan`` keeps stills at a steady rate, but none where the picture has not changed since the last one: that one then
stands for all times up to the next, also where it lies before the clip, in the same shot.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shotlist.engine.film import Clip, StillInfo
from shotlist.models.contracts import Footage, Still
from shotlist.timing import SECOND

_STEADY_US = SECOND
"""Stills that are closer together come at their steady rate; in longer gaps nothing changed."""


@dataclass(frozen=True)
class View:
    """What is seen at a time inside the clip."""

    time_us: int
    still: StillInfo


def even(clip: Clip, n: int) -> list[int]:
    """``n`` times that lie evenly in a clip: the middles of equal parts."""
    length = clip.end_us - clip.start_us
    return [clip.start_us + (2 * k + 1) * length // (2 * n) for k in range(n)]


def at_shares(clip: Clip, shares: Iterable[float]) -> list[int]:
    """Times at shares of a clip's length: 0 its first frame, 1 its last."""
    length = clip.end_us - clip.start_us
    return [min(clip.start_us + round(share * length), clip.end_us - 1) for share in shares]


def each(clip: Clip, per_second: float) -> list[int]:
    """Times at an even rate, as many as fit, at least one."""
    return even(clip, max(1, round(clip.seconds * per_second)))


def drawn(clip: Clip, begin: float, end: float) -> int:
    """A random time between two shares of a clip's length, the same whenever it is asked for."""
    share = int.from_bytes(hashlib.blake2b(clip.clip_id.encode(), digest_size=8).digest(), "big") / 2**64
    return at_shares(clip, [begin + (end - begin) * share])[0]


def views(clip: Clip, times: Iterable[int]) -> list[View]:
    """What is seen at each time: the nearest still. Empty for a clip of which no still is known."""
    stills, begin = clip.film.stills, _shot_start(clip)
    found = (_view(clip, stills, begin, time) for time in times)
    return [view for view in found if view is not None]


def _view(clip: Clip, stills: Sequence[StillInfo], begin: int | None, time: int) -> View | None:
    k = bisect_right(stills, time, key=lambda still: still.time_us)
    before = stills[k - 1] if k and (begin is None or stills[k - 1].time_us >= begin) else None
    after = stills[k] if k < len(stills) and stills[k].time_us < clip.end_us else None
    if before is None or after is None:
        found = before or after
        return View(max(found.time_us, clip.start_us), found) if found else None
    if after.time_us - before.time_us > _STEADY_US:
        return View(time, before)
    near = before.time_us >= clip.start_us and time - before.time_us <= after.time_us - time
    return View(before.time_us, before) if near else View(after.time_us, after)


def _shot_start(clip: Clip) -> int | None:
    """Where the shot begins in which the clip begins; None where shots are not known."""
    starts = [row["clean_start_us"] for row in clip.film.rows("shots")]
    k = bisect_right(starts, clip.start_us)
    return starts[k - 1] if k else None


def pictures(clip: Clip, times: Iterable[int]) -> list[Still]:
    """What is seen at those times as pictures, each still once, in the order of time."""
    seen = {view.still.time_us: view.time_us for view in reversed(views(clip, times))}
    if not seen:
        return []
    stored = clip.film.jpegs(min(seen), max(seen) + 1)
    return [Still(seen[time], jpeg) for time, jpeg in stored if time in seen]


def footage(clip: Clip, n: int) -> Footage | None:
    """``n`` even stills with their times from the clip's start, fewer where it stands still; None without any."""
    found = pictures(clip, even(clip, n))
    return Footage(tuple(found), clip.start_us) if found else None
