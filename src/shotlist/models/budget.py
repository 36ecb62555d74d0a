"""What is spent on models, counted by all processes of a run in one small file, with limits that end it cleanly."""

import json
import math
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeAlias

from filelock import FileLock

from shotlist.errors import ModelError, ShotlistError
from shotlist.models.contracts import RATE, Footage, Heard, Part, Request

_NAME = 120
"""Characters of a model's name."""
_ROOM = 8192
"""The counter's file has one size, so that each change is one write which a kill can't halve."""


@dataclass(frozen=True)
class Prices:
    """Money per million tokens that go in and come out."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """The price of one answer."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6

    def most(self, request: Request) -> float:
        """What a request may cost, rather too much than too little."""
        tokens = len(request.system) / 2 + sum(_tokens(part) for part in request.parts) + 100
        return self.of(round(tokens), request.max_tokens)


def _tokens(part: Part) -> float:
    if isinstance(part, str):
        return len(part) / 2
    if isinstance(part, Heard):
        return 50 * float(part.samples.shape[-1]) / RATE
    return 1600 * (len(part.stills) if isinstance(part, Footage) else 1)


@dataclass(frozen=True)
class Spending:
    """What a build may spend on models; None is no limit."""

    max_cost: float | None = None
    """In the currency of the models' prices."""
    max_requests: float | None = None
    """Requests that no cache answers."""
    prices: Prices | None = None
    """What served models cost whose string says nothing about it."""

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return (self.max_cost, self.max_requests) != (None, None)

    def after(self, earlier: "Spending") -> "Spending":
        """With what was said ``earlier`` where nothing is said now; infinity takes a limit away."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        both = {name: getattr(earlier, name) if value is None else value for name, value in named.items()}
        return Spending(**{name: None if value == math.inf else value for name, value in both.items()})

    def divided(self, workers: int) -> "Spending":
        """A worker's equal share, where workers can't count together. Raises ShotlistError where that is nothing."""
        if self.max_requests is not None and self.max_requests < workers:
            raise ShotlistError(f"--max-requests {self.max_requests:g} can't be divided among {workers} workers")
        requests = None if self.max_requests is None else self.max_requests // workers
        return replace(self, max_cost=None if self.max_cost is None else self.max_cost / workers, max_requests=requests)

    def plain(self) -> dict[str, Any]:
        """What is said, for a JSON file."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of(cls, plain: Any) -> "Spending":
        """From what ``plain`` gave; nothing where it is not that."""
        try:
            prices = plain.get("prices")
            return cls(plain.get("max_cost"), plain.get("max_requests"), Prices(**prices) if prices else None)
        except (AttributeError, TypeError):
            return cls()


class LimitReached(ModelError):
    """The run has spent what it may. What was answered is kept, so a second run goes on from here."""


Bill: TypeAlias = dict[str, float]


@dataclass
class Spent:
    """Money, requests to models and tokens so far; ``held`` is set aside by process for what is under way.

    ``models`` has the same counts (``requests``, ``tokens_in``, ``tokens_out``, ``cost``) of each model's answers.
    """

    cost: float = 0.0
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    held: dict[str, float] = field(default_factory=dict)
    models: dict[str, Bill] = field(default_factory=dict)


class Budget:
    """The counter of one run: processes that are given the same file share it.

    ``max_cost`` is in the currency of the models' prices. Raises ModelError for a file that is no counter.
    """

    def __init__(self, file: Path, max_cost: float | None = None, max_requests: float | None = None) -> None:
        self.file = file
        self.max_cost = math.inf if max_cost is None else max_cost
        self.max_requests = math.inf if max_requests is None else max_requests
        self._threads = threading.Lock()

    def hold(self, cost: float) -> bool:
        """Set money for one request aside; False where that would go beyond a limit."""
        with self._changing() as spent:
            if spent.requests >= self.max_requests or spent.cost + sum(spent.held.values()) + cost > self.max_cost:
                return False
            spent.requests += 1
            spent.held[_me()] = spent.held.get(_me(), 0.0) + cost
            return True

    def settle(self, held: float, cost: float, tokens_in: int = 0, tokens_out: int = 0, model: str = "") -> None:
        """Replace what was held for a request to a ``model`` by what it cost."""
        with self._changing() as spent:
            rest = spent.held.pop(_me(), 0.0) - held
            if rest > 1e-12:
                spent.held[_me()] = rest
            spent.cost += cost
            spent.tokens_in += tokens_in
            spent.tokens_out += tokens_out
            bill = {"requests": 1, "tokens_in": tokens_in, "tokens_out": tokens_out, "cost": cost}
            spent.models[model[:_NAME]] = added(spent.models.get(model[:_NAME], {}), bill)

    def spent(self) -> Spent:
        """The counters now."""
        with self._changing() as spent:
            return spent

    def reached(self) -> LimitReached:
        """The error that ends the run, in words for the one who set the limit."""
        spent = self.spent()
        if spent.requests >= self.max_requests:
            return LimitReached(f"stopped by --max-requests {self.max_requests:g}; run again to go on")
        return LimitReached(
            f"stopped by --max-cost {self.max_cost:g}: {spent.cost:.4g} was spent on {spent.requests:,} requests;"
            " run again to go on"
        )

    @contextmanager
    def _changing(self) -> Iterator[Spent]:
        with self._threads, FileLock(f"{self.file}.lock"):
            before = self._read()
            spent = Spent(**json.loads(before)) if before else Spent()
            for pid in [p for p in spent.held if not _alive(int(p))]:
                spent.cost += spent.held.pop(pid)  # the server may have answered what a killed process asked
            yield spent
            if (after := json.dumps(asdict(spent))) != before:
                self._write(after)

    def _read(self) -> str:
        try:
            text = self.file.read_text().rstrip()
            if text:
                Spent(**json.loads(text))
            return text
        except FileNotFoundError:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            return ""
        except (ValueError, TypeError) as error:
            raise ModelError(f"{self.file} does not hold what was spent so far ({error}); delete it") from error

    def _write(self, text: str) -> None:
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(handle, text.ljust(_ROOM).encode(), 0)
        finally:
            os.close(handle)


def added(bill: Mapping[str, float], more: Mapping[str, float]) -> Bill:
    """The sums of two bills."""
    return {name: bill.get(name, 0) + more.get(name, 0) for name in {**bill, **more}}


def _me() -> str:
    return str(os.getpid())


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
