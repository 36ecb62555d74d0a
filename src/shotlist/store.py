"""Files below one address, on a local disk or in an object store. Whatever goes wrong there is told in a sentence.

A local file is written aside and renamed, an object is put in one piece: whole or absent, never half. A store that
is slow or failing is asked again for a while before that ends a build.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import fsspec

from shotlist.errors import ShotlistError, StorageError
from shotlist.sources.trouble import explained

Answer = TypeVar("Answer")

_PAUSES = (2.0, 5.0, 10.0)
"""Seconds between tries. The store's own package tries for about ten seconds each time: a minute in all."""
_PATIENCE_SECONDS = 60.0
"""No further try after that: where a server hangs up, the store's own package alone takes most of a minute."""
_WITHOUT_FOLDERS = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss"))
"""Stores in which making a folder could only make a bucket, which nobody asked for."""


class Store:
    """One folder. ``local`` is its path on this machine, None for an object store; ``fs`` and ``root`` are fsspec's.

    ``patient`` says whether a failing store is asked again.
    """

    def __init__(self, address: str, patient: bool = True) -> None:
        self.address = address
        self._pauses = _PAUSES if patient else ()
        try:
            # What others write must be seen at once, so listings are not kept.
            self.fs, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise ShotlistError(f"{address}: no such kind of place is known: {error}{_advice(address)}") from error
        self.root = root.rstrip("/")
        protocol = self.fs.protocol
        self._protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self.local = Path(self.root) if "file" in self._protocols else None

    def snapshot(self, folders: Iterable[str]) -> Any:
        """A file system for reading what these folders hold now, with sizes from one listing of each."""
        options = self.fs.storage_options | {"use_listings_cache": True}
        fs = type(self.fs)(*self.fs.storage_args, **options, skip_instance_cache=True)
        for folder in folders:
            with suppress(FileNotFoundError):
                self._insist("read", fs.ls, self.path(folder))
        return fs

    def path(self, name: str = "") -> str:
        """The full path of a file, for fsspec."""
        return f"{self.root}/{name}" if name else self.root

    def url(self, name: str) -> str:
        """The address of a file, for other libraries."""
        return str(self.path(name) if self.local is not None else self.fs.unstrip_protocol(self.path(name)))

    def exists(self, name: str = "") -> bool:
        """Whether there is such a file or folder."""
        return bool(self._insist("read", self.fs.exists, self.path(name)))

    def is_folder(self) -> bool:
        """Whether the address itself is a folder."""
        return bool(self._insist("read", self.fs.isdir, self.root))

    def names(self, folder: str = "") -> list[str]:
        """Names in a folder; none where it is absent."""
        if self.local is not None:  # thousands of names, and nothing but names is needed
            with suppress(FileNotFoundError, NotADirectoryError), storing(self.address):
                return os.listdir(self.local / folder)  # noqa: PTH208
            return []
        with suppress(FileNotFoundError):
            entries = self._insist("read", self.fs.ls, self.path(folder), detail=False)
            inside = [str(entry).rstrip("/") for entry in entries]  # some stores list a folder in itself, too
            return sorted(entry.rsplit("/", 1)[-1] for entry in inside if not self.path(folder).endswith(entry))
        return []

    def tree(self, folder: str) -> dict[str, list[str]]:
        """The folders in a folder, with the names in each of them."""
        if self.local is not None:
            return {name: self.names(f"{folder}/{name}") for name in sorted(self.names(folder))}
        found: dict[str, list[str]] = {}
        with suppress(FileNotFoundError):  # in one listing: a request has room for a thousand names
            for path in self._insist("read", self.fs.find, self.path(folder)):
                inside, _, name = str(path).rpartition("/")
                found.setdefault(inside.rsplit("/", 1)[-1], []).append(name)
        return found

    def modified(self, name: str) -> float:
        """When a file was written, in seconds since 1970; 0 where it is absent."""
        with suppress(FileNotFoundError):
            return float(self._insist("read", self.fs.modified, self.path(name)).timestamp())
        return 0.0

    def read(self, name: str) -> bytes | None:
        """A small file, or None where it is absent."""
        with suppress(FileNotFoundError):
            return bytes(self._insist("read", self.fs.cat_file, self.path(name)))
        return None

    def write(self, name: str, content: bytes) -> None:
        """Write a small file in one piece."""
        if self.local is None:
            self._put("pipe_file", self.path(name), content)
            return
        place = self.local / name
        with storing(self.address):
            place.parent.mkdir(parents=True, exist_ok=True)
            aside = place.parent / f".{place.name}.{uuid.uuid4().hex}"
            try:
                aside.write_bytes(content)
                aside.replace(place)
            finally:
                aside.unlink(missing_ok=True)

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one; whether it was written. Of several who try, one succeeds."""
        try:
            self._put("pipe_file", self.path(name), content, mode="create")
        except FileExistsError:
            return False
        return True

    def put(self, path: Path, name: str) -> None:
        """Put a local file in place."""
        if self.local is None:
            self._put("put_file", str(path), self.path(name))
            return
        with storing(self.address):
            (self.local / name).parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as written:
                os.fsync(written.fileno())
            path.replace(self.local / name)

    def get(self, name: str, path: Path) -> None:
        """Copy a file here; raises FileNotFoundError."""
        self._insist("read", self.fs.get_file, self.path(name), str(path))

    def move(self, name: str, to: str) -> None:
        """Give a file another name."""
        if self.local is not None:
            with storing(self.address):
                (self.local / to).parent.mkdir(parents=True, exist_ok=True)
                (self.local / name).replace(self.local / to)
            return
        self._insist("write", self.fs.cp_file, self.path(name), self.path(to))
        self.remove(name)

    def remove(self, name: str) -> None:
        """Delete a file, if it is there."""
        with suppress(FileNotFoundError):
            self._insist("write", self.fs.rm_file, self.path(name))

    def make(self) -> None:
        """Make the folder."""
        if not self._protocols & _WITHOUT_FOLDERS:
            self._insist("write", self.fs.makedirs, self.root, exist_ok=True)

    def _put(self, method: str, *arguments: Any, **options: Any) -> None:
        try:
            self._insist("write", getattr(self.fs, method), *arguments, **options)
        except FileNotFoundError as error:  # what is not found when something is written is the bucket
            raise _told(self.address, "write", error) from error

    def _insist(self, what: str, call: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
        end = time.monotonic() + _PATIENCE_SECONDS
        for pause in (*(self._pauses if self.local is None else ()), None):
            try:
                return call(*arguments, **options)
            except (FileNotFoundError, FileExistsError):
                raise
            except Exception as error:
                if what == "read" and isinstance(error, NotADirectoryError):
                    raise FileNotFoundError(str(error)) from error
                trouble = explained(error)
                if pause is None or not trouble.may_pass or time.monotonic() > end:
                    raise _told(self.address, what, error) from error
                time.sleep(pause)
        raise AssertionError


@contextmanager
def storing(address: str) -> Iterator[None]:
    """Turn what the disk or store says into a StorageError that names the place."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _told(address, "write", error) from error


def _told(address: str, what: str, error: Exception) -> StorageError:
    if isinstance(error, OSError) and error.errno and not error.__cause__:
        return StorageError(f"{address}: can't {what} there: {os.strerror(error.errno)}")
    said = " ".join(str(error).split())[:300].rstrip(".")
    trouble = explained(error)
    text = f"{address}: can't {what} there: {trouble.message.rstrip('.')}"
    if said and said not in text:
        text += f" ({said})"
    if trouble.kind == "not allowed":
        text += "; check the store's credentials (on S3 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
    elif trouble.may_pass:
        text += "; run the same line again to go on"
    return StorageError(text)


def _advice(address: str) -> str:
    return "; try: pip install 'shotlist[s3]'" if address.startswith("s3:") else ""
