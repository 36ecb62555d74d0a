"""How much is spoken in a clip, and by how many."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from shotlist.engine.film import Clip
from shotlist.engine.step import Measure
from shotlist.timing import SECOND, overlap


@dataclass(frozen=True)
class SpeakingRow:
    """``share`` of the clip and ``seconds`` in which somebody speaks; ``speakers`` and ``language`` if they were told.

    ``speakers`` counts voices told apart by ``speech``; None where that was not asked for or nothing was heard.
    """

    share: float
    seconds: float
    speakers: int | None = None
    language: str | None = None


@dataclass(frozen=True)
class Speaking(Measure):
    """Measures speech in a clip from the stretches with a voice."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "audio", "voice", "clips")
    uses: ClassVar[tuple[str, ...]] = ("speech",)

    def measure(self, clip: Clip) -> SpeakingRow | None:
        """None for videos without sound and where the sound has ended."""
        audio = clip.film.audio
        if audio is None or not overlap(_span(clip), (audio.start_us, audio.end_us)):
            return None
        spoken = sum(_inside(clip, row) for row in clip.film.rows("voice"))
        said = [row for row in clip.film.rows("speech") if _inside(clip, row)]
        voices = {row["speaker"] for row in said} - {None}
        languages: Counter[str] = Counter()
        for row in said:
            if row["language"]:
                languages[row["language"]] += _inside(clip, row)
        return SpeakingRow(
            share=spoken / (clip.end_us - clip.start_us),
            seconds=spoken / SECOND,
            speakers=len(voices) or None,
            language=languages.most_common(1)[0][0] if languages else None,
        )


def _span(clip: Clip) -> tuple[int, int]:
    return clip.start_us, clip.end_us


def _inside(clip: Clip, row: dict[str, Any]) -> int:
    return overlap(_span(clip), (row["start_us"], row["end_us"]))
