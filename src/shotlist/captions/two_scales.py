"""A clip in one sentence from captions of its frames: the fine one of two scales (InternVid, section 3.2).

The coarse scale is the caption of the middle frame; both are FrameCaptions of their own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from shotlist.captions.asking import Asking
from shotlist.captions.rows import CaptionRow
from shotlist.engine.film import Clip
from shotlist.models.contracts import Request
from shotlist.timing import seconds


@dataclass(frozen=True)
class Summary(Asking):
    """Sums captions of frames up; the one of the middle frame is told by itself.

    Without a model the first caption, the commonest and the last stand one after the other.
    """

    title: str = "summary"
    """The step's and its table's name."""
    prompt: str = "summarise-frames"
    """A prompt's id, or a Markdown file of your own."""
    frames: str = "frame_captions"
    """The table with captions of the clip's frames."""
    middle: str | None = None
    """The table with the caption of its middle frame, if there is one."""
    max_tokens: int = 128
    """Length at which an answer is cut off."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips")
    letters: ClassVar[str] = "C"

    def inputs(self) -> tuple[str, ...]:
        """The tables that the settings name."""
        return (*self.reads, self.frames, *([self.middle] if self.middle else []))

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One; none for a clip without captions. Captions that repeat the one before are left out."""
        frames = [next(same) for _, same in groupby(self._frames(clip), key=lambda frame: frame[1])]
        middle = clip.row(self.middle).get("text") if self.middle else None
        return [self.request(middle=middle, frames=frames, seconds=clip.seconds)] if frames else ()

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """See the class."""
        frames = self._frames(clip)
        return CaptionRow(in_order([text for _, text in frames]), inputs="C") if frames else None

    def _frames(self, clip: Clip) -> list[tuple[float, str]]:
        row: dict[str, Any] = clip.row(self.frames)
        times = [seconds(time - clip.start_us) for time in row.get("times_us") or ()]
        return [(time, text) for time, text in zip(times, row.get("texts") or (), strict=True) if text]


def in_order(texts: Sequence[str]) -> str:
    """The first text, the commonest, and the last, each only once."""
    commonest = Counter(texts).most_common(1)[0][0]
    first, *rest = dict.fromkeys((texts[0], commonest, texts[-1]))
    return " ".join((first, *(f"Later: {text[:1].lower()}{text[1:]}" for text in rest)))
