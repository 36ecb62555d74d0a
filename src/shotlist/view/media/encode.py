"""A span of a video as an MP4 that every browser plays: H.264 and AAC, upright, square pixels, limited in size."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shotlist.errors import MediaError
from shotlist.media.hear import Samples16
from shotlist.media.probe import open_media, video_stream
from shotlist.timing import SECOND, clock
from shotlist.view.media.spans import RATE, File, pictures, sound

_CLOCK = Fraction(1, 90_000)
_PICTURE = {"preset": "superfast", "crf": "22", "tune": "zerolatency"}
_FRAGMENTS = {"movflags": "delay_moov+default_base_moof", "frag_duration": "250000"}
_KEY_FRAMES = 24
"""Pictures between key frames: few, so that any place is found at once."""
_TURNS = {90: ("transpose=2",), 180: ("hflip", "vflip"), 270: ("transpose=1",)}
"""FFmpeg's filters by the angle in degrees, against the clock, by which a picture is to be turned."""

Retouch = Callable[[VideoFrame], VideoFrame]
"""Gives a picture as it is to be shown."""


class Sink(Protocol):
    """Where fragments go."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes, and give their number."""
        ...


def encode(file: File, out: Sink, start_us: int, end_us: int, rows: int, retouch: Retouch | None = None) -> None:
    """Write the span [start_us, end_us) as fragmented MP4 whose times begin at zero, at most ``rows`` tall.

    ``retouch`` may change each picture: upright, yuv420p, its time counted from the span's start. Raises MediaError
    where the file can't be read or has no picture in the span, and what ``out`` raises.
    """
    seen = pictures(file, start_us, end_us)
    first = next(seen, None)
    if first is None:
        raise MediaError("no picture", f"there is no picture from {clock(start_us)} to {clock(end_us)}")
    said = sound(file, start_us, end_us)
    heard = next(said, None)
    with av.open(out, "w", format="mp4", options=_FRAGMENTS) as made:
        picture_track = _Pictures(made, first[1], _pixel_aspect(file), rows, retouch)
        sound_track = None if heard is None else _Sound(made, chain([heard], said), len(heard))
        for time, frame, lasting in chain([first], seen):
            picture_track.add(time, frame, lasting)
            if sound_track is not None:
                sound_track.follow(time)
        picture_track.close()
        if sound_track is not None:
            sound_track.close()


def searchable(fragments: Path, out: Path) -> None:
    """Copy what ``encode`` wrote into a file with its index in front, without coding it anew."""
    faststart = {"movflags": "+faststart"}
    with av.open(str(fragments)) as made, av.open(str(out), "w", format="mp4", options=faststart) as file:
        tracks = [file.add_stream_from_template(stream) for stream in made.streams]
        for packet in made.demux():
            if packet.size:
                packet.stream = tracks[packet.stream_index]
                file.mux(packet)


def _pixel_aspect(file: File) -> float:
    with open_media(file) as container:
        aspect = video_stream(container, file.name).sample_aspect_ratio
        return float(aspect) if aspect else 1.0


class _Pictures:
    """The track of pictures. Each is made upright and as large as the first, whatever its own format is."""

    def __init__(
        self, file: OutputContainer, first: VideoFrame, pixel_aspect: float, rows: int, retouch: Retouch | None
    ) -> None:
        self._file = file
        self._retouch = retouch
        self._turn = _TURNS.get(first.rotation % 360, ())
        self._turned = first.rotation % 180 != 0
        wide, high = first.width * pixel_aspect, float(first.height)
        if self._turned:
            wide, high = high, wide
        scale = min(1.0, rows / high)
        self._size = (_even(wide * scale), _even(high * scale))
        self._track: VideoStream = file.add_stream("libx264", 30, options=_PICTURE)
        context = self._track.codec_context
        context.width, context.height = self._size
        context.pix_fmt, context.time_base, context.gop_size = "yuv420p", _CLOCK, _KEY_FRAMES
        context.color_primaries, context.color_trc = first.color_primaries, first.color_trc
        context.colorspace, context.color_range = first.colorspace, av.video.reformatter.ColorRange.MPEG
        context.thread_count = 2
        self._form: tuple[int, int, str] | None = None
        self._graph = Graph()
        self._lasting: dict[int, int] = {}

    def add(self, time_us: int, frame: VideoFrame, lasting_us: int) -> None:
        upright = self._upright(frame)
        at = upright.pts = _ticks(time_us)
        upright.time_base = _CLOCK
        if self._retouch is not None:
            upright = self._retouch(upright)
        self._lasting[at] = max(1, _ticks(time_us + lasting_us) - at)
        self._write(self._track.encode(upright))

    def close(self) -> None:
        self._write(self._track.encode(None))

    def _write(self, packets: "list[Packet[VideoStream]]") -> None:
        for packet in packets:
            packet.duration = self._lasting.pop(packet.pts or 0)
            self._file.mux(packet)

    def _upright(self, frame: VideoFrame) -> VideoFrame:
        form = (frame.width, frame.height, frame.format.name)
        if form != self._form:  # the format may change in the middle of a stream
            self._graph, self._form = self._filters(frame), form
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _filters(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        width, height = self._size[::-1] if self._turned else self._size
        nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_CLOCK)]
        for told in (f"scale={width}:{height}:flags=bilinear:out_range=tv", *self._turn, "format=yuv420p", "setsar=1"):
            name, _, settings = told.partition("=")
            nodes.append(graph.add(name, settings or None))
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        return graph


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)


def _ticks(time_us: int) -> int:
    return round(time_us * 9 / 100)


class _Sound:
    """The track of sound, which is written as far as the pictures are."""

    def __init__(self, file: OutputContainer, blocks: Iterator[Samples16], channels: int) -> None:
        self._file = file
        self._blocks = blocks
        self._layout = "mono" if channels == 1 else "stereo"
        self._track = file.add_stream("aac", RATE, layout=self._layout)
        self._track.codec_context.bit_rate = 64_000 * channels
        self._written = 0

    def follow(self, time_us: int) -> None:
        while self._written * SECOND <= time_us * RATE:
            block = next(self._blocks, None)
            if block is None:
                return
            self._add(block)

    def _add(self, samples: Samples16) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), "s16p", self._layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._written, Fraction(1, RATE)
        self._written += samples.shape[1]
        self._file.mux(self._track.encode(frame))

    def close(self) -> None:
        for block in self._blocks:
            self._add(block)
        self._file.mux(self._track.encode(None))
