"""Locks in an object store: of many who want one, one at a time has it; the dead hold nobody up for long."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import Timeout

from shotlist.lock import Lease
from shotlist.store import Store

RENEW, DEAD = 0.2, 1.0


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store("memory://leases")
    yield made
    if made.fs.exists(made.root):
        made.fs.rm(made.root, recursive=True)


def lease(store: Store, name: str = "whole") -> Lease:
    return Lease(store, name, lambda _: None, RENEW, DEAD)


def test_of_many_who_begin_together_one_at_a_time_has_it(store: Store) -> None:
    inside = threading.Semaphore(1)

    def take(_: int) -> bool:
        mine = lease(store)
        mine.acquire(30)
        alone = inside.acquire(blocking=False)
        time.sleep(0.02)
        inside.release()
        mine.release()
        return alone

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(take, range(6)))


def test_what_dead_owners_left_goes_and_is_waited_for_once(store: Store) -> None:
    for number in (3, 4):  # the heir of 3 died before it had cleared up
        store.write(f"locks/whole.{number:09d}.json", b"dead")
    lease(store).clear(0)
    assert store.names("locks") == []


def test_whoever_finds_another_lock_beside_its_own_gives_way(store: Store) -> None:
    living = lease(store)
    living.acquire(0)
    late = lease(store)
    assert not late._take({7: b"what it saw of somebody who has gone since"})
    with pytest.raises(Timeout):
        late.acquire(0)
    living.release()
