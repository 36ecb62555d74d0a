"""One description from differential captions: of the whole clip, or of any span in it without a further look.

ShareGPT4Video writes up a clip's notes with their times (systems.md 4.2) and reuses them for spans (clip reuse, 4.2 and
4.3).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from shotlist.captions import changes
from shotlist.captions.asking import Asking
from shotlist.captions.condense import Timed, condensed, newest
from shotlist.captions.differential import Note, notes_in, since
from shotlist.captions.fast import evenly
from shotlist.captions.keyframes import first_frame
from shotlist.captions.rolling import Conversation, outcomes, said
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.captions.two_scales import ended, lowered
from shotlist.engine.film import Clip
from shotlist.engine.step import digest
from shotlist.models.chat import open_model
from shotlist.models.contracts import Answer, Request
from shotlist.timing import us

_LEAST_SECONDS = 0.01
"""A shorter piece holds no frame of any film."""


@dataclass(frozen=True)
class WrittenUp(Asking):
    """Writes a clip's notes up as one description in the order of time; without a model it strings them together."""

    title: str = "written_up"
    """The step's and its table's name."""
    prompt: str = "differential-summary"
    """A prompt's id, or a Markdown file of your own."""
    of: str = "differences"
    """The table with the notes."""
    words: int = 300
    """The longest description that is asked for."""
    max_tokens: int = 1024
    """Length at which an answer is cut off."""

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "clips")
    letters: ClassVar[str] = "C"

    def inputs(self) -> tuple[str, ...]:
        """The table that the setting names."""
        return (*self.reads, self.of, *self.uses)

    def fingerprint(self) -> str:
        """See Asking."""
        own = super().fingerprint()
        return own if self.model == BUILTIN else digest([own, self._stretches.text.digest])

    @property
    def _stretches(self) -> "SpanSummaries":
        """Who writes up a part of the notes where they are too many for one prompt."""
        how = {name: getattr(self, name) for name in ("model", "of", "words", "max_tokens", "temperature")}
        return SpanSummaries(**how)

    def asked(self, clips: Iterable[Clip]) -> Iterator[CaptionRow | Exception | None]:
        """See Asking."""
        return outcomes(open_model(self.model), map(self.conversation, clips))

    def conversation(self, clip: Clip) -> Conversation[CaptionRow | None]:
        """A single question, of text alone, unless there are too many notes; none for a clip without notes."""
        notes = timed(notes_in(clip.row(self.of)), clip.start_us)
        if not notes:
            return None
        notes, answers = yield from condensed(notes, clip.seconds, self._stretches.part)
        answers.append((yield self.request(notes=notes, seconds=clip.seconds, words=self.words)))
        text, finish = said(answers[-1]).strip(), answers[-1].finish
        return replace(CaptionRow.of(answers, self.text, self.letters), text=text, finish=finish)

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """See the class."""
        notes = notes_in(clip.row(self.of))
        return CaptionRow(in_time(clip, notes, self.words), inputs="C") if notes else None


@dataclass(frozen=True)
class SpanCaption(CaptionRow):
    """The description of the span from ``start_us`` to ``end_us``, times of the video."""

    start_us: int = 0
    end_us: int = 0


@dataclass(frozen=True)
class SpansRow(CaptionRow):
    """Descriptions of a clip's ``spans`` in order of time; ``text`` is all of them, a line each, the rest sums."""

    spans: tuple[SpanCaption, ...] = ()


