"""Spans that are no ordinary footage, told from stored signals: black, plain, title cards, credits.

The tests are strict, because a span that is marked wrongly is lost to its user: what is not clearly one of
these has no mark.
"""

import numpy as np

from shotlist.engine.film import Film
from shotlist.records import Span

_DARK = 0.97
"""Share of a frame's pixels below 10 % of white that makes it a black one."""
_PLAIN = 0.97
"""Share of pixels of one brightness that makes a frame plain."""
_BACKGROUND = 0.70
"""Share of pixels of one brightness that can be the background of lettering."""
_FEW_GREYS = 12.0
"""Colourfulness below which lettering on a background is likely."""
_SLOW = 0.02
"""Movement in frame sizes per second below which a card counts as standing still."""


def mark_of(film: Film, span: Span) -> str | None:
    """``black``, ``blank``, ``title card``, ``credits`` or None for a span of a film."""
    part = slice(span.start_frame, span.end_frame)
    signals = film.signals
    dark, flat = np.nanmedian(signals["dark"][part]), np.nanmedian(signals["flat"][part])
    contrast = float(np.nanmedian(signals["contrast"][part]))
    if np.nanpercentile(signals["dark"][part], 10) > _DARK and contrast < 0.03:
        return "black"
    if flat > _PLAIN and contrast < 0.03:
        return "blank"
    lettering = flat > _BACKGROUND and contrast > 0.03 and _pale(film, part)
    if not lettering:
        return None
    if _rolls(film, part):
        return "credits"
    return "title card" if _stands(film, part) and dark > _BACKGROUND else None


def _pale(film: Film, part: slice) -> bool:
    return float(np.nanmedian(film.signals["colourfulness"][part])) < _FEW_GREYS


def _median(film: Film, name: str, part: slice) -> float:
    values = film.signals[name][part]
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else 0.0


def _stands(film: Film, part: slice) -> bool:
    speeds = (abs(_median(film, "dx", part)), abs(_median(film, "dy", part)), _median(film, "local_motion", part))
    return max(speeds) < _SLOW


def _rolls(film: Film, part: slice) -> bool:
    """Lettering that moves up (or down) evenly and not sideways."""
    dy = film.signals["dy"][part]
    dy = dy[~np.isnan(dy)]
    if len(dy) < 8 or abs(_median(film, "dx", part)) > _SLOW:
        return False
    middle = float(np.median(dy))
    return abs(middle) > _SLOW and float(np.mean(np.sign(dy) == np.sign(middle))) > 0.8
