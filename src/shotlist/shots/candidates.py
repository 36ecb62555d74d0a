"""Candidates for boundaries, and the choice among those that cannot all stand."""

from dataclasses import dataclass

from shotlist.records import BoundaryKind


@dataclass(frozen=True)
class Candidate:
    """A possible boundary in absolute frame numbers, with the times of its ends in microseconds.

    ``strength`` ranks candidates of one kind that exclude each other.
    """

    start: int
    end: int
    kind: BoundaryKind
    confidence: float
    strength: float
    start_us: int
    end_us: int


def clearest(candidates: list[Candidate], least_us: float) -> list[Candidate]:
    """Keep the clearest of boundaries that overlap or lie closer than ``least_us``, in order of time."""
    order = {"fade": 0, "cut": 1, "dissolve": 2}
    kept: list[Candidate] = []
    for c in sorted(candidates, key=lambda c: (order[c.kind], -c.strength, -c.confidence, c.start)):
        if all(_apart(c, k, least_us) for k in kept):
            kept.append(c)
    return sorted(kept, key=lambda c: c.start)


def _apart(a: Candidate, b: Candidate, least: float) -> bool:
    """Whether two candidates can both stand; ``least`` is the time in microseconds between two boundaries."""
    lengths = [c.end_us - c.start_us for c in (a, b) if c.kind == "dissolve"]
    if lengths:
        # what is left of a dissolve beside the stretch that fits best is not another one
        least = max(least, 0.5 * max(lengths))
    elif a.kind != b.kind:
        return a.start >= b.end or a.end <= b.start
    return a.start_us >= b.end_us + least or a.end_us <= b.start_us - least
