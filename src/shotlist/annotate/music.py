"""The music in a clip: tempo, key, loudness, and a sentence about it, with and without its singing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from shotlist.annotate.sounds import LONGEST_US, shares_of
from shotlist.engine.film import Clip
from shotlist.engine.rows import schema_of
from shotlist.engine.step import ClipStep, Needs
from shotlist.media.sound import integrated
from shotlist.models.builtin.music import Facts, analyse, sentence
from shotlist.models.builtin.tempo import USUAL
from shotlist.models.checkpoints import on_gpu
from shotlist.models.contracts import Samples
from shotlist.models.music import describer, packages, separator
from shotlist.timing import SECOND

_GATE = 20.0
"""dB below its loudness from which on a stretch of sound counts as a pause and not as its quiet part."""
_LEAST = 30
"""Values of loudness, ten a second, that show how it moves."""
_AT_ONCE = 12
"""Windows whose sound is in memory at the same time."""


@dataclass(frozen=True)
class MusicWindow:
    """A stretch of music. What could not be told is None.

    ``tempo`` is beats per minute (half or double of it may be felt as well), ``key`` the tonic, confidences lie in
    0..1, ``loudness`` is LUFS, ``dynamics`` how many dB lie between quiet and loud parts, ``brightness`` the mean
    spectral centroid in hertz, ``onsets`` how many notes or beats begin each second.
    """

    start_us: int
    end_us: int
    text: str
    text_without_vocals: str | None
    tempo: float | None
    tempo_confidence: float | None
    key: str | None
    mode: Literal["major", "minor"] | None
    key_confidence: float | None
    loudness: float | None
    dynamics: float | None
    brightness: float
    onsets: float


@dataclass(frozen=True)
class MusicRow(MusicWindow):
    """The clip's music from its first to its last window (told by the first two minutes), and the ``windows``."""

    windows: tuple[MusicWindow, ...]


@dataclass(frozen=True)
class Music(ClipStep):
    """Measures and describes the music of a clip; clips without music have no row.

    Without a model the text says what was measured: tempo, key, brightness, loudness.
    """

    window_seconds: float = 10.0
    """Length of the windows; a rest of less than half of it belongs to the window before."""
    least_music: float = 0.5
    """Share of a window's time in which music must be heard."""
    model: str = "builtin"
    """Who describes: ``builtin``, ``hf:ORG/NAME`` (or a folder) for an audio-language model, ``openai:NAME@URL``."""
    prompt: str = (
        "Describe the music in one or two sentences: genre, instruments, mood, tempo, dynamics. Say only what is heard."
    )
    """What a model is asked."""
    separator: str = "builtin"
    """Who takes the singing out: ``builtin`` only takes the centre out of stereo, ``demucs:FILE`` is a trained
    network, ``none`` leaves it."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "clips", "sound", "audio", "sounds")

    @property
    def needs(self) -> Needs:
        """A GPU only where one is named; a local language model fills much memory."""
        gpu = on_gpu(self.model) or on_gpu(self.separator)
        local = self.model.startswith("hf"), self.separator.startswith("demucs")
        return Needs(gpus=1 if gpu else 0, memory_gb=1 + 23 * local[0] + 4 * local[1])

    @property
    def packages(self) -> Mapping[str, str]:
        """PyTorch and transformers for ``hf:``, Demucs for ``demucs:``."""
        return packages(self.model, self.separator)

    def schema(self) -> pa.Schema:
        """See TableStep."""
        return schema_of(MusicRow)

    def row(self, clip: Clip) -> MusicRow | None:
        """None where no music is heard; raises ModelError for models that can't be loaded."""
        spans = [span for span in self._spans(clip) if self._musical(clip, span)]
        if not spans:
            return None
        if len(spans) == 1:
            found = self._windows(clip, spans)
            return MusicRow(**vars(found[0]), windows=tuple(found))
        start, end = spans[0][0], spans[-1][1]
        (whole,) = self._windows(clip, [(start, min(end, start + LONGEST_US))])
        found = []
        for k in range(0, len(spans), _AT_ONCE):
            # The same beat counts as the same tempo in all windows: of 65 and 130 the one that the whole has.
            found += self._windows(clip, spans[k : k + _AT_ONCE], whole.tempo or USUAL)
        return MusicRow(**vars(replace(whole, end_us=end)), windows=tuple(found))

    def _spans(self, clip: Clip) -> list[tuple[int, int]]:
        step = round(self.window_seconds * SECOND)
        count = max(1, (clip.end_us - clip.start_us + step // 2) // step)
        edges = [clip.start_us + k * step for k in range(count)] + [clip.end_us]
        return list(pairwise(edges))

    def _musical(self, clip: Clip, span: tuple[int, int]) -> bool:
        shares = shares_of(clip.film, *span)
        return shares is not None and shares[1] >= max(self.least_music, 1e-9)

    def _windows(self, clip: Clip, spans: Sequence[tuple[int, int]], usual: float = USUAL) -> list[MusicWindow]:
        audio = clip.film.audio
        assert audio is not None  # its seconds are known
        split = separator(self.separator)
        sounds = [audio.stereo(*span) for span in spans]
        found = [split.without_vocals(sound) if split else None for sound in sounds]
        backings = {k: backing for k, backing in enumerate(found) if backing is not None}
        facts = [
            analyse(sound.mean(axis=0), *_loudness(clip, span), usual)
            for span, sound in zip(spans, sounds, strict=True)
        ]
        texts = self._texts(sounds, facts)
        rests = [_rest(facts[k], sounds[k], backing, usual) for k, backing in backings.items()]
        without = dict(zip(backings, self._texts([*backings.values()], rests), strict=True))
        return [_window(spans[k], facts[k], texts[k], without.get(k)) for k in range(len(spans))]

    def _texts(self, sounds: Sequence[Samples], facts: Sequence[Facts]) -> Sequence[str]:
        model = describer(self.model)
        if model is None or not sounds:
            return [sentence(one) for one in facts]
        return model.describe(sounds, self.prompt)


def _rest(whole: Facts, sound: Samples, backing: Samples, usual: float) -> Facts:
    """What is measured of the music without its singing; its loudness follows from the change of level."""
    change = 10 * np.log10(float((backing**2).mean() + 1e-12) / float((sound**2).mean() + 1e-12))
    return analyse(backing.mean(axis=0), whole.lufs + change if whole.lufs is not None else None, None, usual)


def _loudness(clip: Clip, span: tuple[int, int]) -> tuple[float | None, float | None]:
    """LUFS, and the dB from the 10th to the 95th percentile of momentary loudness; None where that is not known.

    Less than 3 s are too short to swell or to be steady.
    """
    stored = clip.film.sound
    momentary = stored.between(*span).momentary if stored else np.empty(0)
    if not len(momentary):
        return None, None
    lufs = integrated(momentary)
    if len(momentary) < _LEAST:
        return lufs, None
    low, high = np.percentile(momentary[momentary >= lufs - _GATE], (10, 95))
    return lufs, float(high - low)


def _window(span: tuple[int, int], facts: Facts, text: str, without: str | None) -> MusicWindow:
    tempo, key = facts.tempo, facts.key
    return MusicWindow(
        *span,
        text,
        without,
        tempo.bpm if tempo else None,
        tempo.confidence if tempo else None,
        key.note if key else None,
        key.mode if key else None,
        key.confidence if key else None,
        facts.lufs,
        facts.dynamics,
        facts.brightness,
        facts.onsets,
    )
