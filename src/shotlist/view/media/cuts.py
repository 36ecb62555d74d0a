"""Clips cut out of their video on the fly, in a format that every browser plays: each made once, two at a time.

A cut is sent while it is being made, in fragments, so that it plays almost at once; once it is whole it is kept as a
file of which any part can be asked for.
"""

import os
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from weakref import WeakSet

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from shotlist.errors import MediaError
from shotlist.records import Source
from shotlist.sources.names import is_link
from shotlist.sources.store import Remote
from shotlist.sources.trouble import explained
from shotlist.timing import SECOND
from shotlist.view.answer import NotAsked, NotThere
from shotlist.view.media import encode
from shotlist.view.media.films import Films
from shotlist.view.media.sources import Unplayable, checked

ROWS = (360, 720)
"""Greatest heights in pixels; the first is meant for small previews."""
LONGEST = 600 * SECOND
_FARTHEST = 10**15
_AROUND = 60 * SECOND
"""So far a span may reach beyond its clip."""
_KEPT_BYTES = 2 << 30
_CHUNK = 1 << 16
_FOR_GOOD = "private, max-age=31536000, immutable"


@dataclass(frozen=True)
class Wish:
    """A span of a video, [start_us, end_us), and the greatest height of its picture."""

    source: Source
    start_us: int
    end_us: int
    rows: int

    @property
    def name(self) -> str:
        """The file in which the cut is kept: the video's id comes from its content, so it never goes stale."""
        return f"{self.source.video_id}.{self.start_us}.{self.end_us}.{self.rows}.mp4"


def answer(films: Films, cache: Path, name: str, request: Request) -> Response:
    """The cut as far as it is made; raises NotThere, NotAsked and Unplayable."""
    wish = _wish(films, name, request)
    path = cache / "cuts" / wish.name
    if not path.is_file():
        checked(wish.source)
        reader = _joined(path, wish)
        if reader is not None and not reader.wait(begun=not _needs_all(request)):
            return StreamingResponse(reader, media_type="video/mp4", headers={"cache-control": "no-store"})
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # played now, changed then: browsers go by that
    return FileResponse(path, media_type="video/mp4", headers={"cache-control": _FOR_GOOD}, stat_result=path.stat())


def _needs_all(request: Request) -> bool:
    first_bytes = request.headers.get("range", "bytes=0-") == "bytes=0-"
    return request.method == "HEAD" or "whole" in request.query_params or not first_bytes


def _wish(films: Films, name: str, request: Request) -> Wish:
    if name in films:
        with films.film(name) as film:
            if not film.readable:
                raise NotThere(f"{name}: no picture of this video could be read")
            first, last = int(film.video["start_us"]), film.end_us
        start, end = _span(request, first, last)
    else:
        clip = films.clip(name)
        start, end = _span(request, clip.start_us, clip.end_us)
        if start < clip.start_us - _AROUND or end > clip.end_us + _AROUND:
            raise NotAsked("a cut may begin and end up to a minute beyond its clip")
    rows = next((r for r in ROWS if str(r) == request.query_params.get("rows")), ROWS[-1])
    source = films.source(name if name in films else clip.film.video_id)
    return Wish(source, start, end, rows)


def _span(request: Request, start_us: int, end_us: int) -> tuple[int, int]:
    try:
        start, end = (
            int(request.query_params.get(name, told)) for name, told in (("start_us", start_us), ("end_us", end_us))
        )
    except ValueError:
        raise NotAsked("start_us and end_us are whole numbers of microseconds") from None
    if not 0 < end - start <= LONGEST or abs(start) > _FARTHEST:
        raise NotAsked(f"a cut is longer than nothing and at most {LONGEST // 60 // SECOND} minutes long")
    return start, end


class _Abandoned(Exception):
    """Nobody waits for the cut any more."""


