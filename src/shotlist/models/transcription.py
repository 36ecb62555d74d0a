"""Speech recognition by any OpenAI-compatible server: speaches, vLLM, whisper.cpp, or a hosted one."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shotlist.errors import MediaError
from shotlist.media import flac
from shotlist.media.languages import language_called
from shotlist.models.contracts import RATE, Samples, Utterance
from shotlist.models.http import Call, File, Server, ServerSettings
from shotlist.models.names import ModelName, settings_of
from shotlist.records import Word
from shotlist.timing import SECOND

_PAUSE_US = 700_000
"""Where a server tells words but no segments, a longer pause ends an utterance."""


@dataclass(frozen=True)
class TranscriptionSettings(ServerSettings):
    """What a model's string may say: ``openai:NAME@URL?key=MY_KEY&in_flight=2``."""

    in_flight: int = 8
    """How many chunks are sent side by side."""


class TranscriptionServer:
    """See Recogniser; asks ``audio/transcriptions`` with FLAC, several chunks side by side."""

    def __init__(self, model: ModelName) -> None:
        self._server, self._model = Server.of(model, settings_of(model, TranscriptionSettings)), model.name

    def transcribe(self, chunks: Iterable[Samples], language: str | None = None) -> Iterator[Sequence[Utterance]]:
        """See Recogniser; raises MediaError where a chunk was refused, ModelError where no call can succeed."""
        lengths: deque[int] = deque()  # of the chunks on their way; the server is asked ahead

        def calls() -> Iterator[Call]:
            for samples in chunks:
                lengths.append(len(samples) * SECOND // RATE)
                yield self._call(samples, language)

        with self._server:
            for answer in self._server.ask(calls()):
                if isinstance(answer, MediaError):
                    raise answer
                yield list(utterances(answer.content, lengths.popleft()))

    def _call(self, samples: Samples, language: str | None) -> Call:
        whole = (np.clip(samples, -1, 1) * 32767).round().astype(np.int16)[None]
        form = {"model": self._model, "response_format": "verbose_json", "timestamp_granularities[]": "word"}
        if language:
            form["language"] = language
        upload = File("speech.flac", flac.encode(whole, RATE), "audio/flac")
        return Call("audio/transcriptions", form=form, files={"file": upload})


def utterances(answer: Mapping[str, Any], length_us: int) -> Iterator[Utterance]:
    """What a server heard in a chunk, from its segments, else its words, else its text alone.

    Times are kept inside the chunk. Raises MediaError for an answer of another shape.
    """
    try:
        language = language_called(str(answer.get("language") or ""))
        words = [_word(w, length_us) for w in answer.get("words") or ()]
        segments = answer.get("segments") or ()
        text = str(answer["text"]).strip()
        if segments:
            yield from _by_segment(segments, words, language, length_us)
        elif words:
            yield from _by_pause(words, language)
        elif text:
            yield Utterance(0, length_us, text, language)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise MediaError("bad answer", f"the server's transcription has an unknown shape ({error!r})") from error


def _word(told: Mapping[str, Any], length_us: int) -> Word:
    sure = told.get("probability")
    start, end = _time(told["start"], length_us), _time(told["end"], length_us)
    return Word(start, end, str(told["word"]).strip(), None if sure is None else float(sure))


def _time(seconds: float, length_us: int) -> int:
    return min(max(round(float(seconds) * SECOND), 0), length_us)


def _by_segment(
    segments: Iterable[Mapping[str, Any]], words: Sequence[Word], language: str | None, length_us: int
) -> Iterator[Utterance]:
    """Words stand in the segments themselves or beside them; there, each belongs where its middle lies."""
    for segment in segments:
        start, end = _time(segment["start"], length_us), _time(segment["end"], length_us)
        own = [_word(w, length_us) for w in segment.get("words") or ()]
        own = own or [w for w in words if start <= (w.start_us + w.end_us) // 2 < end]
        text = str(segment["text"]).strip()
        if text and end > start:
            yield Utterance(start, end, text, language, tuple(own))


def _by_pause(words: Sequence[Word], language: str | None) -> Iterator[Utterance]:
    together: list[Word] = []
    for word, following in zip(words, [*words[1:], None], strict=True):
        together.append(word)
        if following is None or following.start_us - word.end_us > _PAUSE_US:
            text = " ".join(w.text for w in together)
            yield Utterance(together[0].start_us, together[-1].end_us, text, language, tuple(together))
            together = []
