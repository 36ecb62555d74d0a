"""Captions of single frames: first, middle and last (MMTrail), or so many in each second (InternVid)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from shotlist.captions import stills
from shotlist.captions.asking import Asking
from shotlist.captions.rows import CaptionRow, unanswered
from shotlist.captions.two_scales import ended
from shotlist.engine.film import Clip, StillInfo
from shotlist.measure.colour import name_of
from shotlist.models.contracts import Answer, Request

_LEAST_SHARE = 0.08
"""A colour that covers less of the frame is not named."""


@dataclass(frozen=True)
class FramesRow(CaptionRow):
    """Captions of several frames: ``texts`` and the frames' ``times_us`` on the video's clock.

    A frame about which the model would say nothing has no text (None) and a sentence among the ``failures``. ``text``
    is all texts without immediate repetitions; tokens, cost and time are sums.
    """

    texts: tuple[str | None, ...] = ()
    times_us: tuple[int, ...] = ()
    failures: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class FrameCaptions(Asking):
    """Captions single frames of a clip, each by itself; without a model it names their colours.

    Frames are the stored stills nearest to where they should be. Where several places fall on the same one, it is asked
    about once. A frame that the model refuses does not take the others with it; one that may be answered later does, so
    that ``--retry`` makes the row complete.
    """

    title: str = "frame_captions"
    """The step's and its table's name."""
    prompt: str = "describe-frame"
    """A prompt's id, or a Markdown file of your own."""
    places: tuple[float, ...] = (0.0, 0.5, 1.0)
    """Where the frames lie in the clip: 0 is its first, 1 its last (MMTrail takes first, middle and last)."""
    per_second: float = 0.0
    """Frames in each second, in place of ``places`` (InternVid takes 1)."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips", "frames")
    uses: ClassVar[tuple[str, ...]] = (*Asking.uses, "shots")
    row_kind: ClassVar[type] = FramesRow

    def __post_init__(self) -> None:
        if not self.places or not all(0 <= place <= 1 for place in self.places):
            raise ValueError("places lie between 0, the first frame, and 1, the last")

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One for each frame."""
        return [self.request(still) for still in stills.pictures(clip, self._times(clip))]

    def failure(self, answers: Sequence[Answer]) -> Exception | None:
        """None as long as there is a frame with a text, and none that is worth another try."""
        failures = [unanswered(answer) for answer in answers if answer.text is None]
        passing = any(failure.may_pass and failure.kind != "refused" for failure in failures)
        lasting = len(failures) < len(answers) and not passing
        return None if lasting else super().failure(answers)

    def told(self, clip: Clip, answers: Sequence[Answer]) -> FramesRow:
        """The answers, where two places fall on the same frame twice the same."""
        found = stills.views(clip, self._times(clip))
        by_time = dict(zip(sorted({view.still.time_us for view in found}), answers, strict=True))
        told = CaptionRow.of([answer for answer in answers if answer.text is not None], self.text, self.letters)
        return self._row(told, found, [by_time[view.still.time_us] for view in found])

    def builtin(self, clip: Clip) -> FramesRow | None:
        """The frames' colours."""
        found = stills.views(clip, self._times(clip))
        return self._row(CaptionRow(""), found, [Answer(seen(view.still)) for view in found]) if found else None

    def _row(self, told: CaptionRow, found: Sequence[stills.View], answers: Sequence[Answer]) -> FramesRow:
        texts = tuple(answer.text for answer in answers)
        distinct = [text for text, _ in groupby(filter(None, texts))]
        facts = vars(told) | {"text": distinct[0] if len(distinct) == 1 else " ".join(map(ended, distinct))}
        failures = tuple(str(unanswered(answer)) if answer.text is None else None for answer in answers)
        return FramesRow(**facts, texts=texts, times_us=tuple(view.time_us for view in found), failures=failures)

    def _times(self, clip: Clip) -> list[int]:
        return stills.each(clip, self.per_second) if self.per_second > 0 else stills.at_shares(clip, self.places)


def seen(still: StillInfo) -> str:
    """What is known of a frame without a model: its commonest colours."""
    if not still.lit:
        return "All black."
    shares: dict[str, float] = defaultdict(float)
    for rgb, share in zip(still.colours, still.colour_shares, strict=True):
        shares[name_of(rgb)] += share
    names = [name for name in sorted(shares, key=lambda n: -shares[n])[:3] if shares[name] >= _LEAST_SHARE]
    if not names:
        return "Of many colours."
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{'Mostly' if sum(shares[name] for name in names) >= 0.5 else 'Partly'} {listed}."