class _Making:
    """A cut in the making: the muxer writes fragments into it, and any number of readers follow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.growing = path.with_name(f".{uuid.uuid4().hex}.mp4")
        self.done = False
        self._error: Unplayable | None = None
        self._size = 0
        self._changed = threading.Condition()
        self._file = self.growing.open("wb", buffering=0)
        self._readers: WeakSet[_Reader] = WeakSet()

    def reader(self) -> "_Reader":
        """The fragments from the beginning on. As long as one reader lives, the cut goes on."""
        reader = _Reader(self)
        self._readers.add(reader)
        return reader

    def wait(self, size: float) -> bool:
        """Wait until there are more bytes than ``size``; False if there will be none. Raises Unplayable."""
        with self._changed:
            self._changed.wait_for(lambda: self.done or self._error or self._size > size)
            if self._error is not None:
                raise self._error
            return self._size > size

    def write(self, data: bytes) -> int:
        """What the muxer calls."""
        if not self._readers:
            raise _Abandoned
        self._file.write(data)
        with self._changed:
            self._size += len(data)
            self._changed.notify_all()
        return len(data)

    def run(self, wish: Wish) -> None:
        """Make the cut, then put it in place as a file that can be searched."""
        whole = self.path.with_name(f".{uuid.uuid4().hex}.mp4")
        try:
            encode.encode(_file(wish.source.uri), self, wish.start_us, wish.end_us, wish.rows)
            encode.searchable(self.growing, whole)
            whole.replace(self.path)
            self._end(None)
        except MediaError as error:
            self._end(Unplayable(422, f"{wish.source.uri}: {error.message}"))
        except _Abandoned:
            self._end(Unplayable(503, "the cut was given up because nobody waited for it; ask again"))
        except Exception as error:  # each store has exceptions of its own
            self._end(Unplayable(500, f"{wish.source.uri}: the clip can't be cut out: {explained(error).message}"))
        finally:
            self._file.close()
            whole.unlink(missing_ok=True)

    def _end(self, error: Unplayable | None) -> None:
        with self._changed:
            self.done, self._error = error is None, error
            self._changed.notify_all()


class _Reader:
    """Follows a file that grows."""

    def __init__(self, making: _Making) -> None:
        self._making = making
        self._file = making.growing.open("rb")
        self._read = 0

    def __del__(self) -> None:
        self._file.close()  # whoever asked may have gone away before the end

    def wait(self, begun: bool) -> bool:
        """Until there is something to read, or else until all is there; whether it is. Raises Unplayable."""
        self._making.wait(0 if begun else inf)
        return self._making.done

    def __iter__(self) -> "_Reader":
        return self

    def __next__(self) -> bytes:
        block = self._file.read(_CHUNK)
        if not block and self._making.wait(self._read):
            block = self._file.read(_CHUNK)
        if not block:
            raise StopIteration
        self._read += len(block)
        return block


_two_at_a_time = ThreadPoolExecutor(2, thread_name_prefix="cut")
_all: dict[Path, _Making] = {}
_lock = threading.Lock()


def _joined(path: Path, wish: Wish) -> _Reader | None:
    """Reads the cut in the making, which is begun if need be; None where it has just been finished."""
    with _lock:
        making = _all.get(path)
        if making is None:
            if path.is_file():
                return None
            path.parent.mkdir(parents=True, exist_ok=True)
            making = _all[path] = _Making(path)
            reader = making.reader()  # without any it would be given up at once
            _two_at_a_time.submit(_run, making, wish)
            return reader
        return making.reader()


def _run(making: _Making, wish: Wish) -> None:
    making.run(wish)
    with _lock:  # nobody joins from now on, and those who did have the file open
        del _all[making.path]
        making.growing.unlink(missing_ok=True)
    tidy(making.path.parent)


def _file(uri: str) -> Path | Remote:
    return Remote(uri) if is_link(uri) else Path(uri)


def tidy(folder: Path, room: int = _KEPT_BYTES) -> None:
    """Delete what was not played for longest, so that no more than ``room`` bytes are kept."""
    with suppress(FileNotFoundError):  # another viewer may tidy up at the same time
        files = [(p.stat().st_atime, p.stat().st_size, p) for p in folder.glob("*.mp4")]
        for _, size, path in sorted(files, reverse=True):
            room -= size
            if room < 0:
                path.unlink()
