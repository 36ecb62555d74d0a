"""Semantic key frames: of frames that look alike only the first is kept (ShareGPT4Video, systems.md 4.2)."""

import io
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shotlist.captions import stills
from shotlist.captions.rows import BUILTIN, needs
from shotlist.engine.film import Clip, Film
from shotlist.engine.step import FilmStep, Needs
from shotlist.models.contracts import Picture, Still, Vectors
from shotlist.models.embedding import embedder, packages
from shotlist.timing import us

_PLAIN = 0.006
"""Standard deviation of luma (0..1) below which a frame has a single colour."""


@dataclass(frozen=True)
class KeyFrame:
    """A key frame of the clip from ``start_us`` to ``end_us``; ``time_us`` is the time of a stored still.

    ``similarity`` is the cosine to the key frame before, None for a clip's first.
    """

    start_us: int
    end_us: int
    time_us: int
    frame: int
    similarity: float | None


@dataclass(frozen=True)
class KeyFrames(FilmStep):
    """Looks at a frame every few seconds and keeps it where it differs from the last one that was kept.

    A clip's first and last frame are always kept; frames of a single colour at its beginning are passed over.
    """

    model: str = BUILTIN
    """``builtin`` compares layout, colours and edges; ``hf:ORG/NAME`` the features of CLIP, SigLIP and their like."""
    interval: float = 2.0
    """Seconds between the frames that are looked at; never less than between two stills that ``scan`` stores."""
    threshold: float = 0.93
    """A frame is kept when its cosine to the last kept one is below this."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("videos", "signals", "frames", "clips")

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
        looked = [self.times(clip) for clip in clips]
        wanted = sorted({time_us for times in looked for time_us in times})
        vectors = embedder(self.model).embed(_pictures(film, set(wanted)))
        for clip, times in zip(clips, looked, strict=True):
            own = vectors[[bisect_left(wanted, time_us) for time_us in times]]
            frames = {still.time_us: still.frame for still in clip.stills}
            for k, similarity in kept(own, self.threshold):
                yield KeyFrame(clip.start_us, clip.end_us, times[k], frames[times[k]], similarity)

    def times(self, clip: Clip) -> list[int]:
        """The true times of the stills that are looked at: those nearest to every ``interval``, and the last."""
        shown = clip.stills
        shown = shown[next((k for k, still in enumerate(shown) if not _plain(clip.film, still.frame)), 0) :]
        if not shown:
            return []
        first, last = shown[0].time_us, shown[-1].time_us
        places = range(first, last + 1, max(1, us(self.interval)))
        found = {still.time_us for still in stills.nearest(clip, places)}
        return sorted(found | {first, last})


def kept(vectors: Vectors, threshold: float) -> Iterator[tuple[int, float | None]]:
    """Which of a clip's vectors (n, d) of unit length are kept, with the cosine to the one kept before."""
    last = None
    for k, vector in enumerate(vectors):
        similarity = None if last is None else float(vector @ last)
        if similarity is None or similarity < threshold or k == len(vectors) - 1:
            last = vector
            yield k, similarity


def key_frames(clip: Clip) -> list[Still]:
    """The key frames that the step stored for a clip, with their pictures, in order of time."""
    return stills.pictures(clip, key_times(clip))


def key_times(clip: Clip) -> list[int]:
    """The times of a clip's stored key frames."""
    found = clip.film.rows("keyframes")
    first = bisect_left(found, clip.start_us, key=lambda row: row["start_us"])
    last = bisect_right(found, clip.start_us, key=lambda row: row["start_us"])
    return [row["time_us"] for row in found[first:last] if row["end_us"] == clip.end_us]


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
