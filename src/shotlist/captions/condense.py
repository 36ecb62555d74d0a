"""More notes than one prompt can hold: none may be lost, so stretches of them are written up first."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from shotlist.captions.rolling import Conversation, said
from shotlist.models.contracts import Answer, Request

Timed: TypeAlias = tuple[float, str]
"""A note with its seconds since the span's beginning."""
_AT_ONCE = 16_000
"""Characters of notes in one prompt; what is quoted in prompts is cut off at 20,000."""
_TIME = 12
"""Characters of a note's time."""


def condensed(
    notes: list[Timed],
    seconds: float,
    part: Callable[[Sequence[str], Sequence[Timed], float], Request],
    before: Sequence[str] = (),
) -> Conversation[tuple[list[Timed], list[Answer]]]:
    """Notes on a span of so many seconds that one prompt can hold, and the answers that this took: mostly none.

    ``part`` asks for the description of a stretch by what lies ``before`` it, its notes and its length. Stretch after
    stretch is described, as often as it takes.
    """
    answers: list[Answer] = []
    while len(notes) > 1 and sum(map(_room, notes)) > _AT_ONCE:
        shorter: list[Timed] = []
        stretches = _stretches(notes)
        ends = [*(stretch[0][0] for stretch in stretches[1:]), seconds]
        for stretch, end in zip(stretches, ends, strict=True):
            begin, earlier = stretch[0][0], [shorter[-1][1]] if shorter else before
            answers.append((yield part(earlier, [(time - begin, text) for time, text in stretch], end - begin)))
            shorter.append((begin, said(answers[-1])))
        notes = shorter
    return notes, answers


def _stretches(notes: Sequence[Timed]) -> list[list[Timed]]:
    """Of two notes at least, so that they become fewer."""
    found: list[list[Timed]] = []
    room = 0
    for note in notes:
        room -= _room(note)
        if not found or (room < 0 and len(found[-1]) > 1):
            found.append([])
            room = _AT_ONCE - _room(note)
        found[-1].append(note)
    return found


def _room(note: Timed) -> int:
    return len(note[1]) + _TIME


def newest(texts: Sequence[str]) -> list[str]:
    """The first text, a full description, and the newest of the others, as many as a prompt can hold."""
    room = _AT_ONCE - sum(map(len, texts[:1]))
    kept: list[str] = []
    for text in reversed(texts[1:]):
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    return [*texts[:1], *reversed(kept)]
