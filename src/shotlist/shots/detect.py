"""The default shot-boundary detector: hard cuts, dissolves and fades from tiny planes of every frame.

Every test compares a change with what happens around it, so few thresholds are absolute:

- a *cut* is a change between neighbouring frames that stands out of its neighbourhood (the largest against
  the second largest difference in a window, Yeo and Liu 1995), that spreads over the picture and lasts;
- a *dissolve* is a stretch in which all pixels travel together from one picture to another (the linear
  model of Hampapur, Jain and Weymouth 1994), between quieter stretches;
- a *fade* is a gradual way into or out of a plain picture of any colour.

Pictures are compared by an interval distance: a pixel counts only by how far it lies outside the range of
its 3 x 3 neighbourhood in the other picture (the idea of Birchfield and Tomasi 1998). On planes this small
that forgives the motion of everything that moves by less than a thirtieth of the width per frame.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shotlist.records import Boundary, BoundaryKind

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Planes = tuple[Ints, Bytes, Bytes]
"""Times (n,) in microseconds, luma (n, 18, 32) and chroma (n, 2, 9, 16) of n presented frames."""

SECOND = 1_000_000
BLOCK = 4096
"""Frames judged at a time. Blocks do not depend on how the input was chunked, so neither do the results."""
MARGIN = 720
"""Most frames of context kept on either side of a block: six seconds at 120 frames per second."""
REACH = 6 * SECOND
"""Context that the tests below may look at, in microseconds."""
CELLS = (3, 4)
"""Rows and columns of the coarse grid on which the spread of a change is judged."""
BAR = 24
"""Luma up to which a pixel may belong to a black bar."""
BURNT = 250
"""Luma from which a pixel may have lost its drawing to too much light."""
BURST_S = 1.0
"""How long an explosion or lightning may light a scene up."""
ALIKE = 0.8
"""Correlation of luma from which two pictures show the same scene, if in another light."""
LONGEST_FADE_S = 3.0
QUARTERS = (0.25, 0.5, 0.75)
SPANS = (0.3, 0.5, 0.8, 1.2, 1.8, 2.6)
"""Distances in seconds at which pictures are compared in search of dissolves."""


@dataclass(frozen=True)
class CutSettings:
    """What counts as a boundary. Differences are in grey levels (0 to 255), times in seconds."""

    rise: float = 2.8
    """How many times the change at a cut exceeds the other changes around it."""
    around_s: float = 0.3
    """How far to either side those other changes are looked for."""
    flash_s: float = 0.25
    """A picture that is back within this time was interrupted by a flash, not by a cut."""
    returned: float = 0.35
    """Share of a change that is left when a picture counts as being back."""
    blend_error: float = 0.15
    """Share of the change over a dissolve that a blend of its two ends may leave unexplained."""
    different: float = 15.0
    """Interval distance of two pictures that surely show different things; less must blend better."""
    plain: float = 3.0
    """Contrast (standard deviation of luma) below which a picture is plain."""
    gap_s: float = 2.0
    """A plain stretch shorter than this, between fades, belongs to one boundary; a longer one is a shot."""
    shortest_s: float = 0.12
    """Of boundaries closer than this only the clearest is kept."""


def boundaries(times_us: Ints, luma: Bytes, chroma: Bytes, settings: CutSettings | None = None) -> list[Boundary]:
    """Find the boundaries of one video from planes held in memory.

    ``times_us`` (n,) increases; ``luma`` (n, 18, 32) is full-range, ``chroma`` (n, 2, 9, 16) holds U and V. The
    result is sorted and free of overlaps; frame numbers count from the first row.
    """
    return boundaries_in_chunks([(times_us, luma, chroma)], settings)


def boundaries_in_chunks(chunks: Iterable[Planes], settings: CutSettings | None = None) -> list[Boundary]:
    """Find the boundaries of one video from consecutive chunks of planes, in bounded memory.

    Chunks may have any lengths, even none; the result is that of ``boundaries`` on the whole arrays. No more
    than about 6000 frames of planes are held at a time.
    """
    settings = settings or CutSettings()
    marks = [m for block in _blocks(chunks) for m in _Judge(block, settings).marks()]
    return [Boundary(m.start, m.end, m.kind, round(m.confidence, 4)) for m in _settle(marks, settings)]


@dataclass(frozen=True)
class _Mark:
    """A possible boundary in absolute frame numbers, with the times of its ends in microseconds."""

    start: int
    end: int
    kind: BoundaryKind
    confidence: float
    start_us: int
    end_us: int
    strength: float = 1.0


@dataclass(frozen=True)
class _Block:
    """Planes of some frames: ``core`` is the range that is judged, the rest context on either side."""

    first: int
    core: range
    times: Ints
    luma: Bytes
    chroma: Bytes
    last: bool


# Streaming


def _blocks(chunks: Iterable[Planes]) -> Iterator[_Block]:
    """Regroup chunks into blocks of BLOCK frames with their context."""
    parts: list[Planes] = []
    first = start = 0  # of the frames held; of the next block
    for chunk in chunks:
        parts.append(chunk)
        while first + sum(len(p[0]) for p in parts) >= start + BLOCK + MARGIN:
            held = _joined(parts)
            yield _block(held, first, start, last=False)
            start += BLOCK
            drop = max(0, start - MARGIN - first)
            first += drop
            parts = [(held[0][drop:], held[1][drop:], held[2][drop:])]
    held = _joined(parts)
    while start < first + len(held[0]):
        yield _block(held, first, start, last=True)
        start += BLOCK


def _joined(parts: list[Planes]) -> Planes:
    """Put chunks one after the other."""
    if not parts:
        return np.zeros(0, np.int64), np.zeros((0, 18, 32), np.uint8), np.zeros((0, 2, 9, 16), np.uint8)
    times, luma, chroma = zip(*parts, strict=True)
    return np.concatenate(times), np.concatenate(luma), np.concatenate(chroma)


def _block(held: Planes, first: int, start: int, last: bool) -> _Block:
    """Cut the block that begins at frame ``start`` out of the frames held, with REACH of context."""
    times = held[0]
    a, b = start - first, min(start - first + BLOCK, len(times))
    low = max(a - MARGIN, int(np.searchsorted(times, times[a] - REACH)))
    high = min(b + MARGIN, int(np.searchsorted(times, times[b - 1] + REACH, side="right")))
    low, high = min(low, a), max(high, b)
    keep = slice(low, high)
    return _Block(first + low, range(a - low, b - low), times[keep], held[1][keep], held[2][keep],
                  last and high == len(times))


# Comparing pictures


def _extremes(planes: Bytes) -> tuple[Bytes, Bytes]:
    """Smallest and largest value in each pixel's 3 x 3 neighbourhood, flattened per frame."""
    out = []
    for best in (np.minimum, np.maximum):
        rows = planes.copy()
        best(rows[..., 1:, :], planes[..., :-1, :], out=rows[..., 1:, :])
        best(rows[..., :-1, :], planes[..., 1:, :], out=rows[..., :-1, :])
        both = rows.copy()
        best(both[..., 1:], rows[..., :-1], out=both[..., 1:])
        best(both[..., :-1], rows[..., 1:], out=both[..., :-1])
        out.append(both.reshape(len(planes), -1))
    return out[0], out[1]


