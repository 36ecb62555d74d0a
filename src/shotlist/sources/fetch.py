"""A file on this machine, whatever its address: local ones as they are, remote ones as a copy."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shotlist.sources.names import extension, is_link
from shotlist.sources.store import opened, read_up_to
from shotlist.sources.trouble import SourceError, explained

__all__ = ["SourceError", "local_copy", "read_bytes"]


@contextmanager
def local_copy(uri: str, scratch: Path) -> Iterator[Path]:
    """Lend a file as a local path for the length of a ``with`` block.

    A local file is used where it is. A remote one is downloaded block by block into a folder of its own in
    ``scratch`` (made if need be), handed over once it is whole, and removed at the end, also after an error.

    Raises:
        SourceError: the file can't be had.
    """
    if not is_link(uri):
        if not Path(uri).is_file():
            raise SourceError("not found", "There is no such file.")
        yield Path(uri)
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=scratch) as folder:
        # The name is ours, since a link's own may be none at all; the ending helps to tell the format.
        copy = Path(folder) / f"video{extension(uri)[:16]}"
        _download(uri, copy)
        yield copy


def read_bytes(uri: str, limit: int = 64 << 20) -> bytes:
    """The content of a small file, such as a subtitle file, local or remote.

    Raises:
        SourceError: it can't be had, or is longer than ``limit`` bytes.
    """
    try:
        if is_link(uri):
            fs, path = opened(uri)
            with fs.open(path, "rb", block_size=limit) as file:
                content = read_up_to(file, limit + 1)
        else:
            with Path(uri).open("rb") as file:
                content = file.read(limit + 1)
    except Exception as error:  # each store has exceptions of its own
        raise explained(error) from error
    if len(content) > limit:
        raise SourceError("too large", f"It is larger than {limit >> 20} MiB.")
    return content


def _download(uri: str, target: Path) -> None:
    try:
        fs, path = opened(uri)
        fs.get_file(path, str(target))
    except Exception as error:  # each store has exceptions of its own
        raise explained(error) from error
    if not target.is_file():
        raise SourceError("not a file", "This is a folder, not a file.")
