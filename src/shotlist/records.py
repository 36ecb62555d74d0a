"""What exists: small frozen records that every part of the engine speaks in.

Times are microseconds on the source's clock, spans half-open (see ``timing``); frame indices count presented
frames from 0. Records hold no pictures, no sound and no open files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

BoundaryKind = Literal["cut", "dissolve", "fade"]
Opening = Literal["start", "cut", "dissolve", "fade"]
CueKind = Literal["speech", "sound", "lyrics"]


@dataclass(frozen=True)
class Source:
    """A video file as it was named by the user, before anyone has opened it.

    ``video_id`` comes from the file's content, so a moved or renamed file is the same video. ``size`` is in
    bytes, ``stamp`` changes when the file does (modification time or the store's own tag).
    """

    video_id: str
    uri: str
    size: int
    stamp: str
    id: str | None = None
    url: str | None = None
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    subtitles: tuple[str, ...] = ()
    """Addresses of sidecar subtitle files."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Source":
        """A row of the table ``sources``."""
        values: dict[str, Any] = {f.name: row[f.name] for f in fields(cls) if f.name in row}
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**(values | lists))


@dataclass(frozen=True)
class Word:
    """A word that is said; ``probability`` lies in 0..1, None where nobody tells how sure it is."""

    start_us: int
    end_us: int
    text: str
    probability: float | None = None


@dataclass(frozen=True)
class Cue:
    """One subtitle: what is shown or said in a span, as plain text without markup."""

    start_us: int
    end_us: int
    text: str
    language: str | None = None
    origin: str = "sidecar"
    """``sidecar`` for a file beside the video, ``embedded`` for a track inside it."""
    kind: CueKind = "speech"
    """``speech``, ``sound`` for what else is heard (applause, a door slams), ``lyrics`` for what is sung."""
    speaker: str | None = None
    """Who speaks, as the subtitles label it."""
    track: int = 0
    """A number for each file or track of a video, from 0."""
    words: tuple[Word, ...] = ()
    """Times of the words, where the subtitles tell them."""


@dataclass(frozen=True)
class Boundary:
    """A place where one shot becomes the next.

    A cut has no extent: ``start_frame == end_frame`` is the first frame of the new shot. A dissolve or a fade
    occupies the frames ``[start_frame, end_frame)``; the frames before and after belong to one shot alone.
    ``confidence`` lies in (0, 1].
    """

    start_frame: int
    end_frame: int
    kind: BoundaryKind
    confidence: float

    @property
    def frame(self) -> int:
        """The frame at which the film is divided: the cut itself, or the middle of a gradual change."""
        return (self.start_frame + self.end_frame + 1) // 2


@dataclass(frozen=True)
class Shot:
    """A span between two boundaries. Shots follow each other without gaps.

    ``clean_start_us``/``clean_end_us`` leave out the gradual changes at both ends. ``opening`` names the
    boundary at its start, ``confidence`` that boundary's.
    """

    start_us: int
    end_us: int
    start_frame: int
    end_frame: int
    opening: Opening
    confidence: float
    clean_start_us: int
    clean_end_us: int


@dataclass(frozen=True)
class Span:
    """A stretch of one video that becomes a row of ``clips``: ``seconds`` long, ``shots`` shots inside.

    ``mark`` names what makes the span no ordinary footage (``short``, ``black``, ``blank``, ``title card``,
    ``credits``), else it is None.
    """

    start_us: int
    end_us: int
    start_frame: int
    end_frame: int
    seconds: float
    shots: int = 1
    mark: str | None = None


@dataclass(frozen=True)
class Failure:
    """Something that did not work, for one video or one of its clips, as a value that is stored.

    ``kind`` is a short class (``not found``, ``unreadable``, ``crashed``, ``time limit`` …), ``message`` a
    sentence for the user, ``may_pass`` whether trying again could help.
    """

    video_id: str
    step: str
    kind: str
    message: str
    may_pass: bool = False
    clip_id: str | None = None
    uri: str | None = None


@dataclass(frozen=True)
class Segment:
    """A stretch of a video that is decoded on its own, from a key frame up to another.

    ``start_us`` is None for the beginning, ``end_us`` None for the end of the file; ``before_us`` is the time of
    the last picture before the segment.
    """

    index: int = 0
    count: int = 1
    start_us: int | None = None
    end_us: int | None = None
    before_us: int | None = None


WHOLE = Segment()


def clip_id(video_id: str, start_us: int, end_us: int) -> str:
    """Name a clip by what it shows: the same cut has the same name on every machine and in every run."""
    return f"{video_id}_{start_us // 1000}_{end_us // 1000}"
