"""What models of this process use unless they are given something else: kept answers, a budget, prices.

A worker opens its job's account before its first task; elsewhere nothing is kept and nothing limited.
"""

from dataclasses import dataclass
from pathlib import Path

from shotlist.models.budget import Budget, Prices, Spending
from shotlist.models.cache import Cache
from shotlist.models.till import Till, is_till


@dataclass(frozen=True)
class Account:
    """``prices`` are those of served models whose string says nothing about it."""

    cache: Cache | None = None
    budget: Budget | None = None
    prices: Prices | None = None


_current = Account()


def current() -> Account:
    """The process's account."""
    return _current


def use(account: Account) -> Account:
    """Make it the process's account from now on; gives the one before."""
    global _current
    before, _current = _current, account
    return before


def opened(spending: Spending, counter: str | None = None) -> Account:
    """An account with the user's cache; all who share these limits count in one ``counter``: a file, or a till."""
    return Account(Cache(), _budget(spending, counter) if counter else None, spending.prices)


def _budget(spending: Spending, counter: str) -> Budget:
    limits = spending.max_cost, spending.max_requests
    return Till(counter, *limits) if is_till(counter) else Budget(Path(counter), *limits)
