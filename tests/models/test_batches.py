import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from shotlist.errors import ModelError
from shotlist.models.batches import Batches


def batches(run: Callable[[Sequence[str]], Sequence[str]], size: int = 4, **other: Any) -> Batches[str, Any, str]:
    """Over words: those with the same first letter are alike."""
    usual = {"length": len, "prepare": list, "failed": lambda word, error: f"{word}: {error}", **other}
    return Batches(size, lambda w: w[0], run=run, **usual)


def words(n: int) -> list[str]:
    return [f"{'ab'[k % 3 == 0]}{k * 7919 % 997 * 'x'}{k}" for k in range(n)]


def test_answers_come_in_the_order_of_the_questions():
    assert list(batches(lambda b: [w.upper() for w in b]).answers(words(101))) == [w.upper() for w in words(101)]
    assert list(batches(lambda b: b).answers([])) == []


def test_batches_are_full_alike_and_of_similar_length():
    seen: list[list[str]] = []
    list(batches(lambda b: seen.append(list(b)) or b, size=8).answers(words(640)))
    assert sum(len(b) for b in seen) / len(seen) > 7.3
    assert all(len({w[0] for w in b}) == 1 for b in seen)
    spread = [max(map(len, b)) - min(map(len, b)) for b in seen]
    assert sum(spread) / len(spread) < 250  # 900 without sorting


def test_questions_are_read_only_a_little_ahead():
    read: list[str] = []

    def asked() -> Iterator[str]:
        for word in words(1000):
            read.append(word)
            yield word

    next(batches(lambda b: b).answers(asked()))
    assert len(read) <= 2 * 8 * 4


def test_the_next_batch_is_made_ready_meanwhile():
    def slowly(batch: Sequence[str]) -> Sequence[str]:
        time.sleep(0.02)
        return batch

    began = time.monotonic()
    list(batches(slowly, prepare=slowly).answers(["a"] * 80))
    assert time.monotonic() - began < 1.5 * 20 * 0.02


class OutOfMemoryError(RuntimeError):
    pass


@pytest.mark.parametrize("error", [OutOfMemoryError("x"), RuntimeError("CUDA out of memory"), MemoryError()])
def test_a_batch_too_large_for_memory_is_halved_and_so_are_later_ones(error: Exception):
    tried: list[int] = []

    def run(batch: Sequence[str]) -> Sequence[str]:
        tried.append(len(batch))
        if len(batch) > 3:
            raise error
        return batch

    found = batches(run, size=16)
    assert list(found.answers(words(200))) == words(200)
    assert found.size == 2
    assert tried.count(16) <= 20
    assert 8 not in tried[60:]


def test_an_input_too_large_by_itself_leaves_batches_as_they_are():
    def run(batch: Sequence[str]) -> Sequence[str]:
        if "a13" in batch:
            raise MemoryError
        return batch

    found = batches(run, size=8, length=lambda _: 0)
    assert len(list(found.answers([f"a{k}" for k in range(40)]))) == 40
    assert found.size == 8


def test_an_input_at_fault_fails_alone():
    def run(batch: Sequence[str]) -> Sequence[str]:
        if any(w.endswith("7") for w in batch):
            raise ValueError("no sevens")
        return batch

    answers = list(batches(run).answers(words(50)))
    assert [a for a in answers if "no sevens" in a] == [f"{w}: no sevens" for w in words(50) if w.endswith("7")]


def test_an_error_in_making_ready_counts_too():
    def prepare(batch: Sequence[str]) -> Sequence[str]:
        if "a5" in {w.replace("x", "") for w in batch}:
            raise ValueError("bad picture")
        return batch

    answers = list(batches(lambda b: b, prepare=prepare).answers(words(20)))
    assert [k for k, a in enumerate(answers) if "bad picture" in a] == [5]


def test_a_model_that_can_not_work_ends_it():
    def run(batch: Sequence[str]) -> Sequence[str]:
        raise ModelError("broken")

    with pytest.raises(ModelError, match="broken"):
        list(batches(run).answers(words(3)))


def test_leaving_early_leaves_no_thread_behind():
    answers = batches(lambda b: b).answers(words(1000))
    next(answers)
    answers.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("batches")]
