"""What subtitles say during a clip."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure
from shotlist.records import Cue
from shotlist.timing import SECOND, overlap


@dataclass(frozen=True)
class TranscriptRow:
    """``text`` of all subtitles that are mostly inside, their ``language`` and the ``seconds`` they cover."""

    text: str
    language: str | None
    seconds: float


@dataclass(frozen=True)
class Transcript(Measure):
    """Cuts the video's subtitles to the clip: those with at least half of their time inside."""

    inside: float = 0.5
    """Share of a subtitle's time that must lie inside the clip."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "subtitles", "clips")

    def measure(self, clip: Clip) -> TranscriptRow | None:
        """None where nothing is said."""
        span = (clip.start_us, clip.end_us)
        cues = [c for c in clip.cues if overlap(span, (c.start_us, c.end_us)) >= self.inside * (c.end_us - c.start_us)]
        if not cues:
            return None
        language = _main_language(cues, clip.film.cues)
        said = [c for c in cues if c.language == language]
        return TranscriptRow(" ".join(c.text for c in said), language, _covered_us(span, said) / SECOND)


def _main_language(cues: Sequence[Cue], film: Sequence[Cue]) -> str | None:
    """One of the languages in a clip, the film's commonest: a second track says the same again."""
    there = {c.language for c in cues}
    counts = Counter(c.language for c in film if c.language in there)
    return counts.most_common(1)[0][0]


def _covered_us(span: tuple[int, int], cues: Sequence[Cue]) -> int:
    covered, reached = 0, span[0]
    for cue in cues:
        covered += overlap(span, (max(reached, cue.start_us), cue.end_us))
        reached = max(reached, cue.end_us)
    return covered
