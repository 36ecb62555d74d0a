"""What people chose, counted: which teacher is better, how much is accepted and why the rest is not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shotlist.reviews.decision import Decision


@dataclass(frozen=True)
class Result:
    """How many ``answers`` said ``choice``, ``of`` those that could: for a teacher where its caption was shown."""

    choice: str
    answers: int
    of: int


def results(decisions: Iterable[Decision]) -> list[Result]:
    """Of the decisions that count, of one task: the choice with the largest share first.

    Teachers that wrote the same about a clip are chosen together, and rejections are told apart by their reason.
    """
    answers = [decision for decision in decisions if decision.answers]
    chosen = Counter(choice for decision in answers for choice in _chosen(decision))
    shown = Counter(teacher for decision in answers for teacher in _teachers(decision))
    found = [Result(choice, chosen[choice], shown.get(choice, len(answers))) for choice in {*chosen, *shown}]
    return sorted(found, key=lambda result: (-result.answers / result.of, result.choice))


def _teachers(decision: Decision) -> set[str]:
    return {caption.teacher for caption in decision.shown} if decision.task == "pick" else set()


def _chosen(decision: Decision) -> set[str]:
    texts = {caption.text for caption in decision.shown if caption.teacher == decision.choice}
    if decision.task == "pick" and texts:
        return {caption.teacher for caption in decision.shown if caption.text in texts}
    return {
        f"{decision.choice}: {decision.reason}" if decision.task == "judge" and decision.reason else decision.choice
    }
