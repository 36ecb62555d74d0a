"""Who may write into a dataset: one whole build, or several shares of one at the same time.

On a local disk the operating system takes a lock back when its owner dies. An object store can't: there a lock is
an object that its owner renews; one that is not renewed for a minute is dead, whatever the clocks say.
"""

import json
import math
import os
import random
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeAlias

from filelock import FileLock, Timeout

from shotlist.dataset import Dataset
from shotlist.errors import BusyError, StorageError
from shotlist.store import Store, storing

Share = tuple[int, int]
"""The i-th of n static shares of a dataset's shards, from 1."""

_WHOLE = "whole"
_GATE_SECONDS = 60.0
"""How long a share waits for a whole build, which may just be finding out that shares are at work."""
_RENEW_SECONDS, _DEAD_SECONDS = 15.0, 60.0
_AT_ONCE = 64
"""Locks that are watched at a time."""


@contextmanager
def only_one(
    dataset: Dataset, share: Share | None = None, tell: Callable[[str], None] = print
) -> Iterator[Callable[[], None]]:
    """Hold the dataset, or one share of it, for writing; raises BusyError while somebody else does.

    ``tell`` gets a sentence where it takes a while to find out whether the other one still lives. What the block
    gets raises BusyError once somebody else took the lock over, because this process slept too long.
    """
    with ExitStack() as held:
        # First the own lock, then a look at the others': of two that begin together one at least sees the other.
        lock = held.enter_context(_held(dataset, _name(share) if share else _WHOLE, 0, tell))
        if share:
            _await(dataset, [_WHOLE], _GATE_SECONDS, tell)
        _await(dataset, [_name(s) for s in _shares(dataset) if share is None or _meet(s, share)], 0, tell)

        def check() -> None:
            if isinstance(lock, Lease) and lock.lost:
                raise BusyError(f"{dataset.address}: another build took over while this one slept; it goes on there")

        yield check


def _name(share: Share) -> str:
    return f"share-{share[0]}-of-{share[1]}"


def _shares(dataset: Dataset) -> list[Share]:
    """Shares that somebody works on, or once did."""
    found = {re.match(r"share-(\d+)-of-(\d+)[.]", name) for name in dataset.store.names("locks")}
    return sorted({(int(f[1]), int(f[2])) for f in found if f})


def _meet(a: Share, b: Share) -> bool:
    """Whether two shares have shards in common, as the 1st of 2 and the 3rd of 4 do."""
    return a != b and (a[0] - b[0]) % math.gcd(a[1], b[1]) == 0


def _await(dataset: Dataset, names: Sequence[str], wait: float, tell: Callable[[str], None]) -> None:
    """Return when nobody alive has these locks; raises BusyError. It may take a minute to find out, for all at once."""

    def free(name: str) -> None:
        lock = _lock(dataset, name, tell)
        with _busy(dataset, name):
            if isinstance(lock, Lease):
                lock.clear(wait)
            else:
                lock.acquire(timeout=wait)
                lock.release()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(free, names):
            pass


@contextmanager
def _held(dataset: Dataset, name: str, wait: float, tell: Callable[[str], None]) -> "Iterator[FileLock | Lease]":
    lock = _lock(dataset, name, tell)
    with _busy(dataset, name):
        lock.acquire(timeout=wait)
    try:
        yield lock
    finally:
        lock.release()


def _lock(dataset: Dataset, name: str, tell: Callable[[str], None]) -> "FileLock | Lease":
    if dataset.local is None:
        return Lease(dataset.store, name, tell)
    with storing(dataset.address):
        (dataset.local / "locks").mkdir(exist_ok=True)
    return FileLock(dataset.local / "locks" / f"{name}.lock")


@contextmanager
def _busy(dataset: Dataset, name: str) -> Iterator[None]:
    with storing(dataset.address):
        try:
            yield
        except Timeout as error:
            who = "another build" if name == _WHOLE else f"another build ({name.replace('-', ' ')})"
            advice = "wait until it ends, or name another folder"
            raise BusyError(f"{dataset.address}: {who} is working on this dataset; {advice}") from error


Seen: TypeAlias = dict[int, bytes]
"""The objects of a lock: number to content; none when it is free."""


class Lease:
    """A lock in an object store: an object created only if absent, renewed by its owner. An heir's number is higher."""

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
        self._away = False
        self._thread: threading.Thread | None = None
        self.lost = False
        """Whether somebody else has taken the lock over."""

    def acquire(self, timeout: float) -> None:
        """Take the lock from nobody or from a dead owner; raises Timeout where its owner lives."""
        while not self._take(self._wait(timeout)):
            time.sleep(random.uniform(0, self._renew / 4))

    def clear(self, timeout: float) -> None:
        """Return when nobody has the lock, and take it from a dead owner; raises Timeout where its owner lives."""
        while found := self._wait(timeout):
            if self._take(found):
                self.release()

    def _wait(self, timeout: float) -> Seen:
        """Return when nobody alive has the lock, with what a dead owner left."""
        began = since = time.monotonic()
        found = self._read()
        if found:
            self._tell(f"{self._store.address} is locked; waiting to see whether who locked it still works")
        while found and time.monotonic() - since <= self._dead:
            time.sleep(min(1.0, self._renew / 4))
            now = self._read()
            if now == found:
                continue
            if now and time.monotonic() - began > timeout:
                raise Timeout(self._path(max(now)))
            found, since = now, time.monotonic()
        return found

    def _read(self, *but: int) -> Seen:
        names = [name.split(".") for name in self._store.names("locks")]
        numbers = {int(n[1]) for n in names if n[0] == self._name}.difference(but)
        return {k: content for k in numbers if (content := self._store.read(self._path(k))) is not None}

    def _path(self, number: int) -> str:
        return f"locks/{self._name}.{number:09d}.json"

    def _take(self, dead: Seen) -> bool:
        """Take the lock after a dead owner, if there was one, unless somebody else has."""
        number = max(dead, default=-1) + 1
        if not self._store.create(self._path(number), self._content()):
            return False
        others = self._read(number)
        if not others.items() <= dead.items():  # numbers begin anew when a lock is given back: two may have met
            self._store.remove(self._path(number))
            return False
        for other in others:
            self._store.remove(self._path(other))
        self._number = number
        self._store = Store(self._store.address, patient=False)  # what fails is soon tried again anyway
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return True

    def _content(self) -> bytes:
        owner = {"host": socket.gethostname(), "process": os.getpid(), "beat": uuid.uuid4().hex}
        return json.dumps(owner).encode()

    def _keep(self) -> None:
        while not self._ended.wait(self._renew):
            self._away = True
            with suppress(StorageError):  # what the build itself writes will tell soon enough
                if any(number > self._number for number in self._read()):
                    self.lost = True  # taken for dead; what is written from here on could meet the heir's
                    return
                self._store.write(self._path(self._number), self._content())
                self._away = False

    def release(self) -> None:
        """Give the lock back."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if not self._away:  # a store that has gone away lets the lock die by itself
            with suppress(StorageError):
                self._store.remove(self._path(self._number))
