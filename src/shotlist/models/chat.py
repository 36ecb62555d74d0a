"""A model by its name, with its answers kept and its costs counted: what captions ask."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from shotlist.errors import ModelError
from shotlist.models.account import current
from shotlist.models.budget import Budget, Prices
from shotlist.models.cache import Cache, key_of
from shotlist.models.contracts import Answer, Request
from shotlist.models.names import parse

_MANY = 2000
"""Answers that may wait for an earlier one."""
_PERHAPS_PAID = ("time limit", "connection lost", "bad answer")
"""Failures of requests that the server may have answered, and charges for."""


class Model(Protocol):
    """A model that answers prompts; ``identity`` names everything on which its answers depend, the request apart."""

    identity: str

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """See Captioner."""
        ...


@dataclass(frozen=True)
class _Asked:
    """A request that is under way: its key in the cache, and the money held for it."""

    key: bytes
    held: float


class Chat:
    """A model whose answers are kept in a cache and paid from a budget; a Captioner and a Writer.

    Without prices an answer's cost is None. ``name`` is what the budget calls the model.
    """

    def __init__(
        self,
        model: Model,
        cache: Cache | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
        name: str = "",
    ) -> None:
        self.model = model
        self.name = name
        self._cache, self._budget, self._prices = cache, budget, prices

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """See Captioner. Raises LimitReached behind the last answer that could be paid for."""
        run = _Run(self, iter(requests))
        try:
            while run.more:
                yield from run.round(self.model)
        except ModelError:  # a model that can't work was asked nothing, or answers nothing
            run.abandon(self.release)
            raise
        finally:
            run.abandon(self.write_off)
            if run.kept and self._budget is not None:
                self._budget.note_kept(run.kept, self.name)

    write = caption

    def stored(self, key: bytes) -> Answer | None:
        """The answer in the cache."""
        return self._cache.get(key) if self._cache else None

    def hold(self, request: Request) -> float | None:
        """Set the money for a request aside; None where the budget does not allow it."""
        cost = self._prices.most(request) if self._prices else 0.0
        return cost if self._budget is None or self._budget.hold(cost) else None

    def limit_reached(self, request: Request) -> ModelError:
        """Why ``hold`` gave None for a request, with nothing else under way."""
        assert self._budget is not None
        return self._budget.reached(self._prices.most(request) if self._prices else 0.0)

    def settle(self, asked: _Asked, answer: Answer) -> Answer:
        """Count an answer's cost, and keep it."""
        tokens = (answer.tokens_in or 0, answer.tokens_out or 0)
        if self._prices is not None:
            failed = answer.failure is not None and answer.failure.kind not in _PERHAPS_PAID
            counted = answer.tokens_in is not None or failed
            answer = replace(answer, cost=self._prices.of(*tokens) if counted else asked.held)
        if self._budget is not None:
            self._budget.settle(asked.held, answer.cost or 0.0, *tokens, self.name, answer.finish == "length")
        if self._cache is not None:
            self._cache.put(asked.key, answer)
        return answer

    def release(self, asked: _Asked) -> None:
        """Take back what was held for a request that cost nothing."""
        if self._budget is not None:
            self._budget.release(asked.held)

    def write_off(self, asked: _Asked) -> None:
        """Count a request as spent for which nobody waits any more: the model may answer it yet."""
        if self._budget is not None:
            self._budget.settle(asked.held, asked.held, model=self.name)


class _Run:
    """Requests on their way: stored answers and those of the model, brought back into one order."""

    def __init__(self, chat: Chat, requests: Iterator[Request]) -> None:
        self.more = True
        self.kept = 0
        self._chat, self._requests = chat, requests
        self._waiting: deque[Answer | _Asked] = deque()
        self._refused: Request | None = None

    def round(self, model: Model) -> Iterator[Answer]:
        """Ask the model until enough answers wait, the budget refuses, or the requests end; give all answers."""
        asked_any = False
        for answer in model.caption(self._missing()):
            yield from self._stored()
            asked = self._waiting.popleft()
            assert isinstance(asked, _Asked)
            asked_any = True
            yield self._chat.settle(asked, answer)
        yield from self._stored()
        if self._refused is not None and not asked_any:  # nothing is under way that could turn out cheaper
            raise self._chat.limit_reached(self._refused)

    def _missing(self) -> Iterator[Request]:
        """Requests without a stored answer."""
        while len(self._waiting) < _MANY:
            request = self._refused or next(self._requests, None)
            if request is None:
                self.more = False
                return
            self._refused = None
            key = key_of(self._chat.model.identity, request)
            stored = self._chat.stored(key)
            if stored is not None:
                self.kept += 1
                self._waiting.append(stored)
            elif (held := self._chat.hold(request)) is None:
                self._refused = request
                return
            else:
                self._waiting.append(_Asked(key, held))
                yield request

    def _stored(self) -> Iterator[Answer]:
        while self._waiting and isinstance(first := self._waiting[0], Answer):
            self._waiting.popleft()
            yield first

    def abandon(self, settle: Callable[[_Asked], None]) -> None:
        """Leave behind what is under way."""
        while self._waiting:
            if isinstance(asked := self._waiting.popleft(), _Asked):
                settle(asked)


def open_model(name: str, cache: Cache | None = None, budget: Budget | None = None) -> Chat:
    """A model by its name, loaded once per process; cache, budget and prices are the process's where none are given.

    Answers of a fake are kept only in a cache that is given. Raises ModelError for a model that can't be had.
    """
    model, prices = _loaded(name)
    account = current()
    budget = budget or account.budget
    if not name.startswith("fake:"):
        cache = cache or account.cache
    if name.startswith("openai:"):
        prices = prices or account.prices
        if budget is not None and budget.max_cost < math.inf and prices is None:
            advice = "add --prices IN,OUT or ?price_in=…&price_out=… to its name (per million tokens)"
            raise ModelError(f"--max-cost needs the prices of {name}: {advice}")
    return Chat(model, cache, budget, prices, parse(name).name or name)


@cache
def _loaded(text: str) -> tuple[Model, Prices | None]:
    name = parse(text)
    if name.kind == "openai":
        from shotlist.models.openai import OpenAIModel

        served = OpenAIModel(name)
        return served, served.settings.prices
    if name.kind == "hf":
        from shotlist.models.hf import HFModel

        return HFModel(name), None
    if name.kind == "fake":
        from shotlist.models.fake import FakeModel

        return FakeModel(), None
    raise ModelError(f"{text} answers no prompts; name a model with hf:ORG/NAME or openai:NAME@URL")
