"""A clip described from one picture with all its key frames: one look per clip (ShareGPT4Video, systems.md 4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shotlist.captions import changes
from shotlist.captions.asking import Asking
from shotlist.captions.differential import since
from shotlist.captions.grid import grid
from shotlist.captions.keyframes import key_frames, key_times
from shotlist.captions.rows import CaptionRow
from shotlist.engine.film import Clip
from shotlist.models.contracts import Request
from shotlist.models.prompts import Value


@dataclass(frozen=True)
class Fast(Asking):
    """Describes a clip in full from a grid of its key frames; without a model, from what was measured."""

    title: str = "fast"
    """The step's and its table's name."""
    prompt: str = "keyframe-grid"
    """A prompt's id, or a Markdown file of your own."""
    longest: int = 2048
    """Pixels of the grid's longer side at most; frames are never enlarged."""
    columns: int = 0
    """Frames beside each other; 0 takes as many as show them largest."""
    most: int = 64
    """Key frames in the grid; of more, so many that lie evenly among them are shown."""
    words: int = 300
    """The longest description that is asked for."""
    max_tokens: int = 2048
    """Length at which an answer is cut off (the authors' demo allows 2,048)."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "clips", "keyframes")

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError("a grid holds at least one key frame")

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One; none for a clip without key frames."""
        found = list(key_frames(clip))
        if not found:
            return ()
        frames = [found[k] for k in evenly(len(found), self.most)]
        made = grid(frames, self.longest, self.columns)
        times = ", ".join(f"{since(clip.start_us, frame.time_us):.2f}" for frame in frames)
        facts: dict[str, Value] = {"frames": len(frames), "rows": made.rows, "columns": made.columns, "times": times}
        return [self.request(made.still, **facts, seconds=clip.seconds, words=self.words)]

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """See the class."""
        return CaptionRow(changes.described(clip)) if key_times(clip) else None


def evenly(count: int, most: int) -> list[int]:
    """Places in a list of ``count``, ``most`` of them at most, with the first and the last."""
    if count <= most:
        return list(range(count))
    return [k * (count - 1) // max(1, most - 1) for k in range(most)]