class _Pictures:
    """Frames ready to be compared: each a row of 576 luma and 288 chroma values, so luma weighs double."""

    def __init__(self, luma: Bytes, chroma: Bytes) -> None:
        n = len(luma)
        self.luma = luma
        self.rows = np.concatenate([luma.reshape(n, -1), chroma.reshape(n, -1)], axis=1)
        lows, highs = zip(_extremes(luma), _extremes(chroma), strict=True)
        self.low, self.high = np.concatenate(lows, axis=1), np.concatenate(highs, axis=1)

    def outside(self, a: Ints, b: Ints) -> Bytes:
        """By how much each value of frames ``a`` lies outside its neighbourhood in frames ``b``, (k, 864)."""
        rows, low, high = self.rows[a], self.low[b], self.high[b]
        return np.maximum(rows, high) - high + (low - np.minimum(rows, low))

    def distance(self, a: Ints, b: Ints) -> Floats:
        """Interval distance of frames ``a`` and ``b`` in grey levels, (k,)."""
        return (_sums(self.outside(a, b)) + _sums(self.outside(b, a))) / np.float32(2 * 576)

    def plain_distance(self, a: Ints, b: Ints) -> Floats:
        """Mean absolute difference of frames ``a`` and ``b`` in grey levels, (k,)."""
        x, y = self.rows[a], self.rows[b]
        return _sums(np.maximum(x, y) - np.minimum(x, y)) / np.float32(576)

    @cached_property
    def blurred(self) -> Floats:
        """Frames at half resolution, (n, 208): there the motion inside a shot disturbs a blend less."""
        n = len(self.luma)
        luma = self.luma.reshape(n, 9, 2, 16, 2).mean((2, 4), dtype=np.float32)
        chroma = self.rows[:, 576:].reshape(n, 2, 9, 16)[:, :, :8]
        chroma = chroma.reshape(n, 2, 4, 2, 8, 2).mean((3, 5), dtype=np.float32)
        return np.concatenate([luma.reshape(n, -1), chroma.reshape(n, -1)], axis=1)


