"""The default shot-boundary detector: hard cuts, dissolves and fades from tiny planes of every frame.

Every test compares a change with what happens around it, so few thresholds are absolute. ``cuts``, ``fades``
and ``dissolves`` say what each of them looks for; ``pictures`` how two frames are compared.
"""

from collections.abc import Iterable

import numpy as np

from shotlist.records import Boundary
from shotlist.shots.candidates import Candidate, clearest
from shotlist.shots.cuts import Cuts
from shotlist.shots.dissolves import Dissolves
from shotlist.shots.fades import Fades
from shotlist.shots.frames import Frames
from shotlist.shots.planes import Block, Bytes, Ints, Planes, blocks
from shotlist.shots.settings import CutSettings
from shotlist.timing import SECOND

__all__ = ["CutSettings", "boundaries", "boundaries_in_chunks"]


def boundaries(times_us: Ints, luma: Bytes, chroma: Bytes, settings: CutSettings | None = None) -> list[Boundary]:
    """Find the boundaries of one video from planes held in memory.

    ``times_us`` (n,) increases; ``luma`` (n, 18, 32) is full-range, ``chroma`` (n, 2, 9, 16) holds U and V.
    The result is sorted and free of overlaps; frame numbers count from the first row.
    """
    return boundaries_in_chunks([(times_us, luma, chroma)], settings)


def boundaries_in_chunks(chunks: Iterable[Planes], settings: CutSettings | None = None) -> list[Boundary]:
    """Find the boundaries of one video from consecutive chunks of planes, in bounded memory.

    Chunks may have any lengths, even none; the result is that of ``boundaries`` on the whole arrays. Beside
    the chunk in hand about 3500 frames of planes are held, whatever the length of the video.
    """
    settings = settings or CutSettings()
    candidates = [c for block in blocks(chunks) for c in _candidates(block, settings)]
    kept = clearest(candidates, settings.shortest_s * SECOND)
    return [Boundary(c.start, c.end, c.kind, round(c.confidence, 4)) for c in kept]


def _candidates(block: Block, settings: CutSettings) -> list[Candidate]:
    """Boundaries that begin, or in the case of dissolves are centred, in the core of the block."""
    frames = Frames(block, settings.plain)
    sure = Cuts(frames, settings).found()
    cuts = np.array(list(sure), np.int64)
    fades = Fades(frames, cuts, settings)
    dissolves = Dissolves(frames, cuts, fades.covered(), settings)
    found = [frames.candidate(t, t, "cut", confidence) for t, confidence in sure.items() if t in block.core]
    return found + fades.candidates() + dissolves.candidates()
