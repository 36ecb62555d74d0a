"""A file of lines on a local disk that grows and never loses a line that was said to be written."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def append(path: Path, line: bytes) -> None:
    """Add a line and wait until it is on the disk; what can't be written whole is taken back. Raises OSError."""
    with _open(path) as file:
        size = os.fstat(file).st_size
        torn = size and os.pread(file, 1, size - 1) != b"\n"  # a power cut: the rest of that line is left to be seen
        try:
            _write(file, (b"\n" if torn else b"") + line + b"\n")
            os.fsync(file)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(file, size)
            raise


def sync(path: Path) -> None:
    """Wait until what others wrote there is on the disk, too."""
    with _open(path) as file:
        os.fsync(file)


def create(path: Path, content: bytes) -> bool:
    """Write a file and wait until it is on the disk, unless there is one; whether it was written. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return False
    try:
        _write(file, content)
        os.fsync(file)
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(file)
    _sync_folder(path.parent)
    return True


@contextmanager
def _open(path: Path) -> Iterator[int]:
    new = not path.exists()
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        with suppress(OSError):  # some network disks know no locks; the line is still appended in one piece
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)
    if new:
        _sync_folder(path.parent)
        _sync_folder(path.parent.parent)


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk only when its folder is."""
    file = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every disk can do that with a folder
            os.fsync(file)
    finally:
        os.close(file)
