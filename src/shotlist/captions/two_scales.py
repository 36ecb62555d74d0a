"""A clip in one sentence from captions of its frames: the fine one of two scales (InternVid, section 3.2).

The coarse scale is the caption of the middle frame; both are FrameCaptions of their own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any, ClassVar

from shotlist.captions.asking import Asking
from shotlist.captions.lexicon import OPENERS
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.engine.film import Clip
from shotlist.models.contracts import Request
from shotlist.timing import seconds

_ENDS = tuple(".!?…”\"')。\uff01\uff1f")

_AT_ONCE = 16_000
"""Characters of captions in one prompt; what is quoted in prompts is cut off at 20,000."""


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

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips")
    letters: ClassVar[str] = "C"

    def inputs(self) -> tuple[str, ...]:
        """The tables that the settings name."""
        return (*self.reads, self.frames, *([self.middle] if self.middle else []), *self.uses)

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One; none for a clip without captions. Captions that repeat the one before are left out.

        Of more than a prompt can hold some are left out evenly, so that the clip's end is not.
        """
        frames = [next(same) for _, same in groupby(self._frames(clip), key=lambda frame: frame[1])]
        frames = frames[:: max(1, ceil(sum(len(text) + 12 for _, text in frames) / _AT_ONCE))]
        middle = clip.row(self.middle).get("text") if self.middle else None
        return [self.request(middle=middle, frames=frames, seconds=clip.seconds)] if frames else ()

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """See the class."""
        texts = [text for _, text in self._frames(clip)]
        own = clip.row(self.frames).get("model") == BUILTIN
        return CaptionRow(in_order(texts, own), inputs="C") if texts else None

    def _frames(self, clip: Clip) -> list[tuple[float, str]]:
        row: dict[str, Any] = clip.row(self.frames)
        times = [seconds(time - clip.start_us) for time in row.get("times_us") or ()]
        return [(time, text) for time, text in zip(times, row.get("texts") or (), strict=True) if text]


def in_order(texts: Sequence[str], own: bool = False) -> str:
    """The first text, the commonest, and the last, each only once; see ``lowered``."""
    texts = [ended(text) for text in texts]
    commonest = Counter(texts).most_common(1)[0][0]
    first, *rest = dict.fromkeys((texts[0], commonest, texts[-1]))
    return " ".join((first, *(f"Later: {lowered(text, own)}" for text in rest)))


def ended(text: str) -> str:
    """A text in one line that ends as a sentence does."""
    line = " ".join(text.split()).removesuffix(" .")  # as CoCa's captions end
    return line if line[-1:] in _ENDS else f"{line}."


def lowered(text: str, own: bool = False) -> str:
    """A text to stand behind a colon; of one that is not our ``own``, the first word may be a name."""
    known = own or text.split(maxsplit=1)[0].casefold() in OPENERS
    return text[:1].lower() + text[1:] if known else text
