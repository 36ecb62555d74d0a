"""What a model can be asked: one contract per ability, whoever answers.

Pictures are uint8 arrays (rows, columns, 3) in RGB. Sound is float32 in [-1, 1] at 16 kHz, mono (n,) or stereo
(2, n). Times are microseconds from the first sample. Models raise ModelError when they can't work at all, and
MediaError for one input that they can't use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

RATE = 16_000
"""Samples per second of all sound that models hear."""


@dataclass(frozen=True)
class Stretch:
    """A span of sound."""

    start_us: int
    end_us: int


class VoiceDetector(Protocol):
    """Finds where somebody speaks."""

    def voice(self, samples: Samples) -> Sequence[Stretch]:
        """Stretches with speech, in order, without overlap."""
        ...


@dataclass(frozen=True)
class Word:
    """A recognised word; ``probability`` lies in 0..1."""

    start_us: int
    end_us: int
    text: str
    probability: float | None = None


@dataclass(frozen=True)
class Utterance:
    """Something that was said in one go. ``language`` is an ISO 639-1 code."""

    start_us: int
    end_us: int
    text: str
    language: str | None = None
    words: tuple[Word, ...] = ()


class Recogniser(Protocol):
    """Turns speech into text."""

    def transcribe(self, samples: Samples, language: str | None = None) -> Sequence[Utterance]:
        """What is said, in order; ``language`` None lets the model find out, where it can."""
        ...


class SpeakerDetector(Protocol):
    """Tells voices apart."""

    def speakers(self, samples: Samples, stretches: Sequence[Stretch]) -> Sequence[int]:
        """A speaker's number for each stretch, from 0 in the order of first appearance."""
        ...


@dataclass(frozen=True)
class Tag:
    """A sound's name with its probability in 0..1."""

    label: str
    score: float


class SoundTagger(Protocol):
    """Names what is heard."""

    def tags(self, samples: Samples) -> Sequence[Tag]:
        """Likely sounds, the likeliest first."""
        ...


class SoundDescriber(Protocol):
    """Says in words what is heard, such as a piece of music."""

    def describe(self, sounds: Sequence[Samples], prompt: str) -> Sequence[str]:
        """A text for each sound, in their order."""
        ...


class Separator(Protocol):
    """Takes the singing out of music."""

    def without_vocals(self, samples: Samples) -> Samples:
        """The accompaniment, in the shape of the input."""
        ...


@dataclass(frozen=True)
class TextBox:
    """A line of text in a picture: its corners in pixels, clockwise from the top left, and a score in 0..1."""

    text: str
    score: float
    corners: tuple[tuple[float, float], ...]


class TextReader(Protocol):
    """Reads text in pictures."""

    def read(self, picture: Picture) -> Sequence[TextBox]:
        """Lines of text, top to bottom."""
        ...


@dataclass(frozen=True)
class Box:
    """A rectangle in shares of the picture's width and height, 0..1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Person:
    """One person in one picture. ``face`` and ``body`` are None where they are not seen.

    ``pose`` are body landmarks in metres (33, 3) around the hips, ``hands`` left and right (21, 3) or None,
    ``mouth`` how far the mouth is open in shares of the face's height.
    """

    score: float
    face: Box | None = None
    body: Box | None = None
    pose: npt.NDArray[np.float32] | None = None
    hands: tuple[npt.NDArray[np.float32] | None, npt.NDArray[np.float32] | None] = (None, None)
    mouth: float | None = None


class PeopleFinder(Protocol):
    """Finds people in the pictures of one shot, which come in the order of time."""

    def people(self, pictures: Iterator[tuple[int, Picture]]) -> Iterator[tuple[int, Sequence[Person]]]:
        """For each (time_us, picture) the time and who is in it."""
        ...
