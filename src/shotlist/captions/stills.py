"""Which of a clip's stored stills a model sees: their times first, then their pictures."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from shotlist.engine.film import Clip, StillInfo
from shotlist.models.contracts import Footage, Still


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


def nearest(clip: Clip, times: Iterable[int]) -> list[StillInfo]:
    """The still inside the clip nearest to each time; empty for a clip without stills."""
    stills = clip.stills
    return [_nearest(stills, time) for time in times] if stills else []


def _nearest(stills: Sequence[StillInfo], time: int) -> StillInfo:
    after = bisect_left(stills, time, key=lambda still: still.time_us)
    return min(stills[max(0, after - 1) : after + 1], key=lambda still: abs(still.time_us - time))


def pictures(clip: Clip, times: Iterable[int]) -> list[Still]:
    """Those stills with their pictures, each once, in the order of time."""
    wanted = {still.time_us for still in nearest(clip, times)}
    if not wanted:
        return []
    stored = clip.film.jpegs(min(wanted), max(wanted) + 1)
    return [Still(time, jpeg) for time, jpeg in stored if time in wanted]


def footage(clip: Clip, n: int) -> Footage | None:
    """``n`` even stills with their true times from the clip's start; None for a clip without stills."""
    stills = pictures(clip, even(clip, n))
    return Footage(tuple(stills), clip.start_us) if stills else None
