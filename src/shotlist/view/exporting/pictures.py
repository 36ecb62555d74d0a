"""Each clip's film and still, with faces blurred if that is wanted."""

import errno
import io
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from shotlist.errors import MediaError, ShotlistError, StorageError
from shotlist.media.blur import Place, blurred, blurred_frames, places_between
from shotlist.sources.names import is_link
from shotlist.sources.store import Remote
from shotlist.sources.trouble import explained
from shotlist.timing import SECOND
from shotlist.view.answer import NotThere
from shotlist.view.exporting.folder import Folder
from shotlist.view.media import encode
from shotlist.view.media.films import Films
from shotlist.view.media.sources import Unplayable, checked

ROWS = 720
"""Greatest height of a film in pixels."""
_WIDTH, _QUALITY = 640, 84
_MARGIN = 0.5
"""What is added to a face on each side, in shares of it: it moves between two stills."""
FACES = "landmarks"
"""The table that says where faces are."""

At = Callable[[int], Sequence[Place]]


class Stopped(Exception):
    """Nobody waits for the film any more."""


@dataclass
class Pictures:
    """Makes films and stills in a folder; those that are there stay. ``stopped`` ends what is under way.

    ``unlooked`` are videos in which faces could not be looked for.
    """

    films: Films
    folder: Folder
    blur: bool = False
    unlooked: frozenset[str] = frozenset()
    stopped: threading.Event = field(default_factory=threading.Event)

    def film(self, clip: dict[str, Any], name: str) -> str | None:
        """Cut the clip out; gives the reason where that can't be done."""
        if self.folder.has(name):
            return None
        try:
            source = self.films.source(clip["video_id"])
            checked(source)
            file = Remote(source.uri) if is_link(source.uri) else Path(source.uri)
            retouch = self._retouch(clip) if self.blur else None
            self._cut(file, clip, name, retouch)
        except (Unplayable, NotThere, StorageError) as error:
            return str(error)
        except MediaError as error:
            return f"{source.uri}: {error.message}"
        return None

    def _cut(self, file: Path | Remote, clip: dict[str, Any], name: str, retouch: encode.Retouch | None) -> None:
        with self.folder.aside(name) as whole, self.folder.aside(name) as growing:
            try:
                with growing.open("wb") as out:
                    sink = _Sink(out, self.stopped)
                    encode.encode(file, sink, clip["start_us"], clip["end_us"], ROWS, retouch)
                encode.searchable(growing, whole)
            except (MediaError, Stopped):
                raise
            except Exception as error:  # each store has exceptions of its own
                if getattr(error, "errno", None) == errno.ENOSPC:
                    raise ShotlistError(f"{self.folder.path}: there is no room left on the disk") from error
                raise explained(error) from error
            finally:
                growing.unlink(missing_ok=True)

    def still(self, clip: dict[str, Any], name: str) -> bool:
        """The stored still nearest to the clip's middle; False where there is none."""
        if self.folder.has(name):
            return True
        with suppress(NotThere, MediaError, StorageError):
            part = self.films.part("frames", clip["video_id"])
            found = self.films.album.nearest(part, clip["video_id"], clip["still_us"]) if part is not None else None
            if found is None or not clip["start_us"] - SECOND <= found[0] <= clip["end_us"] + SECOND:
                return False
            content = _scaled(found[1], self._places(clip["video_id"])(found[0]) if self.blur else ())
            if content is not None:
                self.folder.write(name, content)
                return True
        return False

    def _retouch(self, clip: dict[str, Any]) -> encode.Retouch:
        at, start_us = self._places(clip["video_id"]), clip["start_us"]

        def retouched(frame: VideoFrame) -> VideoFrame:
            return next(iter(blurred_frames([frame], lambda time_us: at(time_us + start_us), _MARGIN)))

        return retouched

    def _places(self, video_id: str) -> At:
        """Where faces are at any time of a video; raises MediaError where nobody has looked for them."""
        if video_id in self.unlooked or self.films.part(FACES, video_id) is None:
            raise MediaError("no faces", "nobody has looked for faces in this video, so it is left out")
        people: dict[int, list[tuple[int, Place]]] = defaultdict(list)
        with self.films.film(video_id) as film:
            rows = film.tables.table(FACES, video_id, ["time_us", "track", "face", "head_box"])
        for row in rows.to_pylist() if rows is not None else ():
            box = row["face"] or row["head_box"]
            if box:
                people[row["track"]].append((row["time_us"], (box["left"], box["top"], box["right"], box["bottom"])))
        return places_between({track: sorted(seen) for track, seen in people.items()})


@dataclass
class _Sink:
    out: Any
    stopped: threading.Event

    def write(self, data: bytes) -> int:
        if self.stopped.is_set():
            raise Stopped
        return int(self.out.write(data))


def _scaled(jpeg: bytes, places: Sequence[Place]) -> bytes | None:
    """None for what is no picture."""
    try:
        with Image.open(io.BytesIO(jpeg)) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    if places:
        picture = Image.fromarray(blurred(np.asarray(picture), places))
    picture.thumbnail((_WIDTH, _WIDTH))
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=_QUALITY, optimize=True)
    return packed.getvalue()
