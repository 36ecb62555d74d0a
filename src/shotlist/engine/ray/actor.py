"""The actors of a Ray cluster: one worker process each, which does one group's steps, shard by shard."""

import getpass
import pickle
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from shotlist import __version__
from shotlist.dataset import Dataset
from shotlist.engine import devices
from shotlist.engine.crew import Crew, Room
from shotlist.engine.plan import Fingerprints
from shotlist.engine.ray.rows import Assignment, Row, after, plan_of, still_to_do
from shotlist.engine.run import Event, ShardDone
from shotlist.errors import ShotlistError
from shotlist.models import till
from shotlist.models.budget import LimitReached

_NEWS_SECONDS = 1.0
_DESK_SECONDS = 60.0


class ShardActor:
    """Does a group's steps on shard after shard; its worker process and the models in it stay."""

    def __init__(self, version: str, packed: bytes, desk: Any) -> None:
        self._desk = desk
        self._news = _Teller(desk)
        self._over: Row = {}
        try:
            if version != __version__:  # before anything is unpacked that may look different there
                text = f"a node has shotlist {__version__}, the driver {version}: install the same on all nodes"
                raise ShotlistError(text)
            self._open(pickle.loads(packed))
        except ShotlistError as error:
            self._over = {"fatal": f"{error} (on the node {socket.gethostname()})"}

    def _open(self, assignment: Assignment) -> None:
        import ray

        self._group = group = assignment.group
        recipe = assignment.job.recipe
        self._dataset = Dataset(assignment.job.dataset)
        self._known = Fingerprints(recipe)
        self._tables = {name: recipe.step(name).writes for name in group.steps}
        scratch = _scratch()
        # Nodes have no file that all could count in: what a worker asks its counter, this process asks the desk.
        counter = till.opened(scratch, lambda *asked: ray.get(self._desk.count.remote(*asked), timeout=_DESK_SECONDS))
        job = replace(assignment.job, scratch=str(scratch), counter=counter)
        room = Room(group.needs.cpus, devices.found() if group.needs.gpus else (), assignment.stall_seconds)
        self._crew = Crew(job, [group], room)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """One row in, the same row out."""
        row = {name: str(values[0]) for name, values in batch.items()}
        return {name: [value] for name, value in self._done(row).items()}

    def _done(self, row: Row) -> Row:
        if self._over or row["fatal"] or row["limit"]:
            return row | self._over
        whole = plan_of(row, self._known)
        own = self._group.share(whole)
        if own is None:
            return row
        told: list[ShardDone] = []
        try:
            shard = still_to_do(own, self._tables, self._dataset)
            if shard.todo:
                self._crew.work([shard], lambda e: told.append(e) if isinstance(e, ShardDone) else self._news.tell(e))
        except LimitReached as error:
            self._over = {"limit": str(error)}
        except ShotlistError as error:
            self._over = {"fatal": str(error)}  # for the rows that follow too: the driver ends the build
        self._news.flush()
        return (after(row, told[0]) if told else row) | self._over


class _Teller:
    """Sends events on, at most once a second."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self._waiting: list[Event] = []
        self._sent = time.monotonic()

    def tell(self, event: Event) -> None:
        self._waiting.append(event)
        if time.monotonic() - self._sent > _NEWS_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._desk.add.remote(self._waiting)
        self._waiting, self._sent = [], time.monotonic()


def _scratch() -> Path:
    """A folder of this process on the node's own disk; those whose owner is gone are removed.

    A lock tells who lives, not the process id: containers may share the folder for temporary files.
    """
    place = Path(tempfile.gettempdir()) / f"shotlist-ray-{getpass.getuser()}"
    place.mkdir(exist_ok=True)
    for old in place.glob("*.lock"):
        lock = FileLock(old, blocking=False)
        with suppress(Timeout, OSError), lock:
            shutil.rmtree(old.with_suffix(""), ignore_errors=True)
            old.unlink(missing_ok=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    _OWN.append(FileLock(f"{folder}.lock"))
    _OWN[-1].acquire()
    return folder


_OWN: list[FileLock] = []
"""Held until the process ends."""
