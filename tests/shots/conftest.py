from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pytest

from shotlist.engine.film import Film, ShardTables
from shotlist.engine.step import MediaStep
from shotlist.records import Source

Read = Callable[..., Film]
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real films beside the checkout; without them the test is skipped."""
    folder = Path(__file__).parents[3] / "shared" / "media"
    if not folder.is_dir():
        pytest.skip("needs ../shared/media")
    return folder


@pytest.fixture(scope="session")
def read() -> Read:
    return _read


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(shots: Iterable[int], **options: Any) -> Path:
        return _write(tmp_path / "film.mp4", list(shots), **options)

    return write


def _read(path: Path, *steps: MediaStep) -> Film:
    """The film as these steps leave it behind, without an engine around them."""
    source = Source("film", str(path), path.stat().st_size, "")
    tables = ShardTables({})
    for step in steps:
        notes, batches = [], []
        for segment in step.segments(path):
            for item in step.read(path, source, segment):
                if isinstance(item, dict):
                    notes.append(item)
                else:
                    batches.append((segment.index, *item))
        for table in step.writes:
            rows = [(index, batch) for index, name, batch in batches if name == table]
            joined = list(step.join(source, notes, table, rows))
            if joined:
                tables.put(table, pa.Table.from_batches(joined))
    return Film(source, tables)


def _write(path: Path, shots: list[int], fps: int = 25, size: tuple[int, int] = (320, 180), gop: int = 250) -> Path:
    """A film of shots of so many frames each: coloured waves that drift, with other colours in each shot."""
    width, height = size
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": str(gop)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        for k, (shot, t) in enumerate((s, t) for s, n in enumerate(shots) for t in range(n)):
            frame = av.VideoFrame.from_ndarray(_waves(width, height, shot, t), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, fps)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _waves(width: int, height: int, shot: int, t: int) -> np.ndarray:
    rng = np.random.default_rng(shot)
    y, x = np.mgrid[:height, :width]
    slopes, starts = rng.uniform(0.01, 0.06, (3, 2)), rng.uniform(0, 6, 3)
    waves = [np.sin(a * x + b * y + s + 0.1 * t) for (a, b), s in zip(slopes, starts, strict=True)]
    return (127 + 120 * np.stack(waves, axis=-1)).astype(np.uint8)
