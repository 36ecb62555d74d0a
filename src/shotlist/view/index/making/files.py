"""Where indexes lie, when they fit, and how one is put in place: made aside and renamed, so that none is half made."""

import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError

VERSION = 1
"""Rises when what is in an index changes."""
MEMORY, THREADS = "300MB", 2
TROUBLE = (OSError, duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException)
"""What is raised where a disk does not take a file, or a file of ours is damaged."""
_FRESH = 60.0
"""Seconds for which nobody else's index is removed: it may be about to be opened."""
_ABANDONED = 3600.0
"""Seconds after which what is in the making is nobody's any more."""
_TEXTS = ("clips", "videos", "sources", "transcript", "written")
_CAPTIONS = ("caption", "final", "teacher")


@dataclass(frozen=True)
class Stamps:
    """What the two files of an index were made from: all tables, and those that texts come from."""

    tables: str
    words: str

    @staticmethod
    def of(dataset: Dataset) -> "Stamps":
        """The stamps of a dataset as it is now, from the names of its parts."""
        listing = dataset.listing()
        recipe = dataset.read_text("recipe.json") or ""
        named = dataset.read_json("recipe.json")
        shown = named.get("caption") if isinstance(named, dict) else None
        texts = [t for t in listing if t in _TEXTS or t.startswith(_CAPTIONS) or t == shown]
        names = {table: sorted(part.path for part in parts.values()) for table, parts in listing.items()}
        return Stamps(
            _hash([recipe, dataset.read_text("summary.json") or "", *(n for t in sorted(names) for n in names[t])]),
            _hash([str(shown), *(n for t in sorted(texts) for n in names[t])]),
        )


def _hash(facts: list[str]) -> str:
    told = "\n".join([str(VERSION), duckdb.__version__, *facts])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def folders(dataset: Dataset, cache: Path) -> Iterator[Path]:
    """Where a dataset's index may lie: among what the user keeps, else in ``cache``."""
    place = hashlib.blake2b(dataset.store.url("").encode(), digest_size=6).hexdigest()
    name = f"{str(dataset.header.get('id') or 'set')[:16]}-{place}"
    with suppress(RuntimeError):  # nobody's home is known
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shotlist" / "view" / name
    yield cache / "index" / name


def make(path: Path, fill: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Make a database aside and give it its name. Raises OSError or duckdb.Error where the disk does not take it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="making-", dir=path.parent))
    try:
        connection = duckdb.connect(str(aside / "index.duckdb"))
        try:
            settle(connection)
            fill(connection)
            connection.execute("CHECKPOINT")  # closing would do it too, and not say when there is no room
        finally:
            connection.close()
        (aside / "index.duckdb").replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def settle(connection: duckdb.DuckDBPyConnection, memory: str = MEMORY) -> None:
    """Limits that leave room for the other half of the process; no bar is drawn into what the user sees."""
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET memory_limit = '{memory}'")
    connection.execute(f"SET threads = {THREADS}")


def is_sound(path: Path) -> bool:
    """Whether there is such a file, and as long as it says that it is."""
    try:
        size = path.stat().st_size
        with duckdb.connect(str(path), read_only=True) as connection:
            [(needed,)] = connection.execute("SELECT total_blocks * block_size FROM pragma_database_size()").fetchall()
    except (OSError, duckdb.Error):
        return False
    return bool(size >= needed > 0)


def sweep(folder: Path, keep: set[Path]) -> None:
    """Remove older indexes, comparisons, and what a killed viewer left in the making. Who has one open keeps it."""
    now = time.time()
    for path in folder.iterdir():
        with suppress(OSError):
            old = path.suffix in (".duckdb", ".compared") and path not in keep
            if old and now - path.stat().st_mtime > _FRESH:
                path.unlink()
            elif path.name.startswith("making-") and now - _touched(path) > _ABANDONED:
                shutil.rmtree(path, ignore_errors=True)


def _touched(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))


def once() -> str:
    """A name that no later viewer finds: of an index that lacks what could not be read today."""
    return uuid.uuid4().hex[:16]


def told(error: Exception) -> str:
    """What the system or DuckDB said, in one line."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def refusal(dataset: Dataset, folder: Path, error: Exception) -> ShotlistError:
    """The sentence for an index that can't be written anywhere."""
    return ShotlistError(
        f"{dataset.address}: the index can't be written to {folder}: {told(error)}; "
        "make room there, or name another folder with XDG_CACHE_HOME"
    )
