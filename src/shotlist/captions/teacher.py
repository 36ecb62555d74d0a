"""One of a pool of captioners: a model, a prompt, and what it is shown (Panda-70M, section 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from shotlist.captions import stills
from shotlist.captions.asking import Asking, joined
from shotlist.captions.describe import Caption
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.engine.film import Clip
from shotlist.models.contracts import Answer, Footage, Request, Still

_MIDDLE = (0.3, 0.7)
"""Shares of a clip between which an image teacher's frame is drawn (Panda-70M, section 3.2)."""


@dataclass(frozen=True)
class Teacher(Asking):
    """Describes clips its own way; any number of teachers of different titles stand side by side.

    What comes with the video is shown as background that may help. Without a model the built-in describer speaks.
    """

    title: str = "teacher"
    """The teacher's name, which is its step's and its table's."""
    prompt: str = "one-sentence"
    """A prompt's id, or a Markdown file of your own; it may use seconds, frames, words, subtitles and metadata."""
    inputs_shown: Literal["V", "V+S", "V+M", "V+S+M"] = "V"
    """Pictures (V), what is said meanwhile (S), title and description of the whole video (M)."""
    view: Literal["video", "image"] = "video"
    """``video`` is ``frames`` even stills with their true times, ``image`` one that is drawn from the middle."""
    frames: int = 8
    """How many stills a video teacher sees."""
    words: int = 120
    """For prompts that limit their answer's length."""

    version: ClassVar[int] = 1
    uses: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys((*Caption.uses, "transcript")))
