"""One build at a time: a lock that the operating system takes back when its owner dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from shotlist.dataset import Dataset, storing
from shotlist.errors import BusyError


@contextmanager
def only_one(dataset: Dataset) -> Iterator[None]:
    """Hold the dataset for writing; raises BusyError while another process does."""
    if dataset.local is None:
        yield
        return
    lock = FileLock(dataset.local / ".lock", blocking=False)
    with storing(dataset.address):
        try:
            lock.acquire()
        except Timeout as error:
            message = "another build is working on this dataset; wait until it ends, or name another folder"
            raise BusyError(f"{dataset.address}: {message}") from error
    try:
        yield
    finally:
        lock.release()
