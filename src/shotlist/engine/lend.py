"""Lends a step its video as a local file."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from shotlist.engine.tasks import local_name
from shotlist.errors import MediaError
from shotlist.records import Source
from shotlist.sources.fetch import local_copy
from shotlist.sources.identity import video_id
from shotlist.sources.names import is_link
from shotlist.sources.trouble import explained

_BREATH_SECONDS = 5.0


@contextmanager
def lent(source: Source, folder: Path, alive: Callable[[], None]) -> Iterator[Path]:
    """The video for the length of a ``with`` block; a remote one is fetched into ``folder``, where it stays.

    ``alive`` is called now and then while it is fetched. Raises MediaError when it can't be had.
    """
    if not is_link(source.uri):
        yield _local(source)
        return
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / local_name(source)
    # Two segments of one video may be wanted by two workers at the same time.
    with breathing(alive), FileLock(f"{kept}.lock"):
        if not kept.exists():
            with local_copy(source.uri, folder) as copy:
                copy.rename(kept)
    yield kept


def _local(source: Source) -> Path:
    """The file itself, if it still holds what it held when it was added."""
    path = Path(source.uri)
    try:
        status = path.stat()
        if (status.st_size, str(status.st_mtime_ns)) == (source.size, source.stamp):
            return path
        with path.open("rb") as file:
            same = video_id(file, status.st_size) == source.video_id
    except FileNotFoundError as error:
        message = "the file is not there any more (moved or deleted?); name it where it is now"
        raise MediaError("not found", message, may_pass=True) from error
    except OSError as error:
        raise explained(error) from error
    if not same:
        raise MediaError("changed", "the file has another content than when it was added")
    return path


@contextmanager
def breathing(alive: Callable[[], None]) -> Iterator[None]:
    """Call ``alive`` now and then during something that has time limits of its own, such as a transfer."""
    stop = threading.Event()

    def breathe() -> None:
        while not stop.wait(_BREATH_SECONDS):
            alive()

    thread = threading.Thread(target=breathe, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
