"""What a media file says about itself, before a frame is decoded."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from shotlist.errors import MediaError
from shotlist.media.errors import unreadable
from shotlist.sources.store import Remote
from shotlist.timing import SECOND, to_us

MAX_PIXELS = 8192 * 4608
"""Pictures above this (a little more than 8K) are refused before memory is taken for them."""

_GENPTS = 1  # FFmpeg's AVFMT_FLAG_GENPTS
_PICTURE_FORMATS = ("image2", "_pipe", "gif", "ico", "apng", "webp")
_REFUSED_FORMATS = ("concat", "hls", "dash", "sdp", "rtsp")  # containers that name other files to be opened


@dataclass(frozen=True)
class MediaInfo:
    """Facts from the headers; the header may lie, so ``duration_us`` and ``frames`` are only claims."""

    container: str
    codec: str
    width: int
    height: int
    pixel_aspect: float
    fps: float
    duration_us: int
    frames: int
    audio_codec: str | None
    audio_tracks: int
    video_tracks: int


def open_media(path: Path | Remote) -> InputContainer:
    """Open a file for reading; raises MediaError. The file is closed by its owner (``with``)."""
    try:
        # A name that looks like a URL must never make the library open a connection.
        file = f"file:{path}" if isinstance(path, Path) else path.open()
        container = av.open(file, "r", metadata_errors="replace", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(path, Path) and path.is_file() and path.stat().st_size == 0:
            raise MediaError("empty", f"{path.name}: the file is empty (0 bytes)") from error
        raise unreadable(error, path.name) from error
    # Made-up times of presentation are wrong where pictures are stored in another order (AVI, MPEG-PS).
    container.flags &= ~_GENPTS
    if any(name in container.format.name for name in _REFUSED_FORMATS):
        container.close()
        raise MediaError("unreadable", f"{path.name}: a playlist that names other files, not a video")
    return container


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """The moving picture of a file: the largest video track that is no cover art; raises MediaError."""
    if any(part in container.format.name for part in _PICTURE_FORMATS):
        raise MediaError("not a video", f"{name}: a still picture, not a video")
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not moving:
        what = "sound only" if container.streams.audio else f"{container.format.long_name} data"
        raise MediaError("no video", f"{name}: no video track inside ({what})")
    known = [s for s in moving if s.codec_context is not None]  # the others don't even have a width
    if not known:
        raise MediaError("unknown codec", f"{name}: no decoder for its video codec is built in")
    stream = max(known, key=lambda s: (bool(s.disposition & Disposition.default), s.width * s.height))
    if stream.width * stream.height > MAX_PIXELS:
        raise MediaError(
            "too large", f"{name}: declares {stream.width} x {stream.height} pixels, above the limit of 8K"
        )
    return stream


def probe(path: Path) -> MediaInfo:
    """Read the headers of a video; raises MediaError."""
    with open_media(path) as container:
        stream = video_stream(container, path.name)
        audio = container.streams.audio
        aspect = stream.sample_aspect_ratio
        return MediaInfo(
            container=container.format.name,
            codec=stream.codec.canonical_name,
            width=stream.width,
            height=stream.height,
            pixel_aspect=float(aspect) if aspect else 1.0,
            fps=float(stream.average_rate or 0),
            duration_us=_duration_us(container, stream),
            frames=stream.frames,
            audio_codec=audio[0].codec.canonical_name if audio and audio[0].codec_context else None,
            audio_tracks=len(audio),
            video_tracks=len(container.streams.video),
        )


def _duration_us(container: InputContainer, stream: VideoStream) -> int:
    if stream.duration and stream.time_base:
        return to_us(stream.duration, stream.time_base)
    return to_us(container.duration, Fraction(1, SECOND)) if container.duration else 0
