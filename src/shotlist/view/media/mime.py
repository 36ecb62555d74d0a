"""Which kind of file a video is, as browsers want to be told: a media type with its codecs (RFC 6381)."""

import re
from collections.abc import Mapping
from typing import Any

from shotlist.timing import SECOND

_CONTAINERS = {
    "mov": "video/mp4",  # browsers play QuickTime's files under this name only
    "matroska": "video/x-matroska",
    "ogg": "video/ogg",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "flv": "video/x-flv",
    "asf": "video/x-ms-asf",
}
"""By the first of FFmpeg's names."""
_WEB = {"vp8", "vp9", "av1", "opus", "vorbis", None}
"""What is inside of WebM, which is Matroska with these codecs only."""
_CODECS = {
    "h264": "avc1.640028",
    "hevc": "hvc1.1.6.L120.90",
    "av1": "av01.0.08M.08",
    "vp9": "vp09.00.40.08",
    "vp8": "vp8",
    "aac": "mp4a.40.2",
    "mp3": "mp4a.6B",
    "ac3": "ac-3",
    "eac3": "ec-3",
}
"""Of usual profiles: the tables don't tell which it is, and a try that fails leads to a cut."""
_NAME = re.compile(r"[\w.-]+", re.ASCII)
"""What may stand in a header: the table may come from anybody."""
_SAME_ZERO = SECOND // 5


def file_type(video: Mapping[str, Any]) -> str:
    """The media type of a video's file, from its row in ``videos``."""
    container = str(video.get("container") or "").partition(",")[0]
    codecs = [video.get("codec"), video.get("audio_codec")]
    kind = _CONTAINERS.get(container, "application/octet-stream")
    if container == "matroska" and _WEB.issuperset(codecs):
        kind = "video/webm"
    named = ", ".join(_CODECS.get(codec, codec) for codec in codecs if codec and _NAME.fullmatch(codec))
    return f'{kind}; codecs="{named}"' if named else kind


def playable_type(video: Mapping[str, Any]) -> str:
    """What to ask ``canPlayType`` about; empty where no browser would show the right times.

    Where a file's clock does not begin at about zero, browsers differ in what they call the beginning.
    """
    start = video.get("start_us")
    return file_type(video) if start is not None and 0 <= start <= _SAME_ZERO else ""
