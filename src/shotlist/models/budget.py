"""What is spent on models, counted by all processes of a run in one small file, with limits that end it cleanly."""

import json
import math
import os
import threading
from collections.abc import Mapping
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

    def after(self, earlier: "Spending") -> "Spending":
        """With what was said ``earlier`` where nothing is said now; infinity takes a limit away."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        both = {name: getattr(earlier, name) if value is None else value for name, value in named.items()}
        return Spending(**{name: None if value == math.inf else value for name, value in both.items()})

    def divided(self, shares: int) -> "Spending":
        """The equal part of each of several builds that can't count together; raises ShotlistError for nothing."""
        if self.max_requests is not None and self.max_requests < shares:
            raise ShotlistError(f"--max-requests {self.max_requests:g} can't be divided among {shares} shares")
        requests = None if self.max_requests is None else self.max_requests // shares
        return replace(self, max_cost=None if self.max_cost is None else self.max_cost / shares, max_requests=requests)

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

    ``models`` has the same counts (``requests``, ``tokens_in``, ``tokens_out``, ``cost``) of each model's answers, and
    how many came from the cache (``cached``), which are in none of the other counts; ``cut`` are those that came to
    their longest length.
    """

    cost: float = 0.0
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    held: dict[str, float] = field(default_factory=dict)
    models: dict[str, Bill] = field(default_factory=dict)

    def hold(self, who: str, cost: float, max_cost: float, max_requests: float) -> bool:
        """See Budget."""
        if self.requests >= max_requests or self.cost + sum(self.held.values()) + cost > max_cost:
            return False
        self.requests += 1
        self.held[who] = self.held.get(who, 0.0) + cost
        return True

    def release(self, who: str, held: float) -> None:
        """See Budget."""
        self.requests -= 1
        self._let_go(who, held)

    def settle(self, who: str, held: float, bill: Bill, model: str) -> None:
        """See Budget; a ``bill`` is that of one request."""
        self._let_go(who, held)
        self.cost += bill["cost"]
        self.tokens_in += int(bill["tokens_in"])
        self.tokens_out += int(bill["tokens_out"])
        self.models[model] = added(self.models.get(model, {}), bill)

    def note_kept(self, model: str, answers: int) -> None:
        """See Budget."""
        nothing = {"requests": 0, "tokens_in": 0, "tokens_out": 0, "cost": 0.0}
        self.models[model] = added(self.models.get(model, nothing), {"cached": answers})

    def write_off(self, who: str) -> None:
        """Count what somebody held as spent: the server may have answered what a killed process asked."""
        self.cost += self.held.pop(who, 0.0)

    def take_over(self, other: "Spent") -> None:
        """Add what was counted elsewhere; what is held there is written off."""
        for who in list(other.held):
            other.write_off(who)
        self.cost += other.cost
        self.requests += other.requests
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        for model, bill in other.models.items():
            self.models[model] = added(self.models.get(model, {}), bill)

    def now(self) -> "Spent":
        """The counters themselves."""
        return self

    def _let_go(self, who: str, held: float) -> None:
        rest = self.held.pop(who, 0.0) - held
        if rest > 1e-12:
            self.held[who] = rest


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
        return bool(self._do("hold", _me(), cost, self.max_cost, self.max_requests))

    def release(self, held: float) -> None:
        """Take back what was held for a request that was never asked."""
        self._do("release", _me(), held)

    def settle(
        self, held: float, cost: float, tokens_in: int = 0, tokens_out: int = 0, model: str = "", cut: bool = False
    ) -> None:
        """Replace what was held for a request to a ``model`` by what it cost; ``cut`` is whether its answer was."""
        bill = {"requests": 1, "tokens_in": tokens_in, "tokens_out": tokens_out, "cost": cost}
        bill |= {"cut": 1} if cut else {}
        self._do("settle", _me(), held, bill, model[:_NAME])

    def note_kept(self, answers: int, model: str) -> None:
        """Count answers of a ``model`` that came from the cache, as ``cached`` in its bill."""
        self._do("note_kept", model[:_NAME], answers)

    def take_over(self, other: Spent) -> None:
        """Add what was counted elsewhere."""
        self._do("take_over", other)

    def spent(self) -> Spent:
        """The counters now."""
        found: Spent = self._do("now")
        return found

    def reached(self, cost: float = 0.0) -> LimitReached:
        """The error that ends the run before a request that may ``cost`` so much, for the one who set the limit."""
        spent = self.spent()
        if cost > self.max_cost:
            return LimitReached(
                f"stopped by --max-cost {self.max_cost:g}: one request may cost up to {cost:.4g}; raise it to go on"
            )
        if spent.requests >= self.max_requests:
            return LimitReached(f"stopped by --max-requests {self.max_requests:g}; run again to go on")
        return LimitReached(
            f"stopped by --max-cost {self.max_cost:g}: {spent.cost:.4g} was spent on {spent.requests:,} requests;"
            " run again to go on"
        )

    def _do(self, what: str, *given: Any) -> Any:
        """Call a method of ``Spent``, alone."""
        with self._threads, FileLock(f"{self.file}.lock"):
            before = self._read()
            spent = Spent(**json.loads(before)) if before else Spent()
            for pid in [p for p in spent.held if not _alive(int(p))]:
                spent.write_off(pid)
            answer = getattr(spent, what)(*given)
            if (after := json.dumps(asdict(spent))) != before:
                self._write(after)
        return answer

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
