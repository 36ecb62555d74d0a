"""Captions of a clip's channels become one text: polish, then merge (MMTrail, Chi et al. 2024)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shotlist.captions.asking import Asking
from shotlist.captions.quotes import said
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.captions.two_scales import ended, in_order
from shotlist.engine.film import Clip
from shotlist.engine.rows import schema_of
from shotlist.models.contracts import Answer, Request

_PLACES = ("first", "middle", "last")


@dataclass(frozen=True)
class Polish(Asking):
    """Rewrites a caption so that it speaks of the video and not of its frames; without a model it stays as it is."""

    title: str = "polish"
    """The step's and its table's name."""
    prompt: str = "polish"
    """A prompt's id, or a Markdown file of your own."""
    of: str = "strip"
    """The table whose captions are rewritten."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips")
    letters: ClassVar[str] = "C"

    def inputs(self) -> tuple[str, ...]:
        """The table that the setting names."""
        return (*self.reads, self.of, *self.uses)

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One; none for a clip without that caption."""
        caption = clip.row(self.of).get("text")
        return [self.request(caption=caption)] if caption else ()

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """The row itself."""
        row = clip.row(self.of)
        return CaptionRow(**{name: row[name] for name in schema_of(CaptionRow).names if name in row}) if row else None


@dataclass(frozen=True)
class Merge(Asking):
    """Makes one description of what was seen and heard; what was seen counts most, music and speech follow.

    Without a model the texts are put one after the other.
    """

    title: str = "merge"
    """The step's and its table's name."""
    prompt: str = "merge"
    """A prompt's id, or a Markdown file of your own."""
    video: str = "polish"
    """The table with the caption of the whole clip."""
    words: int = 120
    """Length of the description that is asked for."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips")
    uses: ClassVar[tuple[str, ...]] = (
        *Asking.uses,
        "frame_captions",
        "background",
        "objects",
        "music",
        "heard",
        "transcript",
    )

    def inputs(self) -> tuple[str, ...]:
        """The caption of the clip, and the channels that are there."""
        return (*self.reads, self.video, *self.uses)

    def requests(self, clip: Clip) -> Sequence[Request]:
        """One; none for a clip of which nothing was seen."""
        found = channels(clip, self.video)
        seen = any(found[name] for name in ("video", *_PLACES, "background", "objects"))
        return [self.request(**found, words=self.words)] if seen else ()

    def told(self, clip: Clip, answers: Sequence[Answer]) -> CaptionRow:
        """The answer, and of what kinds its sources were."""
        found = channels(clip, self.video)
        heard = {"C": True, "A": found["music"] or found["sound"], "S": found["speech"]}
        return CaptionRow.of(answers, self.text, "+".join(letter for letter, there in heard.items() if there))

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """The texts one after the other, what was seen first."""
        text = one_after_the_other(clip, self.video)
        return CaptionRow(text, inputs="C") if text else None


def channels(clip: Clip, video: str) -> dict[str, Any]:
    """The texts of all channels by their names in the prompt ``merge``; None for what is not known."""
    frames = clip.row("frame_captions").get("texts") or ()
    transcript = clip.row("transcript")
    tags = [tag["label"] for tag in clip.row("heard").get("tags") or ()]
    sounds = [*tags, *([transcript["sounds"]] if transcript.get("sounds") else [])]
    return {
        **dict.fromkeys(_PLACES),
        **dict(zip(_PLACES, frames if len(frames) == len(_PLACES) else (), strict=False)),
        "video": clip.row(video).get("text"),
        "background": clip.row("background").get("text"),
        "objects": ", ".join(clip.row("objects").get("objects") or ()) or None,
        "music": clip.row("music").get("text"),
        "sound": ", ".join(sounds) or None,
        "speech": transcript.get("text"),
    }


def one_after_the_other(clip: Clip, video: str) -> str:
    """The built-in merge; empty where no channel has a text."""
    found = channels(clip, video)
    frames = [found[place] for place in _PLACES if found[place]]
    own = clip.row("frame_captions").get("model") == BUILTIN
    seen = ended(found["video"]) if found["video"] else in_order(frames, own) if frames else ""
    sentences = [seen, _labelled("Place", found["background"]), _labelled("In the picture", found["objects"])]
    if clip.row(video).get("model") != BUILTIN:  # the describer's sentences tell what is heard by themselves
        sentences += [ended(found["music"]) if found["music"] else "", _labelled("Sounds", found["sound"])]
    speech = said(clip.row("transcript"))
    sentences += [speech] if speech not in seen else []
    return " ".join(sentence for sentence in sentences if sentence)


def _labelled(label: str, text: str | None) -> str:
    return f"{label}: {ended(text)}" if text else ""
