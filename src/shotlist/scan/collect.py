"""Gathers what one segment's pictures leave behind, in batches, in flat memory."""

import gc
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.frame import VideoFrame

from shotlist.media.decode import Picture
from shotlist.records import Segment
from shotlist.scan import hsv, signals
from shotlist.scan.planes import Bytes, Sampler, thumbs
from shotlist.scan.stills import Still, StillMaker

BATCH = 64
_EDGE_JUMP = 16.0
"""Mean luma change (0..255) that may be a cut, so that both sides are worth keeping as stills."""
_HELD = 64_000_000
"""Bytes of frames whose motion vectors were read before they are freed."""
_SAME = 3
"""A due still is left out where no sampled pixel has changed by more luma than this since the last one."""
_EDGE_RISE = 2.5
"""How many times larger than the change before it an edge is: a strobe or a shaky camera has no edges."""

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Settings:
    """What to keep of the pictures; 0 for an interval means never."""

    still_every_us: int
    still_height: int
    still_quality: int
    vectors_every_us: int
    pixel_aspect: float
    hsv: bool = False


class Collector:
    """Takes pictures in order; gives rows of ``signals``, ``thumbs`` and ``frames`` whenever a batch is full."""

    def __init__(self, settings: Settings, segment: Segment) -> None:
        self._settings = settings
        self._before_us = segment.before_us
        self._sampler: Sampler | None = None
        self._stills: StillMaker | None = None
        self._hsv: hsv.HsvChange | None = None
        self._aspect = 16 / 9
        self._rotation = 0
        self._times: list[int] = []
        self._vectors: list[tuple[float, float]] = []
        self._kept: list[tuple[int, Still]] = []
        self._previous: VideoFrame | None = None
        self._jump_before = np.inf
        self._shown: Bytes | None = None
        self._held = 0
        self._last_kept = -1
        self._frames = 0
        self._first_us: int | None = None
        self._last_us: int | None = None
        self._after_end: dict[str, float | None] = {}
        self._ended_behind = False
        self._last_flushed: int | None = None

    def add(self, picture: Picture) -> Tables:
        """Take one picture; the one behind the segment only serves to compare the last one with it."""
        if self._sampler is None:
            self._start(picture)
        assert self._sampler is not None
        self._sampler.take(picture.frame)
        if self._hsv is not None:
            self._hsv.take(picture.frame)
        self._keep_stills(picture)
        self._vectors.append(self._read_vectors(picture))
        self._times.append(picture.time_us)
        self._previous = picture.frame
        if picture.after_end:
            self._ended_behind = True
        else:
            self._frames += 1
            self._first_us = picture.time_us if self._first_us is None else self._first_us
            self._last_us = picture.time_us
        return self._flush() if self._sampler.count > BATCH else {}

    def finish(self) -> Tables:
        """The rows that are left."""
        self._previous = None
        return self._flush() if self._sampler is not None and self._times else {}

    def notes(self) -> dict[str, Any]:
        """What the segment knows of itself, as plain values."""
        return {
            "frames": self._frames,
            "first_us": self._first_us,
            "last_us": self._last_us,
            "rotation": self._rotation,
            "after_end": self._after_end,
        }

    def _start(self, picture: Picture) -> None:
        frame, s = picture.frame, self._settings
        self._rotation = frame.rotation
        self._sampler = Sampler(BATCH + 1, frame.rotation)
        self._stills = StillMaker(s.still_height, s.still_quality, frame.rotation, s.pixel_aspect)
        self._hsv = hsv.HsvChange(frame.rotation) if s.hsv else None
        aspect = frame.width * s.pixel_aspect / frame.height
        self._aspect = 1 / aspect if frame.rotation % 180 else aspect
        self._sampler.take(frame)  # the first frame stands in for the one before it

    def _keep_stills(self, picture: Picture) -> None:
        assert self._sampler is not None
        jump = self._sampler.jump()
        edge = jump > max(_EDGE_JUMP, _EDGE_RISE * self._jump_before)
        self._jump_before = jump
        if picture.frame.key_frame:
            # A key frame forgets what was before it, so that a segment, which begins with one, keeps the same stills.
            self._jump_before, self._shown = np.inf, None
        if edge and self._previous is not None and self._last_us is not None:
            self._keep(self._frames - 1, self._last_us, self._previous)
        due = self._due(picture.time_us) and not picture.after_end
        if edge or (due and self._is_new()):
            self._keep(self._frames, picture.time_us, picture.frame)
            # A segment knows whether its first frame was due, not whether it was the edge of the one before.
            self._shown = None if picture.frame.key_frame and not due else self._sampler.sample()

    def _is_new(self) -> bool:
        assert self._sampler is not None
        if self._shown is None:
            return True
        change = self._sampler.sample().astype(np.int16) - self._shown
        return bool(np.abs(change).max() > _SAME)

    def _due(self, time_us: int) -> bool:
        every = self._settings.still_every_us
        last = self._time_before
        return bool(every) and (last is None or time_us // every != last // every)

    def _keep(self, index: int, time_us: int, frame: VideoFrame) -> None:
        if index <= self._last_kept:
            return
        assert self._stills is not None
        self._last_kept = index
        self._kept.append((index, self._stills.make(frame, time_us)))

    @property
    def _time_before(self) -> int | None:
        return self._before_us if self._last_us is None else self._last_us

    def _read_vectors(self, picture: Picture) -> tuple[float, float]:
        every, last_us = self._settings.vectors_every_us, self._time_before
        if not every or (last_us is not None and picture.time_us // every == last_us // every):
            return (np.nan, np.nan)
        self._held += picture.frame.width * picture.frame.height * 3 // 2
        if self._held > _HELD:
            self._held = 0
            gc.collect()  # a frame and its side data hold each other, so only the collector frees them
        vectors = picture.frame.side_data.get("MOTION_VECTORS")
        if vectors is None:
            return (np.nan, np.nan)
        data = vectors.to_ndarray()
        x, y = data["motion_x"].astype(np.float32), data["motion_y"].astype(np.float32)
        return (float(np.sqrt(x * x + y * y).mean()), float(len(data)))

    def _flush(self) -> Tables:
        assert self._sampler is not None
        planes = self._sampler.planes()
        rows = len(self._times)
        before = self._last_flushed if self._last_flushed is not None else self._times[0]
        times = np.array([before, *self._times], np.int64)
        series = signals.measure(planes, times, self._aspect)
        series |= self._hsv.values() if self._hsv else hsv.not_measured(rows)
        if self._last_flushed is None:  # nothing comes before the first frame of a segment
            for name in signals.PAIR_SIGNALS:
                series[name][0] = np.nan
        vectors = np.array(self._vectors, np.float32)
        series |= {"codec_motion": vectors[:, 0], "codec_vectors": vectors[:, 1]}
        first = self._frames - rows + self._ended_behind
        frame = np.arange(first, first + rows)
        keep = rows - self._ended_behind
        if self._ended_behind:
            self._after_end = {
                n: None if np.isnan(series[n][-1]) else float(series[n][-1]) for n in signals.PAIR_SIGNALS
            }
        tables: Tables = {}
        if keep:
            index = {"frame": frame[:keep], "time_us": times[1 : keep + 1]}
            tables["signals"] = index | {name: values[:keep] for name, values in series.items()}
            tables["thumbs"] = index | {"thumb": thumbs(planes)[1 : keep + 1]}
        if self._kept:
            tables["frames"] = _columns(self._kept)
        self._last_flushed = self._times[-1]
        self._times, self._vectors, self._kept = [], [], []
        self._sampler.clear()
        return tables


def _columns(kept: list[tuple[int, Still]]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = defaultdict(list)
    for index, still in kept:
        columns["frame"].append(index)
        for name, value in vars(still).items():
            columns[name].append(list(value) if isinstance(value, tuple) else value)
    return columns
