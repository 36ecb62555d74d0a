"""Speech recognition by CMU Sphinx: English only, offline, and of the time before neural networks.

The model comes inside the package, so it works everywhere without a download. Of clear, unhurried speech it gets
about half of the words or more, of film dialogue next to none (``benchmarks/speech.py``).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from shotlist.errors import MediaError
from shotlist.models.contracts import RATE, Samples, Utterance
from shotlist.models.voice import package
from shotlist.records import Word

PACKAGE = "pocketsphinx"
_FRAME_US = 10_000
_PAUSE_US = 500_000
"""A longer silence ends an utterance."""
_SHORTEST = RATE // 10
"""The decoder breaks on less."""
_NO_WORD = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")
_VARIANT = re.compile(r"\(\d+\)$")
"""Marks another pronunciation of the same word."""


class SphinxRecogniser:
    """See Recogniser. Knows American English and nothing else."""

    def __init__(self) -> None:
        # Normalised over the chunk itself, not over what was heard before.
        self._decoder: Any = package(PACKAGE).Decoder(samprate=RATE, cmn="batch", loglevel="FATAL")

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "SphinxRecogniser":
        """The recogniser of this process."""
        return SphinxRecogniser()

    def transcribe(self, chunks: Iterable[Samples], language: str | None = None) -> Iterator[Sequence[Utterance]]:
        """See Recogniser; raises MediaError for another language than English."""
        if language not in (None, "en"):
            raise MediaError("language", f"the built-in recogniser knows English, not {language!r}: use whisper:NAME")
        for samples in chunks:
            yield list(_utterances(self._words(samples)))

    def _words(self, samples: Samples) -> Iterator[Word]:
        if len(samples) < _SHORTEST:
            return
        decoder = self._decoder
        decoder.reinit_feat()  # else some of it stays from the chunk before
        decoder.start_utt()
        decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        for part in decoder.seg() or ():
            if not _NO_WORD.match(part.word):
                start, end = part.start_frame * _FRAME_US, (part.end_frame + 1) * _FRAME_US
                yield Word(start, end, _VARIANT.sub("", part.word), min(1.0, float(part.prob)))


def _utterances(words: Iterable[Word]) -> Iterator[Utterance]:
    together: list[Word] = []
    for word in words:
        if together and word.start_us - together[-1].end_us > _PAUSE_US:
            yield _utterance(together)
            together = []
        together.append(word)
    if together:
        yield _utterance(together)


def _utterance(words: Sequence[Word]) -> Utterance:
    return Utterance(words[0].start_us, words[-1].end_us, " ".join(w.text for w in words), "en", tuple(words))
