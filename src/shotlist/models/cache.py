"""Answers that were paid for once: one SQLite file that all processes of a machine share.

Write-ahead logging lets readers and a writer work at once and leaves a whole file behind when a process is killed.
A cache that can't be used is a warning; the work then goes on without it.
"""

import hashlib
import json
import os
import platform
import sqlite3
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

from shotlist.models.contracts import Answer, Footage, Heard, Part, Request, Still

_KEPT = ("text", "model", "tokens_in", "tokens_out", "seconds", "finish", "weights")


def usual_file() -> Path:
    """The user's cache: a file per machine, since a home folder may be shared over a network."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "shotlist" / f"answers-{platform.node() or 'here'}.sqlite"


def key_of(identity: str, request: Request) -> bytes:
    """Names a request to a model: 16 bytes of a hash over everything that the answer depends on."""
    found = hashlib.blake2b(digest_size=16)
    settings = (identity, request.system, request.max_tokens, request.temperature, request.seed, request.json)
    _add(found, json.dumps(settings).encode())
    for part in request.parts:
        for piece in _pieces(part):
            _add(found, piece)
    return found.digest()


def _add(found: "hashlib.blake2b", piece: bytes) -> None:
    found.update(len(piece).to_bytes(8, "big"))  # so that no two lists of pieces look the same
    found.update(piece)


def _pieces(part: Part) -> Iterator[bytes]:
    yield type(part).__name__.encode()
    if isinstance(part, str):
        yield part.encode(errors="surrogatepass")
    elif isinstance(part, Still):
        yield b"%d" % part.time_us
        yield part.jpeg
    elif isinstance(part, Footage):
        yield b"%d %d" % (part.start_us, len(part.stills))
        for still in part.stills:
            yield from _pieces(still)
    elif isinstance(part, Heard):
        yield repr(part.samples.shape).encode()
        yield part.samples.tobytes()


class Cache:
    """Answers by key. Threads and processes may share the file; where it can't be written, it is only read."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or usual_file()
        self._opened: sqlite3.Connection | None = None
        self._pid = 0
        self._usable = self._writable = True
        self._lock = threading.Lock()

    def get(self, key: bytes) -> Answer | None:
        """The stored answer, marked as ``cached``, or None."""
        try:
            with self._lock:
                if (connection := self._connection()) is None:
                    return None
                row = connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            return Answer(**json.loads(row[0]), cached=True, cost=0.0) if row else None
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            self._give_up(error)
            return None

    def put(self, key: bytes, answer: Answer) -> None:
        """Store an answer; failures are not stored, so that they are asked again."""
        if answer.text is None or not self._writable:
            return
        kept = {name: getattr(answer, name) for name in _KEPT}
        try:
            with self._lock:
                if (connection := self._connection()) is not None and self._writable:
                    connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(kept)))
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._opened is not None and self._pid == os.getpid():
                self._opened.close()
            self._opened = None

    def _connection(self) -> sqlite3.Connection | None:
        if self._usable and (self._opened is None or self._pid != os.getpid()):  # not to be carried over a fork
            self._opened, self._pid = self._open(), os.getpid()
        return self._opened if self._usable else None

    def _open(self) -> sqlite3.Connection:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        present = self.file if self.file.exists() else self.file.parent
        self._writable = os.access(self.file.parent, os.W_OK) and os.access(present, os.W_OK)
        mode = "mode=rwc" if self._writable else "mode=ro&immutable=1"
        address = f"{self.file.absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
        if self._writable:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last answers, never the file
            connection.execute("CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT) WITHOUT ROWID")
        return connection

    def _give_up(self, error: Exception) -> None:
        if self._usable:
            self._usable = False
            warnings.warn(
                f"the cache {self.file} can't be used ({error}); going on without it. Delete it if it is damaged",
                stacklevel=3,
            )
