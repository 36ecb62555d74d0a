"""Pictures of a video in presentation order with exact times, from broken files too."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shotlist.errors import MediaError
from shotlist.media.errors import unreadable
from shotlist.media.probe import MAX_PIXELS, open_media, video_stream
from shotlist.records import WHOLE, Segment
from shotlist.timing import SECOND, to_us

_GIVE_UP_AFTER = 500
"""So many damaged packets in a row without a picture mean that nothing more will come."""


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
        self, path: Path, segment: Segment = WHOLE, fast: bool = False, vectors: bool = False, threads: int = 1
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
        if start is not None:
            container.seek(round(start / SECOND / base), stream=stream)
        rate = stream.average_rate or stream.guessed_rate
        usual = round(SECOND / rate) if rate else SECOND // 25
        previous: int | None = None
        for frame in self._frames(container, stream):
            time = to_us(frame.pts, base) if frame.pts is not None else _after(previous, usual)
            if start is not None and time < start:
                continue
            if previous is not None and time <= previous:
                time = previous + 1  # a damaged clock still orders its pictures
            self.last_duration_us = to_us(frame.duration, base) if frame.duration else usual
            after_end = end is not None and time >= end
            yield Picture(time, frame, after_end)
            if after_end:
                return
            previous = time

    def _frames(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        fruitless = 0
        packets = container.demux(stream)
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
                yield frame  # type: ignore[misc]  # only the video track is read


def _after(previous: int | None, usual: int) -> int:
    return 0 if previous is None else previous + usual


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
        for i, (a, b) in enumerate(zip(edges, edges[1:], strict=False))
    ]


def _packet_times(container: InputContainer, stream: VideoStream) -> tuple[list[int], set[int]]:
    times: list[int] = []
    keys: set[int] = set()
    base = stream.time_base
    assert base is not None
    try:
        for packet in container.demux(stream):
            if packet.pts is None:
                if packet.size:
                    return [], set()  # no clock: only decoding tells the times
                continue
            times.append(to_us(packet.pts, base))
            if packet.is_keyframe:
                keys.add(times[-1])
    except av.error.FFmpegError:
        return [], set()
    return (times, keys) if len(set(times)) == len(times) else ([], set())
