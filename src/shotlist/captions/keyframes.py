"""Semantic key frames: of frames that look alike only the first is kept (ShareGPT4Video, systems.md 4.2)."""

import io
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from shotlist.captions import stills
from shotlist.captions.rows import BUILTIN, needs
from shotlist.captions.stills import View
from shotlist.engine.film import Clip, Film
from shotlist.engine.step import FilmStep, Needs
from shotlist.models.contracts import Picture, Still, Vectors
from shotlist.models.embedding import embedder, packages
from shotlist.timing import us

_PLAIN = 0.006
"""Standard deviation of luma (0..1) below which a frame has a single colour."""

_LEAST_SECONDS = 0.01
"""Between frames that are looked at: no film has more."""
_TOGETHER = 6
"""Key frames of a clip that are read at a time."""


@dataclass(frozen=True)
class KeyFrame:
    """A key frame of the clip from ``start_us`` to ``end_us``, seen from ``time_us`` on.

    ``still_us`` names its stored still, of the same time; of an earlier one where nothing has changed until the clip
    begins. ``similarity`` is the cosine to the key frame before, None for a clip's first.
    """

    start_us: int
    end_us: int
    time_us: int
    still_us: int
    similarity: float | None


@dataclass(frozen=True)
class KeyFrames(FilmStep):
    """Looks at a frame every few seconds and keeps it where it differs from the last one that was kept.

    A clip's first and last picture are always kept, each once; those of a single colour at its beginning are passed
    over.
    """

    model: str = BUILTIN
    """``builtin`` compares layout, colours and edges; ``hf:ORG/NAME`` the features of CLIP, SigLIP and their like."""
    interval: float = 2.0
    """Seconds (0.01 or more) between frames that are looked at; never less than between the stills that are stored."""
    threshold: float = 0.93
    """A frame is kept when its cosine to the last kept one is below this."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "clips")
    uses: ClassVar[tuple[str, ...]] = ("shots",)

    def __post_init__(self) -> None:
        if not self.interval >= _LEAST_SECONDS:
            raise ValueError(f"from one look to the next it is {_LEAST_SECONDS} seconds or more")

    @property
    def name(self) -> str:
        """One word."""
        return "keyframes"

    @property
    def needs(self) -> Needs:
        """A GPU for a model of transformers."""
        return needs(self.model)

    @property
    def packages(self) -> Mapping[str, str]:
        """PyTorch and transformers for ``hf:``."""
        return packages(self.model)

    def rows(self, film: Film) -> Iterable[KeyFrame]:
        """The key frames of each clip in order of time; none for a clip without stills."""
        clips = film.clips()
        looked = [self.views(clip) for clip in clips]
        wanted = sorted({view.still.time_us for views in looked for view in views})
        vectors = embedder(self.model).embed(_pictures(film, set(wanted)))
        for clip, views in zip(clips, looked, strict=True):
            own = vectors[[bisect_left(wanted, view.still.time_us) for view in views]] if views else ()
            for k, similarity in kept(own, self.threshold):
                still_us = views[k].still.time_us
                yield KeyFrame(clip.start_us, clip.end_us, max(still_us, clip.start_us), still_us, similarity)

    def views(self, clip: Clip) -> list[View]:
        """What is looked at: the stills nearest to every ``interval`` and to the end, each once."""
        shown = stills.views(clip, [clip.start_us, *(still.time_us for still in clip.stills)])
        first = next((view for view in shown if not _plain(clip.film, view.still.frame)), shown[0] if shown else None)
        if first is None:
            return []
        places = range(first.time_us, clip.end_us, us(self.interval))
        found: dict[int, View] = {}
        for view in stills.views(clip, [*places, clip.end_us - 1]):
            found.setdefault(view.still.time_us, view)
        return list(found.values())


def kept(vectors: Iterable[Vectors], threshold: float) -> Iterator[tuple[int, float | None]]:
    """Which of a clip's vectors (d,) of unit length are kept, with the cosine to the one kept before."""
    last = None
    found = list(vectors)
    for k, vector in enumerate(found):
        similarity = None if last is None else float(vector @ last)
        if similarity is None or similarity < threshold or k == len(found) - 1:
            last = vector
            yield k, similarity


def key_frames(clip: Clip) -> Iterator[Still]:
    """The key frames that the step stored for a clip, with their pictures, in order of time.

    A few are read at a time: of hundreds of clips under way all pictures would fill the memory.
    """
    stored = _stored(clip)
    for k in range(0, len(stored), _TOGETHER):
        times = {row["still_us"]: row["time_us"] for row in stored[k : k + _TOGETHER]}
        jpegs = clip.film.jpegs(min(times), max(times) + 1)
        read = deque(Still(times[time_us], jpeg) for time_us, jpeg in jpegs if time_us in times)
        del jpegs  # while these wait for their turn
        while read:
            yield read.popleft()


def key_times(clip: Clip) -> list[int]:
    """The times of a clip's stored key frames."""
    return [row["time_us"] for row in _stored(clip)]


def first_frame(clip: Clip) -> Still | None:
    """The stored still that shows how a clip begins; None where there is none."""
    found = stills.views(clip, [clip.start_us])
    jpegs = clip.film.jpegs(found[0].still.time_us, found[0].still.time_us + 1) if found else []
    return Still(clip.start_us, jpegs[0][1]) if jpegs else None


def _stored(clip: Clip) -> list[dict[str, Any]]:
    found = clip.film.rows("keyframes")
    first = bisect_left(found, clip.start_us, key=lambda row: row["start_us"])
    last = bisect_right(found, clip.start_us, key=lambda row: row["start_us"])
    return [row for row in found[first:last] if row["end_us"] == clip.end_us]


def _plain(film: Film, frame: int) -> bool:
    contrast = film.signals.get("contrast", np.empty(0))
    return len(contrast) > frame and bool(contrast[frame] < _PLAIN)


def _pictures(film: Film, wanted: Collection[int]) -> Iterator[Picture]:
    """The stills of these times, decoded one at a time, in order."""
    from PIL import Image

    for batch in film.tables.batches("frames", film.video_id, ["time_us", "jpeg"]):
        for k, time_us in enumerate(batch["time_us"].to_pylist()):
            if time_us in wanted:
                yield np.asarray(Image.open(io.BytesIO(batch["jpeg"][k].as_py())).convert("RGB"))
