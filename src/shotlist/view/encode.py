"""A span of a video as a small MP4 that every browser plays: H.264 and AAC, upright, at most 720 rows."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shotlist.errors import MediaError
from shotlist.media.decode import Decoder
from shotlist.media.hear import Samples16, SoundTrack, blocks
from shotlist.media.probe import open_media, video_stream
from shotlist.records import WHOLE, Segment
from shotlist.timing import SECOND, to_us

ROWS = 720
_RATE = 48_000
_BLOCK = _RATE // 4
_CLOCK = Fraction(1, 90_000)
_PICTURE = {"preset": "veryfast", "crf": "23", "tune": "zerolatency"}
_MARGINS = (0, 2, 10, 60)
"""Seconds before a span from which its first key frame is looked for."""
_TURNS = {90: "transpose=2", 180: "hflip,vflip", 270: "transpose=1"}
"""FFmpeg's filters for a picture that is turned against the clock."""


def encode(path: Path, out: Path, start_us: int, end_us: int) -> None:
    """Write the span [start_us, end_us) of ``path``, whose times begin at zero in ``out``.

    Raises MediaError where the file can't be read or has no picture in the span.
    """
    pictures = _pictures(path, start_us, end_us)
    first = next(pictures, None)
    if first is None:
        raise MediaError("unreadable", f"{path.name}: there is no picture from {start_us} to {end_us} µs")
    sound = _sound(path, start_us, end_us)
    heard = next(sound, None)
    with av.open(out, "w", format="mp4", options={"movflags": "+faststart"}) as file:
        seen = _Seen(file, first[1], _pixel_aspect(path))
        said = _Said(file, heard) if heard is not None else None
        for time, frame, lasting in _lasting(first, pictures, start_us, end_us):
            seen.add(time, frame, lasting)
            while said is not None and said.written_us < time:
                block = next(sound, None)
                if block is None:
                    break
                said.add(block)
        for block in sound if said is not None else ():
            said.add(block)
        seen.close()
        if said is not None:
            said.close()


Timed = tuple[int, VideoFrame]


def _pictures(path: Path, start_us: int, end_us: int) -> Iterator[Timed]:
    """(time, frame) of the pictures in a span, decoded from the key frame before it."""
    for picture in Decoder(path, _segment(path, start_us, end_us), threads=2):
        if picture.after_end:
            return
        if picture.time_us >= start_us:
            yield picture.time_us, picture.frame


def _segment(path: Path, start_us: int, end_us: int) -> Segment:
    with open_media(path) as container:
        stream = video_stream(container, path.name)
        base = stream.time_base
        if base is None:
            return WHOLE
        for margin in _MARGINS:
            with contextlib.suppress(av.error.FFmpegError):
                container.seek(round((start_us / SECOND - margin) / base), stream=stream)
                for packet in container.demux(stream):
                    if packet.is_keyframe and packet.pts is not None:
                        key = to_us(packet.pts, base)
                        if key <= start_us:
                            return Segment(start_us=key, end_us=end_us)
                        break
    return Segment(end_us=end_us)


def _lasting(first: Timed, rest: Iterator[Timed], start_us: int, end_us: int) -> Iterator[tuple[int, VideoFrame, int]]:
    """(time from the span's start, frame, how long it is shown); the first is shown from the start on."""
    (_, frame), time = first, start_us
    for following, following_frame in rest:
        if following > time:
            yield time - start_us, frame, following - time
            time = following
        frame = following_frame
    yield time - start_us, frame, max(1, end_us - time)


class _Seen:
    def __init__(self, file: OutputContainer, first: VideoFrame, pixel_aspect: float) -> None:
        self._file = file
        self._turn = _TURNS.get(first.rotation % 360)
        wide, high = first.width * pixel_aspect, first.height
        if self._turn and first.rotation % 180:
            wide, high = high, wide
        scale = min(1.0, ROWS / high)
        self._width, self._height = (max(2, round(side * scale / 2) * 2) for side in (wide, high))
        self._track: VideoStream = file.add_stream("libx264", 30, options=_PICTURE)
        context = self._track.codec_context
        context.width, context.height, context.pix_fmt = self._width, self._height, "yuv420p"
        context.time_base, context.gop_size = _CLOCK, 30
        context.thread_count = 2
        self._form: tuple[int, int, str] | None = None
        self._graph = Graph()
        self._durations: dict[int, int] = {}

    def add(self, time_us: int, frame: VideoFrame, lasting_us: int) -> None:
        upright = self._upright(frame)
        upright.pts, upright.time_base = round(time_us * 9 / 100), _CLOCK
        self._durations[upright.pts] = max(1, round((time_us + lasting_us) * 9 / 100) - upright.pts)
        self._mux(self._track.encode(upright))

    def _mux(self, packets: "list[Packet[VideoStream]]") -> None:
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts or 0, packet.duration or 0)
            self._file.mux(packet)

    def _upright(self, frame: VideoFrame) -> VideoFrame:
        form = (frame.width, frame.height, frame.format.name)
        if form != self._form:
            self._graph, self._form = self._filters(frame), form
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _filters(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        turned = self._turn and "transpose" in self._turn
        width, height = (self._height, self._width) if turned else (self._width, self._height)
        nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_CLOCK)]
        nodes.append(graph.add("scale", f"{width}:{height}:flags=bilinear:out_range=tv"))
        for name in (self._turn or "").split(","):
            if name:
                filter_name, _, argument = name.partition("=")
                nodes.append(graph.add(filter_name, argument or None))
        nodes += [graph.add("format", "yuv420p"), graph.add("setsar", "1"), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure()
        return graph

    def close(self) -> None:
        self._mux(self._track.encode(None))


class _Said:
    def __init__(self, file: OutputContainer, first: Samples16) -> None:
        self._file = file
        self._layout = "mono" if len(first) == 1 else "stereo"
        self._track: AudioStream = file.add_stream("aac", _RATE, layout=self._layout)
        self._track.codec_context.bit_rate = 64_000 * len(first)
        self._samples = 0
        self.add(first)

    @property
    def written_us(self) -> int:
        return self._samples * SECOND // _RATE

    def add(self, samples: Samples16) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), "s16p", self._layout)
        frame.sample_rate, frame.pts, frame.time_base = _RATE, self._samples, Fraction(1, _RATE)
        self._samples += samples.shape[1]
        self._file.mux(self._track.encode(frame))

    def close(self) -> None:
        self._file.mux(self._track.encode(None))


def _sound(path: Path, start_us: int, end_us: int) -> Iterator[Samples16]:
    """Samples (channels, n) of exactly the span; nothing where the file has no sound there."""
    wanted, given = round((end_us - start_us) * _RATE / SECOND), 0
    for time, block in blocks(SoundTrack(path, start_us - SECOND), _RATE, _BLOCK):
        first = round((time - start_us) * _RATE / SECOND)
        if first >= wanted:
            return
        samples = block[:, max(0, -first) : wanted - first]
        if samples.shape[1]:
            late = first - given if not given else 0
            if late > 0:
                samples = np.concatenate([np.zeros((len(samples), late), np.int16), samples], axis=1)
            given += samples.shape[1]
            yield samples


def _pixel_aspect(path: Path) -> float:
    with open_media(path) as container:
        aspect = video_stream(container, path.name).sample_aspect_ratio
        return float(aspect) if aspect else 1.0
