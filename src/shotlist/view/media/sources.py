"""The video files themselves: those that the dataset's tables name, as they were when they were scanned."""

import hashlib
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from shotlist.errors import ShotlistError
from shotlist.records import Source
from shotlist.sources import links
from shotlist.sources.candidates import Candidate
from shotlist.sources.identity import identify
from shotlist.sources.names import is_link, is_web
from shotlist.sources.store import BLOCK, Remote, opened
from shotlist.sources.trouble import explained
from shotlist.view.media.films import Films
from shotlist.view.media.mime import file_type

_SURE = 60.0
"""Seconds for which a remote file is taken to be as it was when it was last asked about."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Unplayable(ShotlistError):
    """A video file that can't be had or played; ``status`` is HTTP's."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def answer(films: Films, video_id: str, request: Request) -> Response:
    """The file, or the part of it that was asked for; raises NotThere and Unplayable."""
    source = films.source(video_id)
    found = checked(source)
    headers = {"content-type": file_type(films.row("videos", video_id)), "cache-control": "private, no-cache"}
    if is_link(source.uri):
        return _remote(found, request, headers)
    return FileResponse(source.uri, headers=headers, stat_result=Path(source.uri).stat())


_known: dict[str, tuple[float, Candidate]] = {}
_asking = threading.Lock()


def checked(source: Source) -> Candidate:
    """The file of a video as it is now, which must still be the same video; raises Unplayable."""
    at, found = _known.get(source.uri, (0.0, None))
    if found is None or not is_link(source.uri) or time.monotonic() - at > _SURE:
        found = _looked_up(source)
    told = {(source.uri, source.size, source.stamp): source.video_id}
    at, before = _known.get(source.uri, (0.0, None))
    if before is not None and (before.size, before.stamp) == (found.size, found.stamp):
        told[(found.uri, found.size, found.stamp)] = source.video_id
    with _asking:  # a file that was touched is read, which many requests at once need not do
        named = identify([found], told)
    if not named.sources:
        raise Unplayable(502, f"{source.uri}: {named.problems[0].message}")
    if named.sources[0].video_id != source.video_id:
        raise Unplayable(410, f"{source.uri}: the file has changed since it was scanned; build again")
    _known[source.uri] = time.monotonic(), found
    return found


def _looked_up(source: Source) -> Candidate:
    if is_link(source.uri):
        told = links.look(source.uri)
        if told.sources:
            return told.sources[0]
        problem = told.problems[0]
        raise Unplayable(404 if problem.kind == "not found" else 502, f"{source.uri}: {problem.message}")
    try:
        status = Path(source.uri).stat()
    except OSError as error:
        kind, advice = explained(error), "put it back there, or build again where the videos are now"
        raise Unplayable(404, f"{source.uri}: {kind.message.rstrip('.')}; {advice}") from error
    if not Path(source.uri).is_file():
        raise Unplayable(404, f"{source.uri}: this is no longer a file")
    return Candidate(uri=source.uri, size=status.st_size, stamp=str(status.st_mtime_ns))


def _remote(found: Candidate, request: Request, headers: dict[str, str]) -> Response:
    """A part of a remote file, read no faster than the client takes it."""
    tag = hashlib.blake2b(f"{found.uri}\n{found.size}\n{found.stamp}".encode(), digest_size=8).hexdigest()
    headers |= {"etag": f'"{tag}"', "accept-ranges": "bytes"}
    size, asked = found.size, None
    if request.headers.get("if-range", headers["etag"]) == headers["etag"]:
        asked = _asked(request.headers.get("range", ""), size)
    start, end = asked or (0, size)
    if asked and start >= end:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    if asked:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    if size >= 0:
        headers["content-length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=206 if asked else 200, headers=headers)
    try:
        content = _read(found.uri, start, end if size >= 0 else sys.maxsize)
        first = next(content, b"")
    except ValueError:  # fsspec: the server doesn't send parts
        del headers["accept-ranges"]
        headers.pop("content-range", None)
        headers.pop("content-length", None)
        return StreamingResponse(_read_whole(found.uri), headers=headers)
    except Exception as error:  # each store has exceptions of its own
        raise Unplayable(502, f"{found.uri}: {explained(error).message}") from error
    return StreamingResponse(chain([first], content), 206 if asked else 200, headers=headers)


def _asked(header: str, size: int) -> tuple[int, int] | None:
    """The bytes [start, end) that are asked for; None for all, as for several parts at once."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or size < 0 or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    end = min(size, int(last) + 1) if last else size
    return (int(first), end) if not last or int(last) >= int(first) else None


def _read(uri: str, start: int, end: int) -> Iterator[bytes]:
    if not start and is_web(uri):  # one request for all of it, which servers know that don't send parts
        yield from _read_whole(uri, end)
        return
    with Remote(uri).open() as file:
        file.seek(start)
        while start < end and (block := file.read(min(BLOCK, end - start))):
            start += len(block)
            yield block


def _read_whole(uri: str, end: int = sys.maxsize) -> Iterator[bytes]:
    fs, path = opened(uri)
    with closing(fs.open(path, "rb", block_size=0)) as file:
        while end > 0 and (block := file.read(min(BLOCK, end))):
            end -= len(block)
            yield block
