"""The default shot-boundary detector: hard cuts, dissolves and fades from tiny planes of every frame.

Every test compares a change with what happens around it, so few thresholds are absolute:

- a *cut* is a change between neighbouring frames that stands out of its neighbourhood (the largest against
  the second largest difference in a window, Yeo and Liu 1995), that spreads over the picture and lasts;
- a *dissolve* is a stretch in which one picture gives way to another everywhere at once: the frames inside
  are blends of the two ends (the linear model of Hampapur, Jain and Weymouth 1994) and lose contrast as
  blends do (Alattar 1993), which neither motion nor light does;
- a *fade* is a gradual way into or out of a plain picture of any colour.

Pictures are compared by an interval distance: a pixel counts only by how far it lies outside the range of
its 3 x 3 neighbourhood in the other picture (the idea of Birchfield and Tomasi 1998). On planes this small
that forgives the motion of everything that moves by less than a thirtieth of the width.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shotlist.records import Boundary, BoundaryKind

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Planes = tuple[Ints, Bytes, Bytes]
"""Times (n,) in microseconds, luma (n, 18, 32) and chroma (n, 2, 9, 16) of n presented frames."""

SECOND = 1_000_000
BLOCK = 2048
"""Frames judged at a time. Blocks do not depend on how the input was chunked, so neither do the results."""
MARGIN = 720
"""Most frames of context kept on either side of a block: REACH at 120 frames per second."""
REACH = 6 * SECOND
"""Context that the tests may look at, in microseconds."""

PIXELS = 18 * 32
BAR = 24
"""Luma up to which a pixel may belong to a black bar."""
BURNT = 250
"""Luma from which a pixel may have lost its drawing to too much light."""
ALIKE = 0.8
"""Correlation of luma from which two pictures show the same scene, if in another light."""
BURST_S = 1.0
"""How long an explosion or lightning may light a scene up, in seconds."""
SURE = 0.5
"""Confidence from which a gradual change is believed."""
LONGEST_FADE_S = 3.0
"""How far from a plain picture a fade may begin or end, in seconds."""
SPANS_S = (0.3, 0.5, 0.8, 1.2, 1.8, 2.6)
"""Lengths of the stretches tried as dissolves, in seconds; each also finds what is a third longer."""
INSIDE = (0.25, 0.5, 0.75)
"""Where a stretch is looked at between its ends."""


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
    blend_error: float = 0.13
    """Share of the change over a gradual boundary that a blend of its ends may leave unexplained."""
    different: float = 15.0
    """Interval distance of two pictures that surely show different things; less has to blend better."""
    plain: float = 2.5
    """Contrast (standard deviation of luma) below which a picture is plain."""
    gap_s: float = 2.0
    """A plain stretch shorter than this between two fades belongs to one boundary; a longer one is a shot."""
    shortest_s: float = 0.12
    """Of boundaries closer than this only the clearest is kept."""


def boundaries(times_us: Ints, luma: Bytes, chroma: Bytes, settings: CutSettings | None = None) -> list[Boundary]:
    """Find the boundaries of one video from planes held in memory.

    ``times_us`` (n,) increases; ``luma`` (n, 18, 32) is full-range, ``chroma`` (n, 2, 9, 16) holds U and V.
    The result is sorted and free of overlaps; frame numbers count from the first row.
    """
    return boundaries_in_chunks([(times_us, luma, chroma)], settings)


def boundaries_in_chunks(chunks: Iterable[Planes], settings: CutSettings | None = None) -> list[Boundary]:
    """Find the boundaries of one video from consecutive chunks of planes, in bounded memory.

    Chunks may have any lengths, even none; the result is that of ``boundaries`` on the whole arrays. Beside
    the chunk in hand about 3500 frames of planes are held, whatever the length of the video.
    """
    settings = settings or CutSettings()
    marks = [m for block in _blocks(chunks) for m in _Judge(block, settings).marks()]
    return [Boundary(m.start, m.end, m.kind, round(m.confidence, 4)) for m in _settle(marks, settings)]


@dataclass(frozen=True)
class _Mark:
    """A possible boundary in absolute frame numbers, with the times of its ends in microseconds.

    ``strength`` ranks marks of one kind that exclude each other.
    """

    start: int
    end: int
    kind: BoundaryKind
    confidence: float
    strength: float
    start_us: int
    end_us: int


@dataclass(frozen=True)
class _Block:
    """Planes of some frames: ``core`` is the range that is judged, the rest context on either side.

    ``first`` is the number in the video of the first frame held.
    """

    first: int
    core: range
    times: Ints
    luma: Bytes
    chroma: Bytes


# Streaming


def _blocks(chunks: Iterable[Planes]) -> Iterator[_Block]:
    """Regroup chunks into blocks of BLOCK frames with their context."""
    parts: list[Planes] = []
    first = held = start = 0  # number of the first frame held; frames held; first frame of the next block
    for chunk in chunks:
        parts.append(chunk)
        held += len(chunk[0])
        if first + held < start + BLOCK + MARGIN:
            continue
        planes = _joined(parts)
        while first + held >= start + BLOCK + MARGIN:
            yield _block(planes, first, start)
            start += BLOCK
        drop = max(0, start - MARGIN - first)
        # copied, lest a view keep all of a large chunk alive
        parts = [(planes[0][drop:].copy(), planes[1][drop:].copy(), planes[2][drop:].copy())]
        first, held = first + drop, held - drop
    while start < first + held:
        yield _block(_joined(parts), first, start)
        start += BLOCK


def _joined(parts: list[Planes]) -> Planes:
    """Put chunks one after the other."""
    times, luma, chroma = zip(*parts, strict=True)
    return np.concatenate(times), np.concatenate(luma), np.concatenate(chroma)


def _block(planes: Planes, first: int, start: int) -> _Block:
    """Take the block that begins at frame ``start`` out of the frames held, with its context."""
    times = planes[0]
    a, b = start - first, min(start - first + BLOCK, len(times))
    low = max(a - MARGIN, int(np.searchsorted(times, times[a] - REACH)))
    high = min(b + MARGIN, int(np.searchsorted(times, times[b - 1] + REACH, side="right")))
    low, high = max(0, min(low, a)), max(high, b)
    keep = slice(low, high)
    return _Block(first + low, range(a - low, b - low), times[keep], planes[1][keep], planes[2][keep])


# Comparing pictures


class _Pictures:
    """Frames ready to be compared: rows of 576 luma and 288 chroma values, so that luma weighs double."""

    def __init__(self, luma: Bytes, chroma: Bytes) -> None:
        n = len(luma)
        self.rows = np.concatenate([luma.reshape(n, -1), chroma.reshape(n, -1)], axis=1)
        self.low = np.concatenate([_extreme(p, np.minimum) for p in (luma, chroma)], axis=1)
        self.high = np.concatenate([_extreme(p, np.maximum) for p in (luma, chroma)], axis=1)

    def outside(self, a: Ints, b: Ints) -> Bytes:
        """By how much each value of frames ``a`` lies outside its neighbourhood in frames ``b``, (k, 864)."""
        rows, low, high = self.rows[a], self.low[b], self.high[b]
        return np.asarray(np.maximum(rows, high) - high + (low - np.minimum(rows, low)))

    def distance(self, a: Ints, b: Ints) -> Floats:
        """Interval distance of frames ``a`` and ``b`` in grey levels, (k,)."""
        return (_sums(self.outside(a, b)) + _sums(self.outside(b, a))) / np.float32(2 * PIXELS)

    def plain_distance(self, a: Ints, b: Ints) -> Floats:
        """Mean absolute difference of frames ``a`` and ``b`` in grey levels, (k,)."""
        x, y = self.rows[a], self.rows[b]
        return _sums(np.maximum(x, y) - np.minimum(x, y)) / np.float32(PIXELS)

    def off_blend(self, a: Ints, b: Ints, t: Ints, weight: float) -> Floats:
        """Interval distance of frames ``t`` from blends of ``a`` and ``b``, ``weight`` that of b, (k,)."""
        rows, w = self.rows[t].astype(np.float32), np.float32(weight)
        low = self.low[a] * (1 - w) + self.low[b] * w
        high = self.high[a] * (1 - w) + self.high[b] * w
        off = np.maximum(rows - high, 0) + np.maximum(low - rows, 0)
        return np.asarray(off.sum(1) / np.float32(PIXELS))


def _extreme(planes: Bytes, pick: np.ufunc) -> Bytes:
    """Smallest or largest value in each pixel's 3 x 3 neighbourhood, flattened per frame."""
    rows = planes.copy()
    pick(rows[..., 1:, :], planes[..., :-1, :], out=rows[..., 1:, :])
    pick(rows[..., :-1, :], planes[..., 1:, :], out=rows[..., :-1, :])
    both = rows.copy()
    pick(both[..., 1:], rows[..., :-1], out=both[..., 1:])
    pick(both[..., :-1], rows[..., 1:], out=both[..., :-1])
    return both.reshape(len(planes), -1)


