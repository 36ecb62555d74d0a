"""Remote files: one door to every store that fsspec knows."""

from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import fsspec.core

from shotlist.sources.names import base_name, is_web
from shotlist.sources.trouble import SourceError

CONNECT_SECONDS = 30
SILENCE_SECONDS = 60
BLOCK = 1 << 20
"""Bytes that are asked for at a time where a file is read part by part."""


def opened(uri: str) -> tuple[Any, str]:
    """The file system of a link and the path in it.

    Raises:
        Exception: whatever the store's package raises; ``trouble.explained`` makes a sentence of it.
    """
    return fsspec.core.url_to_fs(uri, **(_web_options() if is_web(uri) else {}))  # type: ignore[no-any-return]


def _web_options() -> dict[str, Any]:
    try:
        import aiohttp
    except ImportError as error:
        advice = 'Web links need one more package: pip install "shotlist[http]".'
        raise SourceError("not supported", advice) from error
    # aiohttp ends every transfer after five minutes, which a long film needs; what counts is silence.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
    return {"client_kwargs": {"timeout": timeout, "trust_env": True}}


def address(fs: Any, path: str, given: str) -> str:
    """The link of a path in a store; ``given`` keeps the rest of a chained link such as ``zip://*::s3://…``."""
    return str(fs.unstrip_protocol(path)) + "".join(given.partition("::")[1:])


@dataclass(frozen=True)
class Remote:
    """A file behind a link, read part by part as it is needed."""

    uri: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return base_name(self.uri)

    def open(self) -> BinaryIO:
        """Open it for reading anywhere; raises what ``opened`` does."""
        fs, path = opened(self.uri)
        return fs.open(path, "rb", block_size=BLOCK, cache_type="readahead")  # type: ignore[no-any-return]


class Readable(Protocol):
    """A binary file that is read forward."""

    def read(self, size: int, /) -> bytes:
        """Give up to ``size`` bytes, none at the end."""
        ...


def read_up_to(file: Readable, count: int) -> bytes:
    """Read ``count`` bytes, fewer only at the end: streams may hand out less than was asked for."""
    pieces = []
    while count > 0 and (piece := file.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
