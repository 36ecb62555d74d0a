"""Loudness of a video's sound ten times a second, after EBU R128 / ITU-R BS.1770, by FFmpeg's own meter."""

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from shotlist.media.hear import HOLE_US, SoundTrack
from shotlist.timing import SECOND

_PULL_EVERY = 32
"""Frames of sound between two looks at the meter: each look ends with an exception, which is dear."""

STEP_US = 100_000
FLOOR = -70.0
"""LUFS and dB below which sound counts as none; also BS.1770's absolute gate."""


@dataclass(frozen=True)
class Loudness:
    """The sound of one video in steps of 0.1 s from ``start_us`` on.

    ``momentary`` is LUFS over the last 0.4 s, ``peak`` the largest sample of the step in dB of full scale; both
    are at least -70. ``errors`` counts damaged packets.
    """

    start_us: int
    momentary: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    channels: int = 0
    rate: int = 0
    errors: int = 0

    @property
    def integrated(self) -> float:
        """Loudness of the whole in LUFS, gated as BS.1770 says; -70 for silence."""
        return integrated(np.asarray(self.momentary))


def measure(path: Path) -> Loudness | None:
    """Decode the first sound track and measure it; None without one. Raises MediaError for unreadable files."""
    track = SoundTrack(path)
    meter = _Meter(track)
    for time, frame in track:
        meter.add(time, frame)
    return meter.result()


class _Meter:
    def __init__(self, track: SoundTrack) -> None:
        self.track = track
        self.start_us: int | None = None
        self.momentary: list[float] = []
        self.peak: list[float] = []
        self._format: tuple[int, str, str] | None = None
        self._graph = Graph()
        self._pushed = 0
        self._end_us = 0

    def add(self, time: int, frame: AudioFrame) -> None:
        self._keep_time(time, frame)
        form = (frame.sample_rate, frame.format.name, frame.layout.name)
        if form != self._format:  # the format may change in the middle of a stream
            self._drain()
            self._graph, self._format = _graph(frame), form
        try:
            self._graph.push(frame)
        except (av.error.FFmpegError, ValueError):
            self.track.errors += 1
            return
        self._pushed += 1
        if self._pushed % _PULL_EVERY == 0:
            self._pull()

    def _keep_time(self, time: int, frame: AudioFrame) -> None:
        if self.start_us is None:
            self.start_us = time
        elif time - self._end_us > HOLE_US:
            self._drain()
            self._format = None
            silent = [FLOOR] * ((time - self.start_us) // STEP_US - len(self.momentary))
            self.momentary += silent
            self.peak += silent
        self._end_us = time + frame.samples * SECOND // frame.sample_rate

    def _drain(self) -> None:
        if self._format is not None:
            self._graph.push(None)
            self._pull()

    def _pull(self) -> None:
        while True:
            try:
                chunk = self._graph.pull()
            except (BlockingIOError, EOFError):
                return
            assert isinstance(chunk, AudioFrame)
            loud = float(chunk.metadata.get("lavfi.r128.M", FLOOR))
            top = float(np.abs(chunk.to_ndarray()).max(initial=0.0))
            self.momentary.append(max(FLOOR, loud) if loud == loud else FLOOR)
            self.peak.append(max(FLOOR, 20 * float(np.log10(max(top, 1e-6)))))

    def result(self) -> Loudness | None:
        if self.start_us is None:
            return None
        self._drain()
        track = self.track
        return Loudness(self.start_us, self.momentary, self.peak, track.channels, track.rate, track.errors)


def _graph(frame: AudioFrame) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base,
    )
    # Samples beyond full scale are cut off, as players do: a damaged packet may decode to thousands of times that.
    limit = graph.add("asoftclip", "type=hard")
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(limit)
    limit.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def integrated(momentary: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Gated loudness in LUFS of a stretch given its momentary values (n,), after BS.1770-4; -70 for silence."""
    loud = momentary[momentary > FLOOR]
    if not len(loud):
        return FLOOR
    relative = _mean_loudness(loud) - 10
    return _mean_loudness(loud[loud > relative])


def _mean_loudness(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    return float(10 * np.log10(np.mean(10 ** (values / 10))))
