"""Which video is it: a name made of the content, so that a moved or renamed file stays the same video."""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO, Protocol

from shotlist.records import Source
from shotlist.sources.candidates import Candidate, Problem
from shotlist.sources.names import is_link, is_web
from shotlist.sources.store import Readable, opened, read_up_to
from shotlist.sources.trouble import SourceError, explained

MEBIBYTE = 1 << 20
WHOLE = 16 * MEBIBYTE
"""Files up to this size are read entirely."""
PIECES, PIECE = 14, 64 << 10
"""Of larger ones, the first and last MiB and this many pieces of this size between them."""


class Seekable(Readable, Protocol):
    """A binary file that can be read anywhere."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""
        ...


@dataclass(frozen=True)
class Duplicate:
    """A file with the content of another, which was named before it and stands for both."""

    uri: str
    video_id: str
    kept: str
    """Address of the source that stands for both."""


@dataclass(frozen=True)
class Identified:
    """Every candidate ends in one of these: a source, a duplicate of one, or a problem."""

    sources: list[Source]
    duplicates: list[Duplicate]
    problems: list[Problem]


def video_id(file: Seekable, size: int) -> str:
    """Name a video by its content: 16 hex characters of BLAKE2b over its size in bytes and samples of it.

    Up to 16 MiB all bytes count; of larger files the first and last MiB and 14 pieces of 64 KiB in between.
    """
    digest = hashlib.blake2b(size.to_bytes(8, "little"), digest_size=8)
    for start, length in _samples(size):
        file.seek(start)
        digest.update(read_up_to(file, length))
    return digest.hexdigest()


def _samples(size: int) -> list[tuple[int, int]]:
    if size <= WHOLE:
        return [(0, size)]
    room = size - 2 * MEBIBYTE
    between = [(MEBIBYTE + (room - PIECE) * (n + 1) // (PIECES + 1), PIECE) for n in range(PIECES)]
    return [(0, MEBIBYTE), *between, (size - MEBIBYTE, MEBIBYTE)]


def identify(
    candidates: Sequence[Candidate], known: Mapping[tuple[str, int, str], str], threads: int = 8
) -> Identified:
    """Give each candidate its ``video_id``, in order.

    ``known`` holds ids by (uri, size, stamp): a file that hasn't changed since is not opened. A candidate
    without a stamp is always read, since nothing would show that it changed.
    """
    ids: dict[str, str | Problem] = {}
    for one in candidates:
        name = known.get((one.uri, one.size, one.stamp)) if one.stamp else None
        if name:
            ids[one.uri] = name
    unknown = [one for one in candidates if one.uri not in ids]
    if unknown:
        with ThreadPoolExecutor(threads) as pool:
            ids.update(zip((one.uri for one in unknown), pool.map(_read, unknown), strict=True))
    return _sorted_out(candidates, ids)


def _sorted_out(candidates: Sequence[Candidate], ids: Mapping[str, str | Problem]) -> Identified:
    kept: dict[str, Source] = {}
    duplicates: list[Duplicate] = []
    problems: list[Problem] = []
    for one in candidates:
        name = ids[one.uri]
        if isinstance(name, Problem):
            problems.append(name)
        elif name in kept:
            duplicates.append(Duplicate(one.uri, name, kept[name].uri))
        else:
            kept[name] = _source(name, one)
    return Identified(list(kept.values()), duplicates, problems)


_SHARED = tuple(field.name for field in fields(Source) if field.name != "video_id")


def _source(name: str, one: Candidate) -> Source:
    return Source(video_id=name, **{field: getattr(one, field) for field in _SHARED})


def _read(one: Candidate) -> str | Problem:
    try:
        if not is_link(one.uri):
            with Path(one.uri).open("rb") as file:
                return video_id(file, one.size)
        return _read_web(one) if is_web(one.uri) else _read_store(one)
    except Exception as error:  # each store has exceptions of its own
        trouble: SourceError = explained(error)
        return Problem(one.uri, trouble.message, trouble.kind, trouble.may_pass)


def _read_store(one: Candidate) -> str:
    fs, path = opened(one.uri)
    with fs.open(path, "rb", cache_type="none") as file:  # reading ahead would fetch 5 MiB for each piece
        return video_id(file, one.size)


def _read_web(one: Candidate) -> str:
    """Samples where the server sends parts of a file; else the whole, up to 16 MiB.

    A larger file from a server that doesn't send parts would cost a full download. It is named by its link,
    its size as far as known and its first MiB instead, so that copies of it elsewhere are other videos.
    """
    fs, path = opened(one.uri)
    if one.size > WHOLE:
        try:
            with fs.open(path, "rb", size=one.size, cache_type="none") as file:
                return video_id(file, one.size)
        except ValueError:  # fsspec: the server doesn't send parts
            pass
    with closing(fs.open(path, "rb", block_size=0)) as file:
        return _read_stream(file, one)


def _read_stream(file: BinaryIO, one: Candidate) -> str:
    head = read_up_to(file, MEBIBYTE if one.size > WHOLE else WHOLE + 1)
    if len(head) <= WHOLE and one.size <= WHOLE:
        digest = hashlib.blake2b(len(head).to_bytes(8, "little") + head, digest_size=8)
    else:
        digest = hashlib.blake2b(f"{one.uri}\n{one.size}\n".encode() + head[:MEBIBYTE], digest_size=8)
    return digest.hexdigest()
