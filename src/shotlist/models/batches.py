"""Full batches for a model that works on many inputs at once, and answers in the order of the questions."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeAlias, TypeVar

from shotlist.errors import ModelError

Asked = TypeVar("Asked")
Ready = TypeVar("Ready")
Given = TypeVar("Given")

Numbered: TypeAlias = list[tuple[int, Asked]]

AHEAD = 8
"""Batches that are read ahead, so that inputs of the same kind and length can be put together."""


@dataclass
class Batches(Generic[Asked, Ready, Given]):
    """Puts inputs of one ``kind`` and of similar length together, at most ``size`` at a time.

    ``prepare`` runs in a thread of its own, one batch ahead of ``run``. A batch that fails is halved to find the input
    at fault, of which ``failed`` makes the answer. Where none is, but together they did not fit into memory, later
    batches are smaller too. A ModelError goes through.
    """

    size: int
    kind: Callable[[Asked], Any]
    length: Callable[[Asked], float]
    prepare: Callable[[Sequence[Asked]], Ready]
    run: Callable[[Ready], Sequence[Given]]
    failed: Callable[[Asked, Exception], Given]
    _at_fault: int = 0

    def answers(self, questions: Iterable[Asked]) -> Iterator[Given]:
        """An answer to each question, in their order."""
        found: dict[int, Given] = {}
        under_way: deque[tuple[Numbered[Asked], Future[Ready]]] = deque()
        following = 0
        with ThreadPoolExecutor(1, "batches") as preparing:
            for batch in self._batches(enumerate(questions)):
                under_way.append((batch, preparing.submit(self.prepare, [asked for _, asked in batch])))
                if len(under_way) > 1:
                    batch, ready = under_way.popleft()
                    found.update(self._finished(batch, ready.result))
                while following in found:
                    yield found.pop(following)
                    following += 1
            while under_way:
                batch, ready = under_way.popleft()
                found.update(self._finished(batch, ready.result))
            for number in sorted(found):
                yield found[number]

    def _batches(self, questions: Iterator[tuple[int, Asked]]) -> Iterator[Numbered[Asked]]:
        kinds: dict[Any, Numbered[Asked]] = {}
        while window := list(islice(questions, AHEAD * self.size)):
            for number, asked in window:
                kinds.setdefault(self.kind(asked), []).append((number, asked))
            for alike in kinds.values():
                old = any(number < window[0][0] for number, _ in alike)  # waits for the second time
                yield from self._full(alike, and_the_rest=old)
        for alike in kinds.values():
            yield from self._full(alike, and_the_rest=True)

    def _full(self, alike: Numbered[Asked], and_the_rest: bool) -> Iterator[Numbered[Asked]]:
        """Take full batches out of inputs of one kind."""
        alike.sort(key=lambda pair: self.length(pair[1]))
        while len(alike) >= self.size or (and_the_rest and alike):
            size = self.size
            yield alike[:size]
            del alike[:size]

    def _finished(self, batch: Numbered[Asked], ready: Callable[[], Ready]) -> dict[int, Given]:
        try:
            answers = self.run(ready())
            return {number: answer for (number, _), answer in zip(batch, answers, strict=True)}
        except ModelError:
            raise
        except Exception as error:
            trouble = error.with_traceback(None)  # whose frames hold the tensors that did not fit
        return self._halved(batch, trouble)

    def _halved(self, batch: Numbered[Asked], error: Exception) -> dict[int, Given]:
        if len(batch) == 1:
            self._at_fault += 1
            return {batch[0][0]: self.failed(batch[0][1], error)}
        middle, before = (len(batch) + 1) // 2, self._at_fault
        found: dict[int, Given] = {}
        for half in (batch[:middle], batch[middle:]):
            found |= self._finished(half, partial(self.prepare, [asked for _, asked in half]))
        if is_out_of_memory(error) and self._at_fault == before:
            self.size = min(self.size, middle)
        return found


def is_out_of_memory(error: Exception) -> bool:
    """Whether a smaller batch may help; PyTorch has several ways to say so."""
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and ("out of memory" in str(error) or "allocate memory" in str(error))