@dataclass(frozen=True)
class SpanSummaries(WrittenUp):
    """Describes pieces of clips from the clips' stored notes: captions of many lengths for hardly more cost."""

    title: str = "spans"
    """The step's and its table's name."""
    prompt: str = "summarise-span"
    """A prompt's id, or a Markdown file of your own."""
    first_prompt: str = "differential-first"
    """The prompt for a piece's first frame, with ``look``."""
    seconds: float = 10.0
    """Length of a piece; a rest of less than half of it belongs to the piece before."""
    look: bool = False
    """Has each piece's first frame described anew, as ShareGPT4Video did; else earlier notes say how it begins."""
    words: int = 150
    """The longest description that is asked for."""

    row_kind: ClassVar[type] = SpansRow

    def fingerprint(self) -> str:
        """See Asking."""
        own = super().fingerprint()
        return own if self.model == BUILTIN or not self.look else digest([own, self._opening.text.digest])

    def __post_init__(self) -> None:
        if not self.seconds >= _LEAST_SECONDS:
            raise ValueError(f"a piece lasts {_LEAST_SECONDS} seconds or more")

    @property
    def _opening(self) -> Asking:
        return replace(self, prompt=self.first_prompt)

    def asked(self, clips: Iterable[Clip]) -> Iterator[SpansRow | Exception | None]:
        """See Asking."""
        return outcomes(open_model(self.model), map(self.conversation, clips))

    def builtin(self, clip: Clip) -> SpansRow | None:
        """See the class."""
        notes = notes_in(clip.row(self.of))
        found = []
        for piece in self.pieces(clip) if notes else ():
            _, inside = within(notes, piece.start_us, piece.end_us)
            text = in_time(piece, inside, self.words)
            found.append(SpanCaption(text, inputs="C", start_us=piece.start_us, end_us=piece.end_us))
        return _row(found, CaptionRow(""))

    def pieces(self, clip: Clip) -> list[Clip]:
        """The clip in pieces of whole frames."""
        length = us(self.seconds)
        count = max(1, round((clip.end_us - clip.start_us) / length))
        starts = [clip.start_us + k * length for k in range(count)]
        found = [changes.part(clip, a, b) for a, b in zip(starts, [*starts[1:], clip.end_us], strict=True)]
        # Of pieces shorter than a frame's time several are the same frame.
        own = {piece.start_us: piece for piece in found if piece.start_us < clip.end_us}
        return list(own.values())

    def conversation(self, clip: Clip) -> Conversation[SpansRow | None]:
        """Piece after piece of one clip."""
        notes = notes_in(clip.row(self.of))
        found: list[SpanCaption] = []
        answers: list[Answer] = []
        for piece in self.pieces(clip) if notes else ():
            told = yield from self.summarised(piece, notes)
            answers += told
            row = CaptionRow.of(told[-1:], self.text, self.letters)
            found.append(SpanCaption(**vars(row), start_us=piece.start_us, end_us=piece.end_us))
        return _row(found, CaptionRow.of(answers, self.text, self.letters)) if found else None

    def summarised(self, span: Clip, notes: Sequence[Note]) -> Conversation[list[Answer]]:
        """Ask for the description of a span from the notes on its video; the last answer is the description.

        Pictures are looked at with ``look`` only, and only where no note describes the span's first frame in full.
        """
        before, inside = within(notes, span.start_us, span.end_us)
        first: str | None = None
        answers: list[Answer] = []
        if self.look and before and (frame := first_frame(span)):
            answers.append((yield self._opening.request(frame, time=0.0)))
            first, before = said(answers[0]), []
        earlier = newest([note.text for note in before])
        changes, written = yield from condensed(timed(inside, span.start_us), span.seconds, self.part, earlier)
        answers += [*written, (yield self.part(earlier, changes, span.seconds, first))]
        said(answers[-1])
        return answers

    def part(
        self, before: Sequence[str], changes: Sequence[Timed], seconds: float, first: str | None = None
    ) -> Request:
        """The question about a part of so many seconds, by notes on the time before and on what changes in it."""
        return self.request(first=first, before=before, changes=changes, seconds=seconds, words=self.words)


def within(notes: Sequence[Note], start_us: int, end_us: int) -> tuple[list[Note], list[Note]]:
    """The notes that say how things stand when a span begins, and those on what happens in it.

    The first go back to the last frame that was described in full; there are none where the span begins with one.
    """
    inside = [note for note in notes if start_us < note.time_us < end_us]
    before = [note for note in notes if note.time_us <= start_us]
    full = [k for k, note in enumerate(before) if note.previous_us is None]
    before = before[full[-1] :] if full else before
    if len(before) == 1 and before[0].time_us == start_us and before[0].previous_us is None:
        return [], [*before, *inside]
    return before, inside


def timed(notes: Iterable[Note], start_us: int) -> list[Timed]:
    """Notes with their seconds since a time."""
    return [(since(start_us, note.time_us), note.text) for note in notes]


def in_time(clip: Clip, notes: Sequence[Note], words: int) -> str:
    """A span's built-in description: what is measured over all of it, then its notes.

    Where the words do not suffice for all notes, some that lie evenly among them are told.
    """
    full = next((note for note in notes if note.previous_us is None and note.model != BUILTIN), None)
    told = [note for note in notes if note.previous_us is not None and note.text != changes.NOTHING]
    text = changes.described(clip, camera=not told)
    if full is not None:
        text += f" At first: {_line(full)}"
    elif told:
        text += f" At first: {lowered(changes.notes(clip, [clip.start_us, told[0].time_us])[0], own=True)}"
    sentences = [f"At {since(clip.start_us, note.time_us):.1f} s: {_line(note)}" for note in told]
    return " ".join([text, *_fitting(sentences, words - len(text.split()))])


def _fitting(sentences: Sequence[str], words: int) -> list[str]:
    """As many sentences as have so many words together, evenly chosen."""
    lengths = [len(sentence.split()) for sentence in sentences]
    for most in range(len(sentences), 0, -1):
        places = evenly(len(sentences), most)
        if sum(lengths[k] for k in places) <= words:
            return [sentences[k] for k in places]
    return []


def _line(note: Note) -> str:
    return lowered(ended(note.text), own=note.model == BUILTIN)


def _row(spans: Sequence[SpanCaption], told: CaptionRow) -> SpansRow | None:
    text = "\n".join(span.text for span in spans)
    return SpansRow(**(vars(told) | {"text": text}), spans=tuple(spans)) if spans else None
