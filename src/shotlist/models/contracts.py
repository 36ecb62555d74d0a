"""What a model can be asked: one contract per ability, whoever answers.

Pictures are uint8 arrays (rows, columns, 3) in RGB. Sound is float32 in [-1, 1] at 16 kHz, mono (n,) or stereo
(2, n). Times are microseconds from the first sample. Models raise ModelError when they can't work at all, and
MediaError for one input that they can't use.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shotlist.errors import MediaError
from shotlist.records import Word

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

    @property
    def step_us(self) -> int:
        """How much sound one value of the curve stands for."""
        ...

    def likely(self, blocks: Iterable[Samples]) -> npt.NDArray[np.float32]:
        """How likely there is a voice, 0..1, one value per step (n,).

        The blocks (mono, of any length) follow each other, so that a film's sound need not be in memory at once.
        """
        ...


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

    def transcribe(self, chunks: Iterable[Samples], language: str | None = None) -> Iterator[Sequence[Utterance]]:
        """What is said in each chunk of at most half a minute (mono), in order; times count from the chunk's start.

        Chunks are taken as they are needed. ``language`` (ISO 639-1) None lets the model find out, where it can.
        """
        ...


class SpeakerDetector(Protocol):
    """Tells voices apart."""

    def speakers(self, pieces: Iterable[Samples]) -> Sequence[int]:
        """Who speaks in each piece of speech (mono, a second or more), from 0 in the order of first appearance.

        Pieces are taken one at a time, so that a film's sound need not be in memory at once.
        """
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

    def without_vocals(self, samples: Samples) -> Samples | None:
        """The accompaniment, in the shape of the input; None where it can't be told from the singing."""
        ...


@dataclass(frozen=True)
class TextBox:
    """A line of text in a picture.

    ``score`` (0..1) is how sure the reading is, ``found`` how sure it is that there is text at all. ``corners`` are
    (x, y) in pixels, clockwise from the top left as one reads.
    """

    text: str
    score: float
    corners: tuple[tuple[float, float], ...]
    found: float = 1.0


class TextReader(Protocol):
    """Finds and reads text in pictures."""

    def read(self, picture: Picture) -> Sequence[TextBox]:
        """Lines of text in the order of reading: rows from top to bottom, each from left to right."""
        ...


@dataclass(frozen=True)
class Box:
    """A rectangle in shares of the picture's width and height, 0..1."""

    left: float
    top: float
    right: float
    bottom: float


Points = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Body:
    """A body's landmarks in the order of BlazePose (Bazarevsky et al. 2020): 33 points, ``visibility`` (33,) in 0..1.

    ``points`` (33, 2) are places in shares of the picture's width and height, which may lie outside it. ``pose``
    (33, 3) are metres from the middle of the hips: x to the right of the picture, y down, z away from the camera;
    ``left_hand`` and ``right_hand`` (21, 3) are the person's own left and right, in the same metres. What a model
    does not tell is None.
    """

    points: Points
    visibility: Points
    pose: Points | None = None
    left_hand: Points | None = None
    right_hand: Points | None = None


@dataclass(frozen=True)
class Person:
    """One person in one picture. ``face`` and ``box`` (of the whole visible body) are None where they are not seen.

    ``turned`` says by how many degrees the face looks past the camera, ``mouth`` how far the lips are apart, as a
    share of the face's height from hairline to chin; both are None where the face is too small or turned too far.
    """

    score: float
    face: Box | None = None
    box: Box | None = None
    turned: float | None = None
    mouth: float | None = None
    body: Body | None = None


class PeopleFinder(Protocol):
    """Finds people in pictures, one by one."""

    def people(self, pictures: Iterable[tuple[int, Picture]]) -> Iterator[tuple[int, Sequence[Person]]]:
        """For each (time_us, picture) the time and who is in it; as lazy as the pictures."""
        ...


Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns pictures into vectors whose cosine tells how alike the pictures are."""

    def embed(self, pictures: Iterable[Picture]) -> Vectors:
        """Vectors (n, d) of unit length, in the order of the pictures, which are taken as they are needed."""
        ...


@dataclass(frozen=True)
class Still:
    """A picture in a prompt: a JPEG with its time on the video's clock."""

    time_us: int
    jpeg: bytes


@dataclass(frozen=True)
class Footage:
    """A span of video in a prompt, as stills in the order of time; the model is told their times from ``start_us``."""

    stills: tuple[Still, ...]
    start_us: int = 0


@dataclass(frozen=True, eq=False)
class Heard:
    """Sound in a prompt."""

    samples: Samples


Part = str | Still | Footage | Heard


@dataclass(frozen=True)
class Request:
    """What a model is asked: parts in their order, after instructions that stand above them.

    At ``temperature`` 0 the likeliest words are taken. ``json`` asks for a JSON object, where the model can be held
    to it.
    """

    parts: tuple[Part, ...]
    system: str = ""
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    json: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back: ``text``, or the ``failure`` in its place.

    Tokens are None where the model does not count them, ``cost`` where no prices are known; an answer from the cache
    cost nothing. ``finish`` is ``stop``, or ``length`` where ``max_tokens`` cut the text off. ``weights`` names those
    of a local model by their digest.
    """

    text: str | None
    failure: MediaError | None = None
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float = 0.0
    finish: str | None = None
    cached: bool = False
    cost: float | None = None
    weights: str | None = None


class Captioner(Protocol):
    """Answers prompts with pictures, footage or sound in them."""

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer to each request, in their order; requests are read some way ahead."""
        ...


class Writer(Protocol):
    """Answers prompts of text."""

    def write(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer to each request, in their order; requests are read some way ahead."""
        ...
