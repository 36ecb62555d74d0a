"""What an item of text is for, told by plain rules from where it stands, how long, and what is around it.

A *page* is a picture in which nothing is to be seen but text. The first rule that fits counts:

- ``logo``: in a corner, in the same place in at least three shots;
- ``subtitle``: centred in the upper or lower part for ten seconds at most, where other text stands at other times,
  with at most four other lines;
- ``credits``: rolls up, or stands with at least five other lines on a dark page;
- ``slide``: on a light page;
- ``title card``: on a dark page;
- ``banner``: stands still over a picture in its upper or lower part, and comes or goes within a shot or outlasts one;
- ``scene``: anything else, such as signs, screens, writing on a board.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, get_args

from shotlist.annotate.text_tracks import Track, likeness, overlap
from shotlist.models.contracts import Box
from shotlist.timing import SECOND

Kind = Literal["title card", "subtitle", "logo", "credits", "slide", "banner", "scene"]
KINDS: tuple[str, ...] = get_args(Kind)

_CORNER = (0.35, 0.25)
"""A corner's width and height in shares of the picture."""
_LOGO_SHOTS = 3
_BAND = (0.3, 0.6)
"""Above the first and below the second share of the height lie the upper and the lower part."""
_CENTRED = 0.1
"""How far from the middle the middle of a centred line may be."""
_SUBTITLE_US = 10 * SECOND
_SUBTITLE_LINES = 5
_CREDIT_LINES = 6
_STILL = 0.02
"""How far text that stands still may seem to move, in shares of the picture."""
_ROLLED = 0.15
"""How far text must have risen to be rolling credits."""
_WITHIN_US = SECOND
"""Text that begins so long after a shot, or ends so long before its end, comes or goes within it."""


def kinds(tracks: Sequence[Track], cuts: Sequence[int], end_us: int) -> list[Kind]:
    """The kind of each item of one film; ``cuts`` are the times at which its shots begin."""
    logos = [_is_logo(track, tracks) for track in tracks]
    centred = [t for t, logo in zip(tracks, logos, strict=True) if not logo and _subtitle_place(t)]
    over_pictures = [t for t in centred if not _on_page(t)]
    found: list[Kind] = []
    for track, logo in zip(tracks, logos, strict=True):
        if logo:
            found.append("logo")
        elif _subtitle_place(track) and any(_other_text(track, other) for other in over_pictures):
            found.append("subtitle")
        else:
            found.append(_rest(track, cuts, end_us))
    return found


def _rest(track: Track, cuts: Sequence[int], end_us: int) -> Kind:
    light = track.best.ground > 0.5
    if _rolls(track) or (_on_page(track) and not light and track.most >= _CREDIT_LINES):
        return "credits"
    if _on_page(track):
        return "slide" if light else "title card"
    return "banner" if _laid_over(track, cuts, end_us) else "scene"


def _is_logo(track: Track, tracks: Sequence[Track]) -> bool:
    box = track.best.box
    width, height = _CORNER
    if (width < box.right and box.left < 1 - width) or (height < box.bottom and box.top < 1 - height):
        return False
    same = (t for t in tracks if overlap(t.best.box, box) > 0.5 and likeness(t.best.text, track.best.text) > 0.7)
    return len(set().union(*(t.shots for t in same))) >= _LOGO_SHOTS


def _subtitle_place(track: Track) -> bool:
    box = track.best.box
    centred = abs((box.left + box.right) / 2 - 0.5) < _CENTRED
    short = track.end_us - track.start_us <= _SUBTITLE_US and track.fewest <= _SUBTITLE_LINES
    return centred and short and _in_band(box) and _stands(track)


def _other_text(track: Track, other: Track) -> bool:
    """Whether another text of the same size stands in the same rows at another time."""
    a, b = track.best.box, other.best.box
    rows = min(a.bottom, b.bottom) - max(a.top, b.top)
    heights = sorted((a.bottom - a.top, b.bottom - b.top))
    apart = track.end_us <= other.start_us or other.end_us <= track.start_us
    return apart and rows > 0.5 * heights[0] and heights[1] < 1.5 * heights[0]


def _laid_over(track: Track, cuts: Sequence[int], end_us: int) -> bool:
    if not _stands(track) or not _in_band(track.best.box) or track.seen < 2:
        return False
    k = bisect_right(cuts, track.start_us)
    begins = cuts[k - 1] if k else track.start_us
    ends = cuts[k] if k < len(cuts) else end_us
    return len(track.shots) > 1 or track.start_us - begins >= _WITHIN_US or ends - track.end_us >= _WITHIN_US


def _on_page(track: Track) -> bool:
    return 2 * track.plain > track.seen


def _in_band(box: Box) -> bool:
    return box.bottom <= _BAND[0] or box.top >= _BAND[1]


def _stands(track: Track) -> bool:
    a, b = track.first.box, track.last.box
    middle = abs(a.left + a.right - b.left - b.right) / 2
    return middle < _STILL and abs(a.top + a.bottom - b.top - b.bottom) / 2 < _STILL


def _rolls(track: Track) -> bool:
    a, b = track.first.box, track.last.box
    return a.top - b.top > _ROLLED and abs(a.left + a.right - b.left - b.right) / 2 < _STILL
