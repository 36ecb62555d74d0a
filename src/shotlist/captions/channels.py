"""What a clip's place is and what there is in it, each asked by itself (MMTrail, Chi et al. 2024)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shotlist.captions.rows import CaptionRow
from shotlist.captions.teacher import Teacher
from shotlist.engine.film import Clip
from shotlist.models.contracts import Answer

_NUMBERING = re.compile(r"^\s*(?:[-*•–]|\(?\d+[.):](?!\d))\s*")


@dataclass(frozen=True)
class ObjectsRow(CaptionRow):
    """The answer as it came, and the names in it, the most important first."""

    objects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Background(Teacher):
    """Names the place in a few words; without a model it is not known."""

    title: str = "background"
    """The step's and its table's name."""
    prompt: str = "background"
    """A prompt's id, or a Markdown file of your own."""
    max_tokens: int = 64
    """Length at which an answer is cut off."""

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """None."""
        del clip
        return None


@dataclass(frozen=True)
class Objects(Background):
    """Names the people and things that matter most, five by the prompt; without a model they are not known."""

    title: str = "objects"
    """The step's and its table's name."""
    prompt: str = "objects"
    """A prompt's id, or a Markdown file of your own."""
    most: int = 5
    """More names than this are left out."""

    row_kind: ClassVar[type] = ObjectsRow

    def told(self, clip: Clip, answers: Sequence[Answer]) -> ObjectsRow:
        """The answer taken apart."""
        told = super().told(clip, answers)
        return ObjectsRow(**vars(told), objects=tuple(named(told.text)[: self.most]))


def named(text: str) -> list[str]:
    """Names from an answer: with commas between them, or one a line with numbers or dashes; each once."""
    pieces = re.split(r"[,;\n]", text)
    found: dict[str, str] = {}
    for piece in pieces:
        name = _NUMBERING.sub("", piece).strip(" .\t")
        found.setdefault(name.casefold(), name)
    return [name for name in found.values() if name]
