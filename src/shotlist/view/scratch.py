"""A running viewer's folder for what may be deleted: gone with it, or with the next one where it was killed."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "shotlist-view-"
_LOCK = ".lock"
_FRESH = 60.0
"""Seconds for which a folder is left alone: whoever makes it may not have locked it yet."""


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("wb") as lock:  # the system lets go of it when the process ends, however it ends
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            _sweep(folder.parent)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove the folders of viewers that were killed."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or gone already
            if folder.stat().st_uid != os.getuid() or time.time() - folder.stat().st_mtime < _FRESH:
                continue
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
