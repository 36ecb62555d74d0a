"""Planes of every frame of a video, regrouped from chunks of any lengths into blocks with context.

Blocks bound the memory that the detector takes. They do not depend on how the input was chunked, so neither
do the results.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shotlist.timing import SECOND

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Planes = tuple[Ints, Bytes, Bytes]
"""Times (n,) in microseconds, luma (n, 18, 32) and chroma (n, 2, 9, 16) of n presented frames."""

BLOCK = 2048
"""Frames judged at a time."""
MARGIN = 720
"""Most frames of context kept on either side of a block: REACH at 120 frames per second."""
REACH = 6 * SECOND
"""Context that the tests may look at, in microseconds."""


@dataclass(frozen=True)
class Block:
    """Planes of some frames: ``core`` is the range that is judged, the rest context on either side.

    ``first`` is the number in the video of the first frame held.
    """

    first: int
    core: range
    times: Ints
    luma: Bytes
    chroma: Bytes


def blocks(chunks: Iterable[Planes]) -> Iterator[Block]:
    """Regroup chunks into blocks of BLOCK frames with their context."""
    parts: list[Planes] = []
    first = held = start = 0  # number of the first frame held; frames held; first frame of the next block
    for chunk in chunks:
        parts.append(chunk)
        held += len(chunk[0])
        if first + held < start + BLOCK + MARGIN:
            continue
        planes = _joined(parts)
        while first + held >= start + BLOCK + MARGIN:
            yield _block(planes, first, start)
            start += BLOCK
        drop = max(0, start - MARGIN - first)
        # copied, lest a view keep all of a large chunk alive
        parts = [(planes[0][drop:].copy(), planes[1][drop:].copy(), planes[2][drop:].copy())]
        first, held = first + drop, held - drop
    while start < first + held:
        yield _block(_joined(parts), first, start)
        start += BLOCK


def _joined(parts: list[Planes]) -> Planes:
    """Put chunks one after the other."""
    times, luma, chroma = zip(*parts, strict=True)
    return np.concatenate(times), np.concatenate(luma), np.concatenate(chroma)


def _block(planes: Planes, first: int, start: int) -> Block:
    """Take the block that begins at frame ``start`` out of the frames held, with its context."""
    times = planes[0]
    a, b = start - first, min(start - first + BLOCK, len(times))
    low = max(a - MARGIN, int(np.searchsorted(times, times[a] - REACH)))
    high = min(b + MARGIN, int(np.searchsorted(times, times[b - 1] + REACH, side="right")))
    low, high = max(0, min(low, a)), max(high, b)
    keep = slice(low, high)
    return Block(first + low, range(a - low, b - low), times[keep], planes[1][keep], planes[2][keep])
