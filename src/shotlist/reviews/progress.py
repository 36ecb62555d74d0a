"""How far people are with a sample."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shotlist.reviews.decision import SKIPPED, Decision
from shotlist.reviews.sample import Sample


@dataclass(frozen=True)
class Progress:
    """Clips that somebody has ``decided`` or ``skipped``, and the ``seconds`` that the decisions took."""

    decided: int = 0
    skipped: int = 0
    seconds: float = 0.0


def last_words(sample: Sample, decisions: Iterable[Decision]) -> dict[tuple[str, str], Decision]:
    """The last decision of each person on each clip of a sample, in the order in which they were made.

    It may be one that took another back.
    """
    clips = set(sample.clips)
    found: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        if decision.sample == sample.name and decision.clip_id in clips:
            found.pop((decision.who, decision.clip_id), None)  # what is put in again stands last
            found[decision.who, decision.clip_id] = decision
    return found


def progress(words: Mapping[tuple[str, str], Decision]) -> dict[str, Progress]:
    """Of each person with a decision among the sample's last ``words``."""
    found: dict[str, Progress] = {}
    for (who, _), decision in words.items():
        old = found.get(who, Progress())
        found[who] = Progress(
            old.decided + decision.answers,
            old.skipped + (decision.choice == SKIPPED),
            old.seconds + (decision.seconds or 0.0) * decision.answers,
        )
    return found
