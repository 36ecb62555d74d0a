"""What subtitles say during a clip."""

from dataclasses import dataclass
from typing import ClassVar

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure
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
        cues = [
            c
            for c in clip.cues
            if overlap(span, (c.start_us, c.end_us)) >= self.inside * (c.end_us - c.start_us)
        ]
        if not cues:
            return None
        # One language: a second track says the same again.
        language = cues[0].language
        said = [c for c in cues if c.language == language]
        covered = sum(overlap(span, (c.start_us, c.end_us)) for c in said)
        return TranscriptRow(" ".join(c.text for c in said), language, covered / SECOND)