def _sums(rows: Bytes) -> Floats:
    """Sum of each row."""
    return np.asarray(np.add.reduce(rows, axis=1, dtype=np.uint32), np.float32)


def _contrast(luma: Bytes) -> Floats:
    """Standard deviation of each frame's luma, (n,)."""
    return np.asarray(luma.reshape(len(luma), -1).std(axis=1, dtype=np.float32))


# Judging one block


class _Judge:
    """All tests on one block; frame numbers inside are relative to the block."""

    def __init__(self, block: _Block, settings: CutSettings) -> None:
        self.block, self.settings = block, settings
        self.times, self.n = block.times, len(block.times)
        self.pictures = _Pictures(block.luma, block.chroma)
        later = np.arange(1, self.n)
        self.change = np.append(np.float32(0), self.pictures.distance(later, later - 1))
        self.plain_change = np.append(np.float32(0), self.pictures.plain_distance(later, later - 1))
        self.contrast = _contrast(block.luma)
        self.texture = _variance(self.pictures.blurred)

    def marks(self) -> list[_Mark]:
        """Boundaries whose place is in the core of the block."""
        cuts = self._cuts()
        self.cut_frames = np.array(sorted(cuts), np.int64)
        found = [self._mark(t, t, "cut", c) for t, c in cuts.items() if t in self.block.core]
        return found + self._fades() + self._dissolves()

    def _mark(self, a: int, b: int, kind: BoundaryKind, confidence: float, strength: float = 1.0) -> _Mark:
        first, ends = self.block.first, self.times[[a, min(b, self.n - 1)]]
        return _Mark(first + a, first + b, kind, confidence, int(ends[0]), int(ends[1]), strength)

    def _window(self, t: int, before_s: float, after_s: float, least: int = 0) -> tuple[int, int]:
        """Frames [low, high) within so many seconds of frame t, at least ``least`` on either side."""
        low, high = np.searchsorted(self.times, [self.times[t] - before_s * SECOND,
                                                 self.times[t] + after_s * SECOND + 1])
        return max(0, min(int(low), t - least)), min(self.n, max(int(high), t + 1 + least))

    # Cuts

    def _cuts(self) -> dict[int, float]:
        """Hard cuts: first frame of the new shot and confidence."""
        out = {}
        for t in self._peaks():
            score = self._rise(t) * self._spread(t)
            if score >= self.settings.rise and not self._returns(t) and not self._relit(t - 1, t):
                out[t] = score / (score + self.settings.rise)
        return out

    def _peaks(self) -> list[int]:
        """Frames that changed more than both neighbours, and enough to be looked at more closely."""
        c = np.pad(self.change, 1)
        top = (c[1:-1] >= c[:-2]) & (c[1:-1] > c[2:]) & (self.change > 0.3)
        # a quick bound on the rise: the third largest of the five changes around the peak is never above
        # the second largest of the whole window
        around = np.lib.stride_tricks.sliding_window_view(np.pad(self.change, 2), 5)
        third = np.partition(around, 2, axis=1)[:, 2]
        return [int(t) for t in np.flatnonzero(top & (self.change > self.settings.rise * third * 0.5))]

    def _rise(self, t: int) -> float:
        """How far the change at t stands out, as interval and as plain difference (geometric mean).

        It is compared with the second largest of the other changes: one may belong to a second cut close by,
        or to the same cut where a frame was blended out of both shots. The constants are the noise of coding.
        """
        low, high = self._window(t, self.settings.around_s, self.settings.around_s, least=3)
        low = max(low, 1)
        rises = []
        for change, noise in ((self.change, 0.15), (self.plain_change, 0.3)):
            others = np.sort(np.delete(change[low:high], t - low))
            second = float(others[-2]) if len(others) > 1 else 0.0
            rises.append(float(change[t]) / (second + noise))
        return float(np.sqrt(rises[0] * rises[1]))

    def _spread(self, t: int) -> float:
        """Share of the picture that changed: 1 from half of the picture upwards, less for captions."""
        change = self.pictures.outside(np.array([t]), np.array([t - 1]))[0, :576].astype(np.float32)
        change += self.pictures.outside(np.array([t - 1]), np.array([t]))[0, :576]
        cells = change.reshape(CELLS[0], 18 // CELLS[0], CELLS[1], 32 // CELLS[1]).sum((1, 3))
        share = cells.sum() ** 2 / (cells.size * (cells**2).sum() + 1e-6)  # 1 when all cells change alike
        return min(1.0, 2 * float(share))

    def _returns(self, t: int) -> bool:
        """Whether the picture before t is soon back, or that at t was there shortly before: a flash."""
        reach = BURST_S if self._only_light(t) else self.settings.flash_s
        low, high = self._window(t, reach, reach, least=2)
        after, before = np.arange(t + 1, high), np.arange(low, t - 1)
        pairs = np.concatenate([np.stack([np.full_like(after, t - 1), after]), np.stack([before, np.full_like(before, t)])], axis=1)
        if not pairs.size:
            return False
        left = self.pictures.distance(*pairs)
        a, b = (int(i) for i in pairs[:, left.argmin()])
        near = abs(self.times[b] - self.times[a]) <= 1.5 * self.settings.flash_s * SECOND
        return bool(left.min() < self.settings.returned * self.change[t]) and (near or self._likeness(a, b) > ALIKE)

    def _only_light(self, t: int) -> bool:
        """Whether frame t is brighter, or darker, than the one before at nearly every pixel."""
        if self.contrast[t - 1 : t + 1].min() < self.settings.plain:
            return False  # a picture that comes out of black is no flash
        step = self.block.luma[t].astype(np.int16) - self.block.luma[t - 1]
        return bool(min((step < -4).mean(), (step > 4).mean()) < 0.02)

    def _relit(self, a: int, b: int) -> bool:
        """Whether two frames differ in light alone: one, made brighter or darker, is the other."""
        if self._likeness(a, b) < ALIKE:
            return False
        pair, seen = self._seen(a, b)
        old, new = pair[:, seen]
        lit = (pair[0] - old.mean()) * (new.std() / old.std()) + new.mean()
        luma = np.where(seen, [pair[0], lit.clip(0, 255).round(), pair[1]], 0).astype(np.uint8)
        same = _Pictures(luma, np.zeros((3, 2, 9, 16), np.uint8))
        before, after = same.distance(np.array([0, 1]), np.array([2, 2]))
        return bool(after < self.settings.returned * before)

    def _likeness(self, a: int, b: int) -> float:
        """Correlation of the luma of two frames, whatever their light; 0 where one of them is plain."""
        pair, seen = self._seen(a, b)
        old, new = pair[:, seen]
        if len(old) < 60 or min(old.std(), new.std()) < self.settings.plain:
            return 0.0
        return float(np.corrcoef(old, new)[0, 1])

    def _seen(self, a: int, b: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Luma of two frames, (2, 18, 32), and where both show something: no black bars, nothing burnt out."""
        pair = self.block.luma[[a, b]].astype(np.float32)
        brightest = pair.max(0)
        return pair, (brightest > BAR) & (brightest < BURNT)

    # Fades

    def _plain_runs(self) -> list[tuple[int, int]]:
        """Stretches [a, b) of plain pictures."""
        plain = np.concatenate([[False], self.contrast < self.settings.plain, [False]])
        edges = np.flatnonzero(plain[1:] != plain[:-1])
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def _fades(self) -> list[_Mark]:
        """Gradual ways into and out of plain stretches; a way out and a way in that are close are one fade."""
        return [m for a, b in self._plain_runs() for m in self._around_plain(a, b)]

    def _around_plain(self, a: int, b: int) -> list[_Mark]:
        """Boundaries at a plain stretch of frames [a, b)."""
        start, end = self._foot(a, -1), self._foot(b - 1, 1)
        lasts = self.times[min(b, self.n - 1)] - self.times[a]
        fades_out = start < a and not self._pops(a) and self._dims(start, a)
        fades_in = end > b and not self._pops(b) and self._dims(end - 1, b - 1)
        if fades_out and fades_in and lasts <= self.settings.gap_s * SECOND:
            return [self._mark(start, end, "fade", 0.9)] if a in self.block.core else []
        marks = []
        if lasts > self.settings.flash_s * SECOND:
            if fades_out and b < self.n:
                marks.append(self._mark(start, a, "fade", 0.7))
            if fades_in and a > 0:
                marks.append(self._mark(b, end, "fade", 0.7))
            marks += [self._mark(t, t, "cut", 0.6) for t in (a, b) if self._pops(t)]
        return [m for m in marks if m.start - self.block.first in self.block.core]

    def _pops(self, t: int) -> bool:
        """Whether a drawing as small as a title stands on, or is gone from, a plain ground all at once at t."""
        if not 0 < t < self.n:
            return False
        low, high = self._window(t, 0.2, 0.2)
        step = self.contrast[t] - self.contrast[t - 1]
        return bool(abs(step) > self.settings.plain / 2 and abs(step) > 0.6 * self.contrast[low:high].max())

    def _dims(self, shown: int, plain: int) -> bool:
        """Whether the way between a picture and a plain one is a blend of both, not an object in the way."""
        shown = min(shown, self.n - 1)
        a, b, t = np.array([[shown], [plain], [(shown + plain) // 2]])
        rows = self.pictures.blurred
        way = rows[b[0]] - rows[a[0]]
        weight = np.clip((rows[t] - rows[a]) @ way / (way @ way + 1), 0, 1)
        off = self._off_blend(a, b, t, weight)[0] / (self.pictures.distance(a, b)[0] + 0.5)
        return bool(off < self.settings.blend_error)

    def _foot(self, edge: int, way: int) -> int:
        """Follow the contrast upwards from a plain frame (way -1 or 1) to where the shot is fully seen.

        Gives the first frame of the change (backwards) or the one after its last (forwards); where a cut is, or
        the film ends, that is the plain frame's own place.
        """
        low, high = self._window(edge, LONGEST_FADE_S, LONGEST_FADE_S)
        cuts = self.cut_frames
        if way < 0:
            low = max(low, int(cuts[cuts <= edge].max(initial=0)))
        else:
            high = min(high, int(cuts[cuts > edge].min(initial=self.n)))
        path = self.contrast[low : edge + 1][::-1] if way < 0 else self.contrast[edge:high]
        still = np.flatnonzero((path[1:] < 1.02 * path[:-1]) & (path[:-1] > self.settings.plain))
        path = path[: int(still[0]) + 1] if still.size else path
        # the last tenth of the way up may be slow motion of the shot itself, so it is extrapolated
        steps = int(np.ceil(np.argmax(path >= path[0] + 0.9 * (path[-1] - path[0])) / 0.9))
        steps = min(steps, len(path) - 1)
        return edge - steps if way < 0 else edge + steps + 1

    # Dissolves

    def _dissolves(self) -> list[_Mark]:
        """Stretches in which one picture turns into another everywhere at once."""
        return [m for span in SPANS for m in self._blends(span)] if self.n > 4 else []

    def _blends(self, span: float) -> list[_Mark]:
        """Stretches of one length that are blends of their ends: those better than all that overlap them."""
        interval = max(1.0, float(np.median(np.diff(self.times))))
        half = max(2, round(span * SECOND / 2 / interval))
        middles = np.arange(half, self.n - half, max(1, half // 6))
        crossed = np.diff(np.searchsorted(self.cut_frames, [middles - half + 1, middles + half + 1]), axis=0)[0]
        middles = middles[crossed == 0]
        change = self.pictures.distance(middles - half, middles + half)
        loss = self._contrast_loss(middles, half)
        keep = (change > 1.5) & (loss > 0.4) & (loss < 2.5)
        middles, change, loss = middles[keep], change[keep], loss[keep]
        error = self._unexplained(middles, half) / (change + 0.5) + 0.15 * np.maximum(0, 1 - loss)
        allowed = self.settings.blend_error * np.minimum(1, change / self.settings.different) ** 2
        confidence = 1 - error / (2 * allowed)
        out = []
        for i in np.flatnonzero(error < allowed):
            m = int(middles[i])
            if m in self.block.core and self._likeness(m - half, m + half) < ALIKE:
                out.append(self._mark(m - half + 1, m + half, "dissolve", float(confidence[i]),
                                      float(change[i] * (confidence[i] - 0.5))))
        return out

    def _contrast_loss(self, middles: Ints, half: int) -> Floats:
        """How much contrast the pictures inside lose, as a share of what blended pictures would lose.

        A blend of unlike pictures is flatter than either, by an amount that follows from how unlike they are
        (Alattar 1993); motion does not flatten. About 1 in a dissolve, whatever moves in it, and 0 elsewhere.
        """
        a, b = middles - half, middles + half
        expected = _variance(self.pictures.blurred[b] - self.pictures.blurred[a])
        lost = np.zeros(len(middles), np.float32)
        for w in QUARTERS:
            t = a + round(2 * half * w)
            lost += (1 - w) * self.texture[a] + w * self.texture[b] - self.texture[t]
        return lost / (expected * sum(w * (1 - w) for w in QUARTERS) + 60)

    def _unexplained(self, middles: Ints, half: int) -> Floats:
        """Mean interval distance of the pictures inside from the blends of the two ends."""
        a, b = middles - half, middles + half
        errors = [self._off_blend(a, b, a + round(2 * half * w), np.full(len(a), w)) for w in QUARTERS]
        return np.asarray(np.mean(errors, axis=0), np.float32)

    def _off_blend(self, a: Ints, b: Ints, t: Ints, weight: Floats) -> Floats:
        """Interval distance of frames t from frames a and b blended with the given weight of b, (k,)."""
        p, w = self.pictures, weight.astype(np.float32)[:, None]
        row = p.rows[t].astype(np.float32)
        low = p.low[a] * (1 - w) + p.low[b] * w
        high = p.high[a] * (1 - w) + p.high[b] * w
        return (np.maximum(row - high, 0) + np.maximum(low - row, 0)).sum(1) / np.float32(576)


def _variance(rows: Floats) -> Floats:
    """Sum of squared deviations from the mean of each plane, (n,), of blurred rows."""
    return np.asarray(sum(p.var(1) * p.shape[1] for p in (rows[:, :144], rows[:, 144:176], rows[:, 176:])))


def _settle(marks: list[_Mark], settings: CutSettings) -> list[_Mark]:
    """Keep the clearest of boundaries that overlap or follow each other too closely."""
    rank = {"fade": 0, "cut": 1, "dissolve": 2}
    kept: list[_Mark] = []
    for m in sorted(marks, key=lambda m: (rank[m.kind], -m.strength, -m.confidence, m.start)):
        if all(_apart(m, k, settings.shortest_s * SECOND) for k in kept):
            kept.append(m)
    return sorted(kept, key=lambda m: m.start)


def _apart(a: _Mark, b: _Mark, least: float) -> bool:
    """Whether two marks can both stand."""
    if a.kind == "dissolve" or b.kind == "dissolve":
        # what is left of a dissolve beside the stretch that fits best is not another one
        least = max([least] + [0.5 * (m.end_us - m.start_us) for m in (a, b) if m.kind == "dissolve"])
    elif a.kind != b.kind:
        return a.start >= b.end or a.end <= b.start
    return a.start_us >= b.end_us + least or a.end_us <= b.start_us - least
