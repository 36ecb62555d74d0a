"""Hard cuts.

A cut is a change between neighbouring frames that stands out of its neighbourhood (the largest against the
second largest difference in a window, Yeo and Liu 1995), that spreads over the picture and lasts. What only
changes the light (a flash, an explosion, a lamp that is switched on) is none.
"""

import numpy as np

from shotlist.shots.frames import ALIKE, Frames
from shotlist.shots.pictures import PIXELS, Pictures
from shotlist.shots.settings import CutSettings
from shotlist.timing import SECOND

_BURST_S = 1.0
"""How long an explosion or lightning may light a scene up, in seconds."""


class Cuts:
    """The test for cuts on the frames of one block."""

    def __init__(self, frames: Frames, settings: CutSettings) -> None:
        self._frames, self._settings, self._pictures = frames, settings, frames.pictures
        later = np.arange(1, frames.n)
        self._change = np.append(np.float32(0), self._pictures.distance(later, later - 1))
        self._plain_change = np.append(np.float32(0), self._pictures.plain_distance(later, later - 1))

    def found(self) -> dict[int, float]:
        """First frame of the new shot and confidence of each cut, in order; those in the context too."""
        out = {}
        for t in self._peaks():
            score = self._rise(t) * self._spread(t)
            if score >= self._settings.rise and not self._relit_at(t) and not self._returns(t):
                out[t] = score / (score + self._settings.rise)
        return out

    def _peaks(self) -> list[int]:
        """Frames that changed more than both neighbours, and enough to be looked at more closely."""
        c = np.pad(self._change, 2)
        top = (self._change >= c[1:-3]) & (self._change > c[3:-1]) & (self._change > 0.3)
        # Whatever is third among five neighbours is at most second among the others in the whole window, so
        # this spares most frames the closer look. The plain difference may rise more, hence the half.
        third = np.partition(np.lib.stride_tricks.sliding_window_view(c, 5), 2, axis=1)[:, 2]
        return [int(t) for t in np.flatnonzero(top & (self._change > 0.5 * self._settings.rise * third))]

    def _rise(self, t: int) -> float:
        """How far the change at t stands out, as interval and as plain distance (geometric mean).

        It is compared with the second largest of the other changes: one may belong to another cut close by,
        or to the same cut where a frame was blended out of both shots. The constants are the noise of coding.
        """
        held = self._held(t)
        low, high = self._frames.window(t, self._settings.around_s, least=4 * (1 + held))
        a = np.concatenate([np.arange(low, t - 1 - held), np.arange(t, high - 1 - held)])
        others = self._pictures.distance(a, a + 1 + held), self._pictures.plain_distance(a, a + 1 + held)
        change, plain_change = (float(np.partition(o, -2)[-2]) if len(o) > 1 else 0.0 for o in others)
        rises = self._change[t] / (change + 0.15) * self._plain_change[t] / (plain_change + 0.3)
        return float(np.sqrt(rises))

    def _held(self, t: int) -> int:
        """How many frames before t only repeat another, as conversion to a higher rate leaves them behind.

        After them the motion of several frames comes at once, and has to be compared with as much.
        """
        low = self._frames.window(t, self._settings.around_s, least=4)[0]
        most = 0.1 * float(self._plain_change[low:t].mean())
        held = 0
        while held < 3 and t - 1 - held > 0 and self._plain_change[t - 1 - held] < most:
            held += 1
        return held

    def _spread(self, t: int) -> float:
        """Share of the picture that changed: 1 from half of it upwards, less for a caption or a menu."""
        now, before = np.array([t]), np.array([t - 1])
        change = self._pictures.outside(now, before).astype(np.float32) + self._pictures.outside(before, now)
        cells = change[0, :PIXELS].reshape(3, 6, 4, 8).sum((1, 3))
        share = float(cells.sum() ** 2 / (cells.size * (cells**2).sum() + 1e-6))  # 1 when all change alike
        return min(1.0, 2 * share)

    def _returns(self, t: int) -> bool:
        """Whether the picture before t is soon back, or that at t was there shortly before: a flash."""
        low, high = self._frames.window(t, _BURST_S if self._only_light(t) else self._settings.flash_s, least=2)
        befores, afters = np.arange(low, t - 1), np.arange(t + 1, high)
        earlier = np.concatenate([np.full_like(afters, t - 1), befores])
        later = np.concatenate([afters, np.full_like(befores, t)])
        if not len(earlier):
            return False
        left = self._pictures.distance(earlier, later)
        a, b = int(earlier[left.argmin()]), int(later[left.argmin()])
        if left.min() > self._settings.returned * self._change[t]:
            return False
        soon = self._frames.times[b] - self._frames.times[a] <= 1.5 * self._settings.flash_s * SECOND
        return bool(soon) or self._frames.likeness(a, b) > ALIKE

    def _only_light(self, t: int) -> bool:
        """Whether frame t is brighter, or darker, than the one before at nearly every pixel."""
        if self._frames.contrast[t - 1 : t + 1].min() < self._settings.plain:
            return False  # a picture that comes out of black is no flash
        step = self._frames.luma[t].astype(np.int16) - self._frames.luma[t - 1]
        return bool(min((step < -4).mean(), (step > 4).mean()) < 0.02)

    def _relit_at(self, t: int) -> bool:
        """Whether the change at t is one of light alone."""
        # one of the two frames may be blended out of two shots and so resemble both; their neighbours are not
        before, after = max(0, t - 2), min(self._frames.n - 1, t + 1)
        return self._relit(t - 1, t) and self._frames.likeness(before, after) > ALIKE / 2

    def _relit(self, a: int, b: int) -> bool:
        """Whether two frames differ in light alone: one, made brighter or darker, is the other."""
        if self._frames.likeness(a, b) < ALIKE:
            return False
        pair, seen = self._frames.seen(a, b)
        old, new = pair[:, seen]
        lit = (pair[0] - old.mean()) * (new.std() / old.std()) + new.mean()
        luma = np.where(seen, [pair[0], lit.clip(0, 255).round(), pair[1]], 0).astype(np.uint8)
        three = Pictures(luma, np.zeros((3, 2, 9, 16), np.uint8))
        before, after = three.distance(np.array([0, 1]), np.array([2, 2]))
        return bool(after < self._settings.returned * before)
