"""Single frames of a short stretch of a video, small, for seeing exactly where a cut lies."""

import base64
import io
from itertools import islice
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame
from PIL import Image

from shotlist.errors import MediaError
from shotlist.sources.names import is_link
from shotlist.sources.store import Remote
from shotlist.timing import SECOND
from shotlist.view.answer import NotAsked
from shotlist.view.media.films import Films
from shotlist.view.media.sources import Unplayable, checked
from shotlist.view.media.spans import pictures

_SIZE = 176
_LONGEST = 3 * SECOND
_MOST = 150
"""Frames of one answer."""


def frames(films: Films, video_id: str, start_us: int, end_us: int) -> list[dict[str, Any]]:
    """Each frame of [start_us, end_us) as ``time_us`` and ``picture``, a JPEG as a data address.

    Raises NotAsked for a stretch that is too long, and Unplayable where the video can't be read.
    """
    if not 0 < end_us - start_us <= _LONGEST:
        raise NotAsked(f"frames are given for at most {_LONGEST // SECOND} seconds at a time")
    source = films.source(video_id)
    checked(source)
    file = Remote(source.uri) if is_link(source.uri) else Path(source.uri)
    try:
        found = islice(pictures(file, start_us, end_us), _MOST)
        return [{"time_us": start_us + time, "picture": _picture(frame)} for time, frame, _ in found]
    except MediaError as error:
        raise Unplayable(502, f"{source.uri}: {error}") from error


def _picture(frame: VideoFrame) -> str:
    """Upright and small; pixels that are not square are left as they are."""
    scale = min(1.0, _SIZE / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    small = Image.fromarray(frame.to_ndarray(format="rgb24", width=width, height=height))
    if frame.rotation % 360:
        small = small.rotate(frame.rotation, Image.Resampling.NEAREST, expand=True)
    packed = io.BytesIO()
    small.save(packed, "JPEG", quality=78)
    return "data:image/jpeg;base64," + base64.b64encode(packed.getvalue()).decode()
