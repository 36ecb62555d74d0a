"""Differential captions in a sliding window (ShareGPT4Video, systems.md 4.2).

The first key frame is described in full; to each next one the model sees the key frame before it, what it noted about
that one, and the new one, and says what has changed. So a clip of k key frames takes k looks, one after the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from shotlist.captions import changes
from shotlist.captions.asking import Asking
from shotlist.captions.grid import grid
from shotlist.captions.keyframes import key_frames, key_times
from shotlist.captions.rolling import Conversation, outcomes, said
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.engine.film import Clip
from shotlist.engine.step import digest, how_only
from shotlist.models.chat import open_model
from shotlist.models.contracts import Answer, Request, Still
from shotlist.models.prompts import Prompt
from shotlist.timing import seconds

_LONGEST = 4096
"""Pixels of the longer side of two key frames in one picture."""


@dataclass(frozen=True)
class Note(CaptionRow):
    """A differential caption: what has changed at ``time_us`` since the key frame at ``previous_us``.

    Without ``previous_us`` it describes a key frame in full. Both are times of the video.
    """

    time_us: int = 0
    previous_us: int | None = None


@dataclass(frozen=True)
class DifferencesRow(CaptionRow):
    """The ``notes`` on the clip from ``start_us`` to ``end_us`` in order of time.

    ``text`` is all of them, a line each, with seconds since the clip's start; tokens, cost and time are sums.
    """

    start_us: int = 0
    end_us: int = 0
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Differences(Asking):
    """Notes what changes from key frame to key frame; without a model, what of it was measured.

    Clips are worked on side by side. From the stored notes any span can be summed up without a further look.
    """

    title: str = "differences"
    """The step's and its table's name."""
    prompt: str = "differential"
    """The prompt for what has changed: its id, or a Markdown file of your own."""
    first_prompt: str = "differential-first"
    """The prompt for a clip's first key frame."""
    stacked: bool = False
    """Shows both key frames in one picture, one above the other, as ShareCaptioner-Video sees them."""
    clips_at_once: int = how_only(320)
    """Clips that are under way together; a server with 64 requests in flight needs 256."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "clips", "keyframes")
    uses: ClassVar[tuple[str, ...]] = (*Asking.uses, "shots")
    row_kind: ClassVar[type] = DifferencesRow

    def fingerprint(self) -> str:
        """See Asking."""
        own = super().fingerprint()
        return own if self.model == BUILTIN else digest([own, self._first.digest])

    @cached_property
    def _first(self) -> Prompt:
        return replace(self, prompt=self.first_prompt).text

    def asked(self, clips: Iterable[Clip]) -> Iterator[DifferencesRow | Exception | None]:
        """See Asking."""
        return outcomes(open_model(self.model), map(self.conversation, clips), self.clips_at_once)

    def builtin(self, clip: Clip) -> DifferencesRow | None:
        """See the class."""
        times = key_times(clip)
        texts = changes.notes(clip, times)
        notes = [Note(text, time_us=t, previous_us=b) for text, t, b in zip(texts, times, (None, *times), strict=False)]
        return _row(clip, notes, CaptionRow(""))

    def conversation(self, clip: Clip) -> Conversation[DifferencesRow | None]:
        """The sliding window over one clip."""
        notes: list[Note] = []
        answers: list[Answer] = []
        before: Still | None = None
        for frame in key_frames(clip):
            answer = yield self._question(clip, before, notes[-1].text if notes else "", frame)
            said(answer)
            answers.append(answer)
            notes.append(self._note(answer, frame, before))
            before = frame
        return _row(clip, notes, CaptionRow.of(answers, self.text, "V")) if notes else None

    def _question(self, clip: Clip, before: Still | None, note: str, frame: Still) -> Request:
        time = since(clip.start_us, frame.time_us)
        if before is None:
            return replace(self, prompt=self.first_prompt).request(frame, time=time)
        earlier = since(clip.start_us, before.time_us)
        asked = self.request(time_before=earlier, time=time, before=note, stacked=int(self.stacked))
        pair = (before, frame)
        shown = (grid(pair, _LONGEST, columns=1).still,) if self.stacked else pair
        return replace(asked, parts=(*asked.parts, *shown))

    def _note(self, answer: Answer, frame: Still, before: Still | None) -> Note:
        prompt, inputs = (self._first, "V") if before is None else (self.text, "V+C")
        told = CaptionRow.of([answer], prompt, inputs)
        return Note(**vars(told), time_us=frame.time_us, previous_us=before.time_us if before else None)


def _row(clip: Clip, notes: Sequence[Note], told: CaptionRow) -> DifferencesRow | None:
    if not notes:
        return None
    text = "\n".join(f"{since(clip.start_us, note.time_us):.2f} s: {note.text}" for note in notes)
    return DifferencesRow(
        **(vars(told) | {"text": text}), start_us=clip.start_us, end_us=clip.end_us, notes=tuple(notes)
    )


def notes_in(row: Mapping[str, Any]) -> list[Note]:
    """The notes of a stored row; none for a clip without."""
    return [Note(**note) for note in row.get("notes") or ()]


def since(start_us: int, time_us: int) -> float:
    """Seconds from one time to another."""
    return seconds(time_us - start_us)
