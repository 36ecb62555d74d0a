"""What all pages of a running viewer share."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.reviews.log import Log
from shotlist.view.comparing.store import Comparisons
from shotlist.view.index.database import Index
from shotlist.view.media.films import Films

_STATIC = Path(__file__).parent / "static"


@dataclass
class Viewer:
    """A dataset, its index, and an ``other`` dataset to compare it with.

    ``tell`` takes sentences for whoever started the viewer. ``cache`` is a folder for what may be deleted.
    """

    dataset: Dataset
    cache: Path
    tell: Callable[[str], None] = lambda _: None
    other: "Viewer | None" = None
    _index: Index | None = None
    _making: threading.Thread | None = None
    _films: Films | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def index(self) -> Index:
        """The index of the dataset as it is now; made anew where a build has changed the tables since.

        A large one takes a while: until it is made, the one of before answers.
        """
        with self._lock:
            outdated = self._index is None or self._index.outdated()
            if self._index is None or (outdated and not self._index.can_wait):
                self._replace(Index.open(self.dataset, self.cache, self.tell))
            elif outdated and (self._making is None or not self._making.is_alive()):
                self._making = threading.Thread(target=self._make_aside, daemon=True)
                self._making.start()
            assert self._index is not None
            return self._index

    def _make_aside(self) -> None:
        try:
            made = Index.open(self.dataset, self.cache, self.tell)
        except ShotlistError as error:  # the pages go on with what was true before
            self.tell(str(error))
            return
        with self._lock:
            self._replace(made)

    def _replace(self, made: Index) -> None:
        old, self._index = self._index, made
        if old is not None:
            old.close()

    @property
    def films(self) -> Films:
        """Single videos with their rows and files as they are now; they don't wait for the index."""
        with self._looking:
            if self._films is None or self._films.outdated():
                self._films = Films(self.dataset)
            return self._films

    @cached_property
    def reviews(self) -> Log:
        """What people decided, as far as it was read."""
        return Log(self.dataset.store)

    @cached_property
    def comparisons(self) -> Comparisons | None:
        """What this dataset and the other one have in common; None where there is no other."""
        other = self.other
        return None if other is None else Comparisons(lambda: self.index, lambda: other.index)

    @property
    def name(self) -> str:
        """The dataset's name: the last part of its address."""
        return PurePosixPath(self.dataset.store.root).name or self.dataset.address

    @cached_property
    def version(self) -> str:
        """Changes with the scripts and styles, so that browsers may keep them for good."""
        found = hashlib.blake2b(digest_size=6)
        for path in sorted(_STATIC.iterdir()):
            found.update(path.name.encode() + path.read_bytes())
        return found.hexdigest()
