"""All decisions of a dataset: ``reviews/<who>.jsonl``, in an object store ``reviews/<who>/<id>.json``."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from shotlist.reviews import lines
from shotlist.reviews.decision import Decision
from shotlist.reviews.names import SAMPLES, file_name
from shotlist.store import Store, storing

FOLDER = "reviews"
_AT_ONCE = 32
"""Objects that are fetched at a time."""


@dataclass
class _File:
    """What was read of one file. ``tail`` is a last line without its end: cut short, or still being written."""

    inode: int
    size: int = 0
    lines: int = 0
    decisions: list[Decision] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    tail: bytes = b""

    def extend(self, name: str, content: bytes) -> None:
        """Take in what follows the lines that were read."""
        *whole, self.tail = content.split(b"\n")
        self.size += len(content) - len(self.tail)
        for line in whole:
            self.lines += 1
            found = _decision(line, f"{name}, line {self.lines},")
            self.decisions += [found] if isinstance(found, Decision) else []
            self.damaged += [found] if isinstance(found, str) else []

    def last(self, name: str) -> Decision | str | None:
        """What the tail says, if it is whole."""
        return _decision(self.tail, f"{name}, line {self.lines + 1},")


def _decision(content: bytes, place: str) -> Decision | str | None:
    """A decision, or the sentence that says why it is none; None for an empty line."""
    if not content.strip():
        return None
    try:
        return Decision.read(content)
    except ValueError:
        return f"{place} can't be read and is left out: a decision that was cut short; decide that clip again"


class Log:
    """The decisions, each on the disk or in the store before ``add`` returns.

    Of files that have grown only what is new is read. May be used by several threads, beside other processes.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._files: dict[str, _File] = {}
        self._objects: dict[str, Decision | str | None] = {}

    def add(self, decision: Decision) -> bool:
        """Store a decision, unless one of its id and person is there; whether it is new. Raises StorageError."""
        name = file_name(decision.who)
        with self._lock:
            if any(d.id == decision.id and d.who == decision.who for d in self._decisions()):
                if self.store.local is not None and (path := self._path(name)).exists():
                    with storing(self.store.address):
                        lines.sync(path)  # the answer to its first sending may never have been given
                return False
            if self.store.local is None:
                return self.store.create(f"{FOLDER}/{name}/{decision.id}.json", decision.line())
            with storing(self.store.address):
                lines.append(self._path(name), decision.line())
            return True

    def decisions(self) -> list[Decision]:
        """All of them, each person's in the order in which they were stored."""
        with self._lock:
            return list(self._decisions())

    def damaged(self) -> list[str]:
        """A sentence for each line or object that can't be read, and is left out."""
        with self._lock:
            self._look()
            return [found for found in self._found() if isinstance(found, str)]

    def _path(self, name: str) -> Path:
        assert self.store.local is not None
        return self.store.local / FOLDER / f"{name}.jsonl"

    def _decisions(self) -> Iterator[Decision]:
        self._look()
        seen = set()
        for found in self._found():
            if isinstance(found, Decision) and (found.who, found.id) not in seen:
                seen.add((found.who, found.id))
                yield found

    def _found(self) -> Iterator[Decision | str | None]:
        for name, file in self._files.items():
            yield from file.damaged
            yield from file.decisions
            yield file.last(f"{FOLDER}/{name}")
        yield from [found for found in self._objects.values() if not isinstance(found, Decision)]
        # Names of objects tell no order, and people may have moved from a disk into a store.
        objects = [found for found in self._objects.values() if isinstance(found, Decision)]
        yield from sorted(objects, key=lambda d: (d.time, d.id))

    def _look(self) -> None:
        """Read what is new."""
        there = sorted(self.store.names(FOLDER))
        files = [name for name in there if name.endswith(".jsonl") and not name.startswith(".")]
        self._files = {name: self._read(name) for name in files}
        folders = [name for name in there if "." not in name and name != SAMPLES]
        names = [f"{FOLDER}/{f}/{n}" for f in folders for n in self.store.names(f"{FOLDER}/{f}") if n.endswith(".json")]
        new = [name for name in names if name not in self._objects]
        with ThreadPoolExecutor(min(_AT_ONCE, len(new) or 1)) as pool:
            self._objects |= dict(zip(new, pool.map(self._read_object, new), strict=True))
        self._objects = {name: self._objects[name] for name in names}

    def _read(self, name: str) -> _File:
        if self.store.local is None:
            file = _File(0)
            file.extend(f"{FOLDER}/{name}", self.store.read(f"{FOLDER}/{name}") or b"")
            return file
        with storing(self.store.address), (self.store.local / FOLDER / name).open("rb") as opened:
            stat = os.fstat(opened.fileno())
            file = self._files.get(name, _File(stat.st_ino))
            if file.inode != stat.st_ino or stat.st_size < file.size:  # somebody put another in its place
                file = _File(stat.st_ino)
            opened.seek(file.size)
            file.extend(f"{FOLDER}/{name}", opened.read())
            return file

    def _read_object(self, name: str) -> Decision | str | None:
        return _decision(self.store.read(name) or b"{}", name)
