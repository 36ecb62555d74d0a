"""Agglomerative grouping: the two nearest groups become one, until none are near enough."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

_MOST = 400
"""So many of the largest things are grouped; each of the others joins the group that is nearest to it."""

Numbers = npt.NDArray[np.int64]


class Groups(Protocol):
    """Things that can be compared and joined; at first each is a group of its own."""

    @property
    def sizes(self) -> Sequence[float]:
        """How much each thing has to say."""
        ...

    def apart(self, one: int, others: Numbers) -> npt.NDArray[np.float64]:
        """How far a group is from others (n,); below 0 they are the same."""
        ...

    def join(self, one: int, other: int) -> None:
        """Make two groups one, under the first one's number."""
        ...


def grouped(groups: Groups) -> list[int]:
    """The group of each thing, numbered from 0 in the order of first appearance. Takes O(n²) comparisons."""
    count = len(groups.sizes)
    chosen = np.sort(np.argsort(-np.asarray(groups.sizes), kind="stable")[:_MOST])
    owner = np.arange(count)
    _merge(groups, chosen, owner)
    heads = np.unique(owner[chosen])
    for k in np.setdiff1d(np.arange(count), chosen):
        owner[k] = heads[int(groups.apart(int(k), heads).argmin())]
    first_seen = {int(head): k for k, head in enumerate(dict.fromkeys(owner.tolist()))}
    return [first_seen[int(head)] for head in owner]


def _merge(groups: Groups, chosen: Numbers, owner: Numbers) -> None:
    far = np.full((len(chosen), len(chosen)), np.inf)
    for k in range(1, len(chosen)):
        far[k, :k] = far[:k, k] = groups.apart(int(chosen[k]), chosen[:k])
    while len(chosen) > 1:
        a, b = sorted(divmod(int(far.argmin()), len(chosen)))
        if far[a, b] >= 0:
            return
        groups.join(int(chosen[a]), int(chosen[b]))
        owner[owner == chosen[b]] = chosen[a]
        chosen, far = np.delete(chosen, b), np.delete(np.delete(far, b, 0), b, 1)
        others = np.delete(np.arange(len(chosen)), a)
        far[a, others] = far[others, a] = groups.apart(int(chosen[a]), chosen[others])
