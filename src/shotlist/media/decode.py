"""Pictures of a video in presentation order with exact times, from broken files too."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shotlist.errors import MediaError
from shotlist.media.errors import unreadable
from shotlist.media.probe import MAX_PIXELS, open_media, video_stream
from shotlist.records import WHOLE, Segment
from shotlist.sources.store import Remote
from shotlist.timing import SECOND, to_us

_GIVE_UP_AFTER = 500
"""So many damaged packets in a row without a picture mean that nothing more will come."""


_AGAIN = 8
"""A clock that jumps back by more than so many pictures starts anew, as in recordings that were joined."""


class Picture(NamedTuple):
    """One decoded frame; ``after_end`` marks the first frame that lies behind the segment."""

    time_us: int
    frame: VideoFrame
    after_end: bool


class Decoder:
    """Decodes one segment of one file; afterwards ``errors`` counts damaged packets.

    ``fast`` skips the loop filter and the frames that no other frame refers to, where the codec has such.
    ``vectors`` asks the codec for its motion vectors. Raises MediaError when the file can't be opened.
    """

    def __init__(
        self,
        path: Path | Remote,
        segment: Segment = WHOLE,
        fast: bool = False,
        vectors: bool = False,
        threads: int = 1,
    ) -> None:
        self.path = path
        self.segment = segment
        self.fast = fast
        self.vectors = vectors
        self.threads = threads
        self.errors = 0
        self.last_duration_us = 0

    def __iter__(self) -> Iterator[Picture]:
        with open_media(self.path) as container:
            stream = video_stream(container, self.path.name)
            _read_only(container, stream)
            self._configure(stream)
            yield from self._timed(container, stream)

    def _configure(self, stream: VideoStream) -> None:
        context = stream.codec_context
        context.thread_count = self.threads
        context.thread_type = "AUTO" if self.threads > 1 else "SLICE"
        options = {"max_pixels": str(MAX_PIXELS)}
        if self.vectors:
            options["flags2"] = "+export_mvs"
        if self.fast:
            options["skip_loop_filter"] = "all"
            context.skip_frame = "NONREF"
        context.options = options

    def _timed(self, container: InputContainer, stream: VideoStream) -> Iterator[Picture]:
        start, end = self.segment.start_us, self.segment.end_us
        base = stream.time_base
        if base is None:
            raise MediaError("unreadable", f"{self.path.name}: its video track has no clock")
        packets = container.demux(stream) if start is None else _packets_from(container, stream, start)
        rate = stream.average_rate or stream.guessed_rate
        clock = _Clock(base, round(SECOND / rate) if rate else SECOND // 25)
        for frame in self._frames(packets):
            time = clock.time(frame.dts if frame.pts is None else frame.pts)
            if start is not None and time < start:
                continue
            self.last_duration_us = to_us(frame.duration, base) if frame.duration else clock.usual
            after_end = end is not None and time >= end
            yield Picture(time, frame, after_end)
            if after_end:
                return

    def _frames(self, packets: "Iterator[Packet[VideoStream]]") -> Iterator[VideoFrame]:
        fruitless = 0
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                return
            except (av.error.EOFError, av.error.PermissionError, av.error.FileNotFoundError):
                return
            except (av.error.FFmpegError, ValueError) as error:
                self.errors += 1
                fruitless += 1
                if isinstance(error, av.error.MemoryError | av.error.DecoderNotFoundError):
                    raise unreadable(error, self.path.name) from error
                if fruitless > _GIVE_UP_AFTER:
                    return
                continue
            for frame in frames:
                fruitless = 0
                self.errors += bool(frame.is_corrupt)
                yield frame


class _Clock:
    """Times of pictures that rise, whatever their stamps do; ``usual`` is the time between two of them."""

    def __init__(self, base: Fraction, usual: int) -> None:
        self.usual = usual
        self._base = base
        self._late = 0
        self._last: int | None = None

    def time(self, stamp: int | None) -> int:
        """The time of the next picture in microseconds."""
        expected = 0 if self._last is None else self._last + self.usual
        time = expected if stamp is None else to_us(stamp, self._base) + self._late
        if self._last is not None and time < self._last - _AGAIN * self.usual:
            self._late += expected - time
            time = expected
        elif self._last is not None and time <= self._last:
            time = self._last + 1
        self._last = time
        return time


_MARGINS = (0, 1, 4, 16, 64, None)
"""Seconds before a place from which it is looked for; None is the beginning of the file."""


def _packets_from(container: InputContainer, stream: VideoStream, start_us: int) -> "Iterator[Packet[VideoStream]]":
    """The packets from a key frame on, even where a container can be searched but roughly (MPEG streams)."""
    base = stream.time_base
    assert base is not None
    for margin in _MARGINS:
        first = stream.start_time or 0
        wanted = first if margin is None else round((start_us / SECOND - margin) / base)
        container.seek(max(first, wanted), stream=stream)
        packets = container.demux(stream)
        for packet in packets:
            time = to_us(packet.pts, base) if packet.pts is not None else start_us - 1
            if packet.is_keyframe and time == start_us:
                yield packet
                yield from packets
                return
            if packet.is_keyframe and time > start_us:
                break
    raise MediaError("unreadable", f"{Path(container.name).name}: a key frame in it is not found again")


def _read_only(container: InputContainer, wanted: VideoStream) -> None:
    for stream in container.streams:
        if stream.index != wanted.index:
            stream.discard = Discard.all


def key_segments(path: Path, seconds: float) -> list[Segment]:
    """Cut a video at key frames into segments of about ``seconds``, by reading packet headers only.

    Gives one whole segment where the file is short, its clock is damaged or it has too few key frames.
    """
    with open_media(path) as container:
        stream = video_stream(container, path.name)
        if stream.time_base is None:
            return [WHOLE]
        _read_only(container, stream)
        times, keys = _packet_times(container, stream)
    if not times:
        return [WHOLE]
    times.sort()
    before = dict(zip(times[1:], times, strict=False))
    cuts: list[int] = []
    for key in sorted(keys):
        if key in before and key - (cuts[-1] if cuts else times[0]) >= seconds * SECOND:
            cuts.append(key)
    if cuts and times[-1] - cuts[-1] < seconds * SECOND / 2:
        cuts.pop()
    edges: list[int | None] = [None, *cuts, None]
    return [
        Segment(i, len(edges) - 1, a, b, before[a] if a is not None else None)
        for i, (a, b) in enumerate(pairwise(edges))
    ]


def _packet_times(container: InputContainer, stream: VideoStream) -> tuple[list[int], set[int]]:
    times: list[int] = []
    keys: set[int] = set()
    base, last = stream.time_base, None
    assert base is not None
    try:
        for packet in container.demux(stream):
            if packet.pts is None:
                if packet.size:
                    return [], set()  # no clock: only decoding tells the times
                continue
            if last is not None and packet.dts is not None and packet.dts < last:
                return [], set()  # the clock starts anew
            last = packet.dts
            times.append(to_us(packet.pts, base))
            if packet.is_keyframe:
                keys.add(times[-1])
    except av.error.FFmpegError:
        return [], set()
    return (times, keys) if len(set(times)) == len(times) else ([], set())
