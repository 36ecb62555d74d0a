"""Spans that are no ordinary footage, told from stored signals: black, plain, title cards, credits.

The tests are strict, because a span that is marked wrongly is lost to its user: what is not clearly one of
these has no mark.
"""

import numpy as np
import numpy.typing as npt

from shotlist.engine.film import Film
from shotlist.records import Span

_DARK = 0.99
"""Share of a frame's pixels below 10 % of white that makes it a black one."""
_EVEN = 0.006
"""Standard deviation of luma (0..0.5) below which nothing is to be seen on a plain or black frame."""
_PLAIN = 0.97
"""Share of pixels of one brightness that makes a frame plain."""
_BACKGROUND = 0.70
"""Share of pixels that are dark, and of one brightness, behind the lettering of a card."""
_FEW_COLOURS = 12.0
"""Colourfulness below which lettering on a background is likely."""
_SLOW = 0.02
"""Movement in frame sizes per second below which a card counts as standing still."""


def mark_of(film: Film, span: Span) -> str | None:
    """``black``, ``blank``, ``title card``, ``credits`` or None for a span of a film."""
    seen = _Seen(film, slice(span.start_frame, span.end_frame))
    colourful = seen.median("colourfulness") > _FEW_COLOURS
    if seen.median("contrast") < _EVEN:
        if seen.median("dark") > _DARK and not colourful:
            return "black"
        return "blank" if seen.median("flat") > _PLAIN else None
    if seen.median("dark") < _BACKGROUND or colourful:
        return None
    if seen.rolls():
        return "credits"
    return "title card" if seen.median("flat") > _BACKGROUND and seen.stands() else None


class _Seen:
    """The signals of a span."""

    def __init__(self, film: Film, part: slice) -> None:
        self._film = film
        self._part = part

    def values(self, name: str) -> npt.NDArray[np.float32]:
        """What was measured of one signal."""
        found: npt.NDArray[np.float32] = self._film.signals[name][self._part]
        return found[~np.isnan(found)]

    def median(self, name: str) -> float:
        values = self.values(name)
        return float(np.median(values)) if len(values) else 0.0

    def stands(self) -> bool:
        return max(abs(self.median("dx")), abs(self.median("dy")), self.median("local_motion")) < _SLOW

    def rolls(self) -> bool:
        """Lettering that moves up (or down) evenly and not sideways."""
        dy = self.values("dy")
        if len(dy) < 8:
            return False
        speed = float(np.median(dy))
        steady = float(np.mean(np.sign(dy) == np.sign(speed)))
        return abs(speed) > _SLOW and steady > 0.85 and abs(self.median("dx")) < 0.3 * abs(speed)
