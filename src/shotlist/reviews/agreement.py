"""How far people agree who answered the same question about the same clips."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shotlist.reviews.decision import Decision


@dataclass(frozen=True)
class Agreement:
    """Over ``clips`` that at least two people answered.

    ``share`` of equal answers among all pairs of answers to one clip, 0..1; ``alpha`` is Krippendorff's for nominal
    data: 1 is full agreement, 0 what chance gives, below 0 less than that; None where all answers are the same, as
    nothing then tells agreement from habit.
    """

    clips: int
    share: float | None
    alpha: float | None


def agreement(decisions: Iterable[Decision]) -> Agreement:
    """Of the decisions that count, one for each person and clip, of one task.

    Krippendorff, Content Analysis, 4th edition (2018), section 12.3: the coincidences of values within clips.
    """
    by_clip: dict[str, list[str]] = {}
    for decision in decisions:
        if decision.answers:
            by_clip.setdefault(decision.clip_id, []).append(decision.choice)
    answers = [values for values in by_clip.values() if len(values) > 1]
    if not answers:
        return Agreement(0, None, None)
    pairs = sum(len(values) * (len(values) - 1) for values in answers)
    equal = sum(n * (n - 1) for values in answers for n in Counter(values).values())
    return Agreement(len(answers), equal / pairs, _alpha(answers))


def _alpha(answers: list[list[str]]) -> float | None:
    totals = Counter(value for values in answers for value in values)
    number = totals.total()
    observed = sum(_unequal(Counter(values)) / (len(values) - 1) for values in answers) / number
    expected = _unequal(totals) / (number * (number - 1))
    return 1 - observed / expected if expected else None


def _unequal(counts: Counter[str]) -> int:
    """Ordered pairs of unequal values."""
    return counts.total() ** 2 - sum(n * n for n in counts.values())
