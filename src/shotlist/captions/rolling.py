"""Many conversations with a model side by side: within one, a question waits for the answer before it."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shotlist.captions.rows import unanswered
from shotlist.errors import ShotlistError
from shotlist.models.contracts import Answer, Captioner, Request

T = TypeVar("T")

Conversation: TypeAlias = Generator[Request, Answer, T]
"""Yields a request, is sent the answer, and returns what came of it; an error that it raises is its outcome."""


def outcomes(model: Captioner, conversations: Iterable[Conversation[T]], at_once: int = 320) -> Iterator[T | Exception]:
    """What came of each conversation, in their order.

    Models read requests some way ahead, so the requests come from up to ``at_once`` conversations: as soon as an
    answer is there, that conversation's next question may be asked. Conversations that have begun go before new ones.
    """
    return _Rolling(conversations, at_once).outcomes(model)


@dataclass
class _Open(Generic[T]):
    number: int
    talk: Conversation[T]
    request: Request


class _Rolling(Generic[T]):
    def __init__(self, conversations: Iterable[Conversation[T]], at_once: int) -> None:
        self._fresh = enumerate(conversations)
        self._room = at_once
        self._more = True
        self._ready: deque[_Open[T]] = deque()
        self._asked: deque[_Open[T]] = deque()
        self._done: dict[int, T | Exception] = {}
        self._following = 0

    def outcomes(self, model: Captioner) -> Iterator[T | Exception]:
        while self._ready or self._more:
            # A round ends when there is nothing to ask before the next answer; mostly there is only one.
            for answer in model.caption(self._requests()):
                found = self._asked.popleft()
                self._go_on(found.number, found.talk, answer)
                yield from self._in_order()
            yield from self._in_order()

    def _requests(self) -> Iterator[Request]:
        while self._ready or self._begun():
            found = self._ready.popleft()
            self._asked.append(found)
            yield found.request

    def _begun(self) -> bool:
        """Begin conversations until one asks something; False where there are none, or enough under way."""
        while not self._ready and len(self._asked) < self._room:
            number, talk = next(self._fresh, (-1, None))
            if talk is None:
                self._more = False
                break
            self._go_on(number, talk, None)
        return bool(self._ready)

    def _go_on(self, number: int, talk: Conversation[T], answer: Answer | None) -> None:
        try:
            request = next(talk) if answer is None else talk.send(answer)
        except StopIteration as end:
            self._done[number] = end.value
        except ShotlistError:
            raise
        except Exception as error:
            self._done[number] = error
        else:
            self._ready.append(_Open(number, talk, request))

    def _in_order(self) -> Iterator[T | Exception]:
        while self._following in self._done:
            yield self._done.pop(self._following)
            self._following += 1


def said(answer: Answer) -> str:
    """An answer's text; raises its failure where it has none."""
    if answer.text is None:
        raise unanswered(answer)
    return answer.text
