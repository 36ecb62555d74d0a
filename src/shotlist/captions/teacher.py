"""One of a pool of captioners: a model, a prompt, and what it is shown (Panda-70M, section 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from shotlist.captions import stills
from shotlist.captions.asking import Asking
from shotlist.captions.describe import Caption
from shotlist.captions.frames import seen
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.engine.film import Clip
from shotlist.errors import ShotlistError
from shotlist.models.contracts import Answer, Footage, Request, Still
from shotlist.models.prompts import Prompt

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
    shown: Literal["V", "V+S", "V+M", "V+S+M"] = "V"
    """Pictures (V), what is said meanwhile (S), title and description of the whole video (M)."""
    view: Literal["video", "image"] = "video"
    """``video`` is ``frames`` even stills with their true times, ``image`` one that is drawn from the middle."""
    frames: int = 8
    """How many stills a video teacher sees (fewer where fewer are stored: see ``scan.stills_per_second``)."""
    words: int = 120
    """For prompts that limit their answer's length."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips", "frames")
    uses: ClassVar[tuple[str, ...]] = (*Asking.uses, "shots", *Caption.uses)

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError("a teacher sees at least one frame")

    @cached_property
    def text(self) -> Prompt:
        """See Asking; raises ShotlistError for a prompt that has no place for what is shown."""
        found = super().text
        for letter, variable in (("S", "subtitles"), ("M", "metadata")):
            if letter in self.shown and variable not in found.variables:
                raise ShotlistError(
                    f"{self.title}: the prompt {self.prompt} has no place for {variable}; one that has is"
                    " describe-video-with-context"
                )
        return found

    def inputs(self) -> tuple[str, ...]:
        """A model depends on nothing but what it is shown."""
        if self.model == BUILTIN:
            return (*self.reads, *self.uses)
        texts = {"transcript": "S" in self.shown, "sources": "M" in self.shown}
        return (*self.reads, *Asking.uses, "shots", *(table for table, used in texts.items() if used))

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One; none for a clip without stills."""
        pictures = self._pictures(clip)
        if pictures is None:
            return ()
        texts = self._texts(clip)
        number = len(pictures.stills) if isinstance(pictures, Footage) else 1
        return (self.request(pictures, seconds=clip.seconds, frames=number, words=self.words, **texts),)

    def told(self, clip: Clip, answers: Sequence[Answer]) -> CaptionRow:
        """The answer, with what was shown of what may be shown."""
        texts = self._texts(clip)
        letters = ["V", *("S" for _ in texts["subtitles"] or ()), *("M" for _ in texts["metadata"] or ())]
        return CaptionRow.of(answers, self.text, "+".join(dict.fromkeys(letters)))

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """The describer's sentences; of an image teacher one about its frame."""
        if self.view == "video":
            return CaptionRow(Caption(subtitles="S" in self.shown).row(clip).text)
        found = stills.views(clip, [stills.drawn(clip, *_MIDDLE)])
        return CaptionRow(seen(found[0].still)) if found else None

    def _pictures(self, clip: Clip) -> Still | Footage | None:
        if self.view == "video":
            return stills.footage(clip, self.frames)
        return next(iter(stills.pictures(clip, [stills.drawn(clip, *_MIDDLE)])), None)

    def _texts(self, clip: Clip) -> dict[str, list[str] | None]:
        """What comes with the video, as far as it is shown and there."""
        said = [clip.row("transcript").get("text")] if "S" in self.shown else []
        source = clip.film.source
        told = [("title", source.title), ("description", source.description)] if "M" in self.shown else []
        return {
            "subtitles": [text for text in said if text] or None,
            "metadata": [f"{name}: {text}" for name, text in told if text] or None,
        }