def _sums(rows: Bytes) -> Floats:
    """Sum of each row."""
    return np.asarray(np.add.reduce(rows, axis=1, dtype=np.uint32), np.float32)


def _blurred(luma: Bytes, chroma: Bytes) -> Floats:
    """Frames at half resolution, (n, 208): enough for statistics over a whole picture."""
    n = len(luma)
    y = luma.reshape(n, 9, 2, 16, 2).mean((2, 4), dtype=np.float32)
    uv = chroma[:, :, :8].reshape(n, 2, 4, 2, 8, 2).mean((3, 5), dtype=np.float32)
    return np.concatenate([y.reshape(n, -1), uv.reshape(n, -1)], axis=1)


def _texture(blurred: Floats) -> Floats:
    """Sum of squared deviations from the mean of each of the three planes, (n,)."""
    planes = np.split(blurred, (144, 176), axis=1)
    return np.asarray(sum(p.var(1) * np.float32(p.shape[1]) for p in planes))


# Judging one block


@dataclass(frozen=True)
class _Ways:
    """The ways into and out of a plain stretch.

    The picture goes from ``start``, is plain from ``plain`` to ``shown``, and is back at ``end``. ``out`` and
    ``into`` are the confidences that the ways are fades, 0 where there is a cut.
    """

    start: int
    plain: int
    shown: int
    end: int
    out: float
    into: float


