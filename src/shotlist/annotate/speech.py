"""What is said in a film, by whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from shotlist.engine.audio import Audio
from shotlist.engine.film import Film
from shotlist.engine.step import FilmStep, Needs, how_only
from shotlist.models import speakers as voices
from shotlist.models.contracts import RATE
from shotlist.models.speech import packages, recogniser
from shotlist.records import Word
from shotlist.timing import SECOND, us

Span = tuple[int, int]

_TOGETHER_US = 2 * SECOND
"""Speech with shorter pauses is heard in one piece: more context, fewer wrong words."""
_SHORTEST_VOICE_US = SECOND
"""Shorter utterances tell too little of a voice."""
_LOOK_BACK = 1 / 3
"""The last part of a piece that is too long, in which its quietest place is looked for."""


@dataclass(frozen=True)
class SpeechRow:
    """Something that was said in one go. ``speaker`` is a number within the film, from 0."""

    start_us: int
    end_us: int
    text: str
    language: str | None
    speaker: int | None
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Speech(FilmStep):
    """Writes down what is said, with times of words; only stretches with a voice are listened to."""

    model: str = "builtin"
    """``whisper:NAME-or-folder``, ``openai:NAME@URL``, ``builtin`` (poor, English only) or ``off``."""
    language: str | None = None
    """ISO 639-1 code of what is spoken; by default what is said about the video, else the model finds out."""
    speakers: str = "off"
    """Who tells voices apart: ``hf:ORG/NAME`` of a speaker verification model, ``builtin`` (simple), or ``off``."""
    longest: float = 30.0
    """Seconds that a model listens to at a time; Whisper knows no more than 30."""
    device: str = how_only("auto")
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""
    threads: int = how_only(1)
    """CPU threads of a local model; the engine runs one worker per core."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("sources", "videos", "audio", "voice")

    @property
    def needs(self) -> Needs:
        """A GPU only where one is named; ``auto`` takes what there is."""
        local = self.model.startswith("whisper") or self.speakers.startswith("hf")
        gpu = local and self.device.startswith("cuda")
        return Needs(gpus=1 if gpu else 0, memory_gb=6 if local else 1)

    @property
    def packages(self) -> Mapping[str, str]:
        """The extra ``speech``, and ``models`` for telling speakers apart by a network."""
        if self.model == "off":
            return {}
        return {**packages(self.model), **(voices.packages(self.speakers) if self.speakers != "off" else {})}

    def rows(self, film: Film) -> Iterable[SpeechRow]:
        """See FilmStep; raises ModelError where the model can't work, MediaError where it refuses this film."""
        if self.model == "off":
            return []
        model, audio = recogniser(self.model, self.device, self.threads), film.audio
        heard = [(row["start_us"], row["end_us"]) for row in film.rows("voice")]
        if audio is None or not heard:
            return []
        spans = list(pieces(heard, audio, us(self.longest)))
        language = (self.language or film.source.language or "").split("-")[0].lower() or None
        answers = model.transcribe((audio.mono(*span) for span in spans), language)
        rows = [
            SpeechRow(u.start_us + start, u.end_us + start, u.text, u.language, None, _moved(u.words, start))
            for (start, _), said in zip(spans, answers, strict=True)
            for u in said
        ]
        return rows if self.speakers == "off" else self._with_speakers(rows, audio)

    def _with_speakers(self, rows: Sequence[SpeechRow], audio: Audio) -> list[SpeechRow]:
        long = [k for k, row in enumerate(rows) if row.end_us - row.start_us >= _SHORTEST_VOICE_US]
        found = voices.detector(self.speakers, self.device).speakers(
            audio.mono(rows[k].start_us, rows[k].end_us) for k in long
        )
        who = dict(zip(long, found, strict=True))
        return [replace(row, speaker=who.get(k)) for k, row in enumerate(rows)]


def _moved(words: Iterable[Word], by_us: int) -> tuple[Word, ...]:
    return tuple(replace(word, start_us=word.start_us + by_us, end_us=word.end_us + by_us) for word in words)


def pieces(heard: Iterable[Span], audio: Audio, longest_us: int) -> Iterator[Span]:
    """Stretches with a voice put together up to a length; a longer one is cut where it is quietest."""
    start = end = None
    for first, last in heard:
        if start is not None and end is not None and (first - end > _TOGETHER_US or last - start > longest_us):
            yield start, end
            start = None
        start = first if start is None else start
        end = last
        while end - start > longest_us:
            cut = _quietest(audio, start + round(longest_us * (1 - _LOOK_BACK)), start + longest_us)
            yield start, cut
            start = cut
    if start is not None and end is not None:
        yield start, end


def _quietest(audio: Audio, start_us: int, end_us: int) -> int:
    """The middle of the quietest fifth of a second."""
    window = RATE // 5
    power = np.cumsum(audio.mono(start_us, end_us).astype(np.float64) ** 2)
    least = int((power[window:] - power[:-window]).argmin()) if len(power) > window else 0
    return min(start_us + (least + window // 2) * SECOND // RATE, end_us)
