"""Who may write into a dataset: one whole build, or several shares of one at the same time.

On a local disk the operating system takes a lock back when its owner dies. An object store can't: there a lock is
an object that its owner renews; one that is not renewed for a minute is dead, whatever the clocks say.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from filelock import FileLock, Timeout

from shotlist.dataset import Dataset
from shotlist.errors import BusyError, StorageError
from shotlist.store import Store, storing

Share = tuple[int, int]
"""The i-th of n static shares of a dataset's shards, from 1."""

_WHOLE = "whole"
_GATE_SECONDS = 60.0
"""How long shares that begin at the same moment wait for each other."""
_RENEW_SECONDS, _DEAD_SECONDS = 15.0, 60.0


@contextmanager
def only_one(dataset: Dataset, share: Share | None = None, tell: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the dataset, or one share of it, for writing; raises BusyError while somebody else does.

    ``tell`` gets a sentence where it takes a while to find out whether the other one still lives.
    """
    with ExitStack() as held:
        if share is None:
            held.enter_context(_held(dataset, _WHOLE, 0, tell))
            for name in _shares(dataset):
                with _held(dataset, name, 0, tell):
                    pass
        else:
            with _held(dataset, _WHOLE, _GATE_SECONDS, tell):
                held.enter_context(_held(dataset, f"share-{share[0]}-of-{share[1]}", 0, tell))
        yield


def _shares(dataset: Dataset) -> list[str]:
    names = dataset.store.names("locks")
    return sorted({name.split(".")[0] for name in names if name.startswith("share-")})


@contextmanager
def _held(dataset: Dataset, name: str, wait: float, tell: Callable[[str], None]) -> Iterator[None]:
    if dataset.local is not None:
        with storing(dataset.address):
            (dataset.local / "locks").mkdir(exist_ok=True)
        lock: FileLock | Lease = FileLock(dataset.local / "locks" / f"{name}.lock")
    else:
        lock = Lease(dataset.store, name, tell)
    with storing(dataset.address):
        try:
            lock.acquire(timeout=wait)
        except Timeout as error:
            who = "another build" if name == _WHOLE else f"another build ({name.replace('-', ' ')})"
            advice = "wait until it ends, or name another folder"
            raise BusyError(f"{dataset.address}: {who} is working on this dataset; {advice}") from error
    try:
        yield
    finally:
        lock.release()


class Lease:
    """A lock in an object store: the object with the highest number, created only if absent, renewed by its owner."""

    def __init__(
        self,
        store: Store,
        name: str,
        tell: Callable[[str], None] = print,
        renew: float = _RENEW_SECONDS,
        dead: float = _DEAD_SECONDS,
    ) -> None:
        self._store = store
        self._name = name
        self._tell = tell
        self._renew = renew
        self._dead = dead
        self._number = -1
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self, timeout: float) -> None:
        """Take the lock from nobody or from a dead owner; raises Timeout where its owner lives."""
        began = since = time.monotonic()
        number, content = self._read()
        if content is not None:
            self._tell(f"{self._store.address} is locked; waiting to see whether who locked it still works")
        while True:
            dead = time.monotonic() - since > self._dead
            if (content is None or dead) and self._create(number + 1):
                return
            time.sleep(min(1.0, self._renew / 4))
            seen = self._read()
            if seen == (number, content):
                continue
            alive = content is not None and seen[0] == number and seen[1] is not None
            if alive and time.monotonic() - began > timeout:
                raise Timeout(self._path(number))
            (number, content), since = seen, time.monotonic()

    def _read(self) -> tuple[int, bytes | None]:
        """The highest number and what stands there; (its number or -1, None) when the lock is free."""
        numbers = [int(n.split(".")[1]) for n in self._store.names("locks") if n.split(".")[0] == self._name]
        number = max(numbers, default=-1)
        return number, self._store.read(self._path(number)) if numbers else None

    def _path(self, number: int) -> str:
        return f"locks/{self._name}.{number:09d}.json"

    def _create(self, number: int) -> bool:
        if not self._store.create(self._path(number), self._content()):
            return False
        self._number = number
        for name in self._store.names("locks"):
            if name.split(".")[0] == self._name and int(name.split(".")[1]) < number:
                self._store.remove(f"locks/{name}")
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return True

    def _content(self) -> bytes:
        owner = {"host": socket.gethostname(), "process": os.getpid(), "beat": uuid.uuid4().hex}
        return json.dumps(owner).encode()

    def _keep(self) -> None:
        while not self._ended.wait(self._renew):
            try:
                self._store.write(self._path(self._number), self._content())
            except StorageError:  # what the build itself writes will tell soon enough
                continue

    def release(self) -> None:
        """Give the lock back."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        with suppress(StorageError):  # a store that has gone away lets the lock die by itself
            Store(self._store.address, patient=False).remove(self._path(self._number))