class _Judge:
    """All tests on one block. Frame numbers inside count from the first frame that the block holds."""

    def __init__(self, block: _Block, settings: CutSettings) -> None:
        self.block, self.settings = block, settings
        self.times, self.n = block.times, len(block.times)
        self.pictures = _Pictures(block.luma, block.chroma)
        later = np.arange(1, self.n)
        self.change = np.append(np.float32(0), self.pictures.distance(later, later - 1))
        self.plain_change = np.append(np.float32(0), self.pictures.plain_distance(later, later - 1))
        self.contrast = block.luma.reshape(self.n, -1).std(axis=1, dtype=np.float32)
        self.blurred = _blurred(block.luma, block.chroma)
        self.texture = _texture(self.blurred)

    def marks(self) -> list[_Mark]:
        """Boundaries that begin, or in the case of dissolves are centred, in the core of the block."""
        cuts = self._cuts()
        self.cut_frames = np.array(sorted(cuts), np.int64)
        found = [self._mark(t, t, "cut", c) for t, c in cuts.items() if t in self.block.core]
        ways = [self._ways(a, b) for a, b in self._plain_runs()]
        fades = [m for w in ways for m in self._around_plain(w)]
        return found + fades + self._dissolves(self._fade_frames(ways))

    def _mark(self, a: int, b: int, kind: BoundaryKind, confidence: float, strength: float = 1.0) -> _Mark:
        first, (start_us, end_us) = self.block.first, self.times[[a, min(b, self.n - 1)]]
        return _Mark(first + a, first + b, kind, confidence, strength, int(start_us), int(end_us))

    def _window(self, t: int, reach_s: float, least: int = 0) -> tuple[int, int]:
        """Frames [low, high) within so many seconds of frame t, and at least ``least`` on either side."""
        reach = reach_s * SECOND
        low, high = np.searchsorted(self.times, [self.times[t] - reach, self.times[t] + reach + 1])
        return max(0, min(int(low), t - least)), min(self.n, max(int(high), t + 1 + least))

    # Cuts

    def _cuts(self) -> dict[int, float]:
        """First frame of the new shot and confidence of each cut."""
        out = {}
        for t in self._peaks():
            score = self._rise(t) * self._spread(t)
            if score >= self.settings.rise and not self._relit_at(t) and not self._returns(t):
                out[t] = score / (score + self.settings.rise)
        return out

    def _peaks(self) -> list[int]:
        """Frames that changed more than both neighbours, and enough to be looked at more closely."""
        c = np.pad(self.change, 2)
        top = (self.change >= c[1:-3]) & (self.change > c[3:-1]) & (self.change > 0.3)
        # Whatever is third among five neighbours is at most second among the others in the whole window, so
        # this spares most frames the closer look. The plain difference may rise more, hence the half.
        third = np.partition(np.lib.stride_tricks.sliding_window_view(c, 5), 2, axis=1)[:, 2]
        return [int(t) for t in np.flatnonzero(top & (self.change > 0.5 * self.settings.rise * third))]

    def _rise(self, t: int) -> float:
        """How far the change at t stands out, as interval and as plain distance (geometric mean).

        It is compared with the second largest of the other changes: one may belong to another cut close by,
        or to the same cut where a frame was blended out of both shots. The constants are the noise of coding.
        """
        held = self._held(t)
        low, high = self._window(t, self.settings.around_s, least=4 * (1 + held))
        a = np.concatenate([np.arange(low, t - 1 - held), np.arange(t, high - 1 - held)])
        others = self.pictures.distance(a, a + 1 + held), self.pictures.plain_distance(a, a + 1 + held)
        change, plain_change = (float(np.partition(o, -2)[-2]) if len(o) > 1 else 0.0 for o in others)
        rises = self.change[t] / (change + 0.15) * self.plain_change[t] / (plain_change + 0.3)
        return float(np.sqrt(rises))

    def _held(self, t: int) -> int:
        """How many frames before t only repeat another, as conversion to a higher rate leaves them behind.

        After them the motion of several frames comes at once, and has to be compared with as much.
        """
        low = self._window(t, self.settings.around_s, least=4)[0]
        most = 0.1 * float(self.plain_change[low:t].mean())
        held = 0
        while held < 3 and t - 1 - held > 0 and self.plain_change[t - 1 - held] < most:
            held += 1
        return held

    def _spread(self, t: int) -> float:
        """Share of the picture that changed: 1 from half of it upwards, less for a caption or a menu."""
        now, before = np.array([t]), np.array([t - 1])
        change = self.pictures.outside(now, before).astype(np.float32) + self.pictures.outside(before, now)
        cells = change[0, :PIXELS].reshape(3, 6, 4, 8).sum((1, 3))
        share = float(cells.sum() ** 2 / (cells.size * (cells**2).sum() + 1e-6))  # 1 when all change alike
        return min(1.0, 2 * share)

    def _returns(self, t: int) -> bool:
        """Whether the picture before t is soon back, or that at t was there shortly before: a flash."""
        low, high = self._window(t, BURST_S if self._only_light(t) else self.settings.flash_s, least=2)
        befores, afters = np.arange(low, t - 1), np.arange(t + 1, high)
        earlier = np.concatenate([np.full_like(afters, t - 1), befores])
        later = np.concatenate([afters, np.full_like(befores, t)])
        if not len(earlier):
            return False
        left = self.pictures.distance(earlier, later)
        a, b = int(earlier[left.argmin()]), int(later[left.argmin()])
        if left.min() > self.settings.returned * self.change[t]:
            return False
        soon = self.times[b] - self.times[a] <= 1.5 * self.settings.flash_s * SECOND
        return bool(soon) or self._likeness(a, b) > ALIKE

    def _only_light(self, t: int) -> bool:
        """Whether frame t is brighter, or darker, than the one before at nearly every pixel."""
        if self.contrast[t - 1 : t + 1].min() < self.settings.plain:
            return False  # a picture that comes out of black is no flash
        step = self.block.luma[t].astype(np.int16) - self.block.luma[t - 1]
        return bool(min((step < -4).mean(), (step > 4).mean()) < 0.02)

    def _relit_at(self, t: int) -> bool:
        """Whether the change at t is one of light alone."""
        # one of the two frames may be blended out of two shots and so resemble both; their neighbours are not
        return self._relit(t - 1, t) and self._likeness(max(0, t - 2), min(self.n - 1, t + 1)) > ALIKE / 2

    def _relit(self, a: int, b: int) -> bool:
        """Whether two frames differ in light alone: one, made brighter or darker, is the other."""
        if self._likeness(a, b) < ALIKE:
            return False
        pair, seen = self._seen(a, b)
        old, new = pair[:, seen]
        lit = (pair[0] - old.mean()) * (new.std() / old.std()) + new.mean()
        luma = np.where(seen, [pair[0], lit.clip(0, 255).round(), pair[1]], 0).astype(np.uint8)
        three = _Pictures(luma, np.zeros((3, 2, 9, 16), np.uint8))
        before, after = three.distance(np.array([0, 1]), np.array([2, 2]))
        return bool(after < self.settings.returned * before)

    def _likeness(self, a: int, b: int) -> float:
        """Correlation of the luma of two frames, whatever their light; 0 where one of them is plain."""
        pair, seen = self._seen(a, b)
        old, new = pair[:, seen]
        if len(old) < PIXELS / 10 or min(old.std(), new.std()) < self.settings.plain:
            return 0.0
        return float(np.corrcoef(old, new)[0, 1])

    def _seen(self, a: int, b: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Luma of two frames, (2, 18, 32), and where they show something: no black bar, nothing burnt out."""
        pair = self.block.luma[[a, b]].astype(np.float32)
        brighter = pair.max(0)
        return pair, (brighter > BAR) & (brighter < BURNT)

    # Fades

    def _plain_runs(self) -> list[tuple[int, int]]:
        """Stretches [a, b) of plain pictures."""
        plain = np.concatenate([[False], self.contrast < self.settings.plain, [False]])
        edges = np.flatnonzero(plain[1:] != plain[:-1])
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def _ways(self, a: int, b: int) -> _Ways:
        """How the film gets into and out of a plain stretch [a, b)."""
        start, end = self._foot(a, -1), self._foot(b - 1, 1)
        return _Ways(start, a, b, end, self._fading(start, a, a), self._fading(end - 1, b - 1, b))

    def _around_plain(self, way: _Ways) -> list[_Mark]:
        """Boundaries at a plain stretch: one fade through it, or what is at either side of it.

        A plain stretch at the end of the film that is shaded into or out of is no shot of its own.
        """
        a, b = way.plain, way.shown
        lasts = (self.times[min(b, self.n - 1)] - self.times[a]) / SECOND
        marks = []
        if lasts <= self.settings.gap_s and min(way.out, way.into) > 0 and max(way.out, way.into) > SURE:
            marks.append(self._mark(way.start, way.end, "fade", max(way.out, way.into)))
        elif lasts > self.settings.flash_s:
            if way.out > SURE and b < self.n:
                marks.append(self._mark(way.start, a, "fade", way.out))
            if way.into > SURE and a > 0:
                marks.append(self._mark(b, way.end, "fade", way.into))
            marks += [self._mark(t, t, "cut", 0.5) for t in (a, b) if self._pops(t)]
        return [m for m in marks if m.start - self.block.first in self.block.core]

    def _foot(self, edge: int, way: int) -> int:
        """Follow the contrast upwards from a plain frame (way -1 or 1) to where the shot is fully seen.

        Gives the first frame of the change (backwards) or the one after its last (forwards); where there is a
        cut, or the film ends, that is the plain frame's own place.
        """
        low, high = self._window(edge, LONGEST_FADE_S)
        cuts = self.cut_frames
        low = max(low, int(cuts[cuts <= edge].max(initial=0)))
        high = min(high, int(cuts[cuts > edge].min(initial=self.n)))
        path = self.contrast[low : edge + 1][::-1] if way < 0 else self.contrast[edge:high]
        step = max(1, self._window(edge, 0.1)[1] - 1 - edge)
        level = np.flatnonzero((path[step:] < 1.02 * path[:-step]) & (path[:-step] > self.settings.plain))
        path = path[: int(level[0]) + 1] if level.size else path
        # The last tenth of the way up may be slow motion of the shot itself, so it is extrapolated.
        risen = int(np.argmax(path >= path[0] + 0.9 * (path[-1] - path[0])))
        steps = min(int(np.ceil(risen / 0.9)), len(path) - 1)
        return edge - steps if way < 0 else edge + steps + 1

    def _fading(self, shown: int, plain: int, edge: int) -> float:
        """Confidence that the way between a picture and a plain one is a fade; 0 if it is not even gradual.

        ``edge`` is the frame at which the plain stretch begins or has ended. Half way a fade shows a blend of
        both; an object that fills the picture does not.
        """
        if abs(shown - plain) < 2 or self._pops(edge):
            return 0.0
        a, b, t = np.array([[shown], [plain], [(shown + plain) // 2]])
        start, stop, half = self.blurred[[shown, plain, (shown + plain) // 2]]
        way = stop - start
        weight = float(np.clip((half - start) @ way / (way @ way + 1), 0, 1))
        error = self.pictures.off_blend(a, b, t, weight)[0] / (self.pictures.distance(a, b)[0] + 0.5)
        return max(0.01, 1 - float(error) / (2 * self.settings.blend_error))

    def _pops(self, t: int) -> bool:
        """Whether something, be it only a title, appears on or leaves a plain ground all at once at t."""
        if not 0 < t < self.n:
            return False
        low, high = self._window(t, 0.2)
        step = abs(self.contrast[t] - self.contrast[t - 1])
        return bool(step > self.settings.plain / 2 and step > 0.6 * self.contrast[low:high].max())

    def _fade_frames(self, ways: list[_Ways]) -> NDArray[np.bool_]:
        """Which frames belong to a plain stretch or to a fade into or out of one, (n,)."""
        inside = np.zeros(self.n, bool)
        for w in ways:
            inside[w.start if w.out > SURE else w.plain : w.end if w.into > SURE else w.shown] = True
        return inside

    # Dissolves

    def _dissolves(self, fading: NDArray[np.bool_]) -> list[_Mark]:
        """Stretches in which one picture gives way to another, save for those in the middle of a fade."""
        if self.n < 5:
            return []
        interval = max(1.0, float(np.median(np.diff(self.times))))
        halves = {max(2, round(span * SECOND / 2 / interval)) for span in SPANS_S}
        return [m for half in sorted(halves) for m in self._blends(half, fading)]

    def _blends(self, half: int, fading: NDArray[np.bool_]) -> list[_Mark]:
        """Stretches of ``half`` frames to either side of a middle that are blends of their ends."""
        middles = np.arange(half, self.n - half, max(1, half // 6))
        cuts = np.searchsorted(self.cut_frames, [middles - half, middles + half], side="right")
        middles = middles[(cuts[0] == cuts[1]) & ~fading[middles]]
        change = self.pictures.distance(middles - half, middles + half)
        loss = self._contrast_loss(middles, half)
        # the costly comparison is spared where even a perfect blend would not do
        likely = (change > self.settings.different / 10) & (loss > 0.4) & (loss < 2.5)
        middles, change, loss = middles[likely], change[likely], loss[likely]
        error = self._unexplained(middles, half) / (change + 0.5) + 0.15 * np.maximum(0, 1 - loss)
        # a small change may be mere motion, which on a short way is as good as linear
        allowed = self.settings.blend_error * np.minimum(1, change / self.settings.different) ** 2
        marks = []
        for m, e, most, c in zip(middles.tolist(), error, allowed, change, strict=True):
            if e < most and m in self.block.core and self._likeness(m - half, m + half) < ALIKE:
                better = 1 - float(e / most)
                sure, strength = (1 + better) / 2, float(c) * better
                marks.append(self._mark(m - half + 1, m + half, "dissolve", sure, strength))
        return marks

    def _contrast_loss(self, middles: Ints, half: int) -> Floats:
        """How much contrast the pictures inside lose, as a share of what blends of the ends would lose.

        A blend of unlike pictures is flatter than they are, by an amount that follows from how unlike they
        are; about 1 in a dissolve, whatever moves in it, and about 0 where there is only motion.
        """
        a, b = middles - half, middles + half
        lost = np.zeros(len(middles), np.float32)
        for w in INSIDE:
            lost += (1 - w) * self.texture[a] + w * self.texture[b] - self.texture[a + round(2 * half * w)]
        expected = _texture(self.blurred[b] - self.blurred[a]) * sum(w * (1 - w) for w in INSIDE)
        return np.asarray(lost / (expected + 60))

    def _unexplained(self, middles: Ints, half: int) -> Floats:
        """Mean interval distance of the pictures inside from the blends of the two ends, (k,)."""
        a, b = middles - half, middles + half
        off = [self.pictures.off_blend(a, b, a + round(2 * half * w), w) for w in INSIDE]
        return np.asarray(np.mean(off, axis=0), np.float32)


# Choosing among the marks


def _settle(marks: list[_Mark], settings: CutSettings) -> list[_Mark]:
    """Keep the clearest of boundaries that overlap or follow each other too closely."""
    order = {"fade": 0, "cut": 1, "dissolve": 2}
    kept: list[_Mark] = []
    for m in sorted(marks, key=lambda m: (order[m.kind], -m.strength, -m.confidence, m.start)):
        if all(_apart(m, k, settings.shortest_s * SECOND) for k in kept):
            kept.append(m)
    return sorted(kept, key=lambda m: m.start)


def _apart(a: _Mark, b: _Mark, least: float) -> bool:
    """Whether two marks can both stand; ``least`` is the time in microseconds between two boundaries."""
    lengths = [m.end_us - m.start_us for m in (a, b) if m.kind == "dissolve"]
    if lengths:
        # what is left of a dissolve beside the stretch that fits best is not another one
        least = max(least, 0.5 * max(lengths))
    elif a.kind != b.kind:
        return a.start >= b.end or a.end <= b.start
    return a.start_us >= b.end_us + least or a.end_us <= b.start_us - least
