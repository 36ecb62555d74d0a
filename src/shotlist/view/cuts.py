"""Clips cut out of their video on the fly, as H.264 and AAC in MP4, which every browser plays."""

import threading
import uuid
from pathlib import Path

from starlette.responses import FileResponse, Response

from shotlist.errors import MediaError, ShotlistError
from shotlist.sources.fetch import local_copy
from shotlist.view.encode import encode
from shotlist.view.films import Films

_AT_ONCE = threading.Semaphore(2)
_made: dict[Path, threading.Lock] = {}


def answer(films: Films, cache: Path, clip_id: str) -> Response:
    """The cut, made now if it was not made before."""
    clip = films.clip(clip_id)
    source = films.source(clip["video_id"])
    path = cache / "cuts" / f"{clip_id}.mp4"
    with _made.setdefault(path, threading.Lock()):
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with _AT_ONCE, local_copy(source.uri, cache / "fetched") as file:
                    aside = path.with_name(f".{uuid.uuid4().hex}.mp4")
                    encode(file, aside, clip["start_us"], clip["end_us"])
                    aside.replace(path)
            except MediaError as error:
                raise ShotlistError(f"{source.uri}: {error}") from error
    return FileResponse(path, media_type="video/mp4", stat_result=path.stat())
