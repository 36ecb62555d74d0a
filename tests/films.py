"""Tiny films for the tests, and what the scan makes of them."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
from PIL import Image

from shotlist.engine.film import Clip, Film, ShardTables
from shotlist.engine.step import MediaStep
from shotlist.records import Source
from shotlist.scan.scan import Scan

SIZE = (160, 90)
"""Width and height of most films here."""

Picture = np.ndarray | av.VideoFrame
"""Rows x columns x red, green and blue in uint8, or a frame as it is."""


def write(
    path: Path,
    pictures: Iterable[Picture],
    rate: Fraction | int = 25,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    pts: Iterable[int] | None = None,
    time_base: Fraction | None = None,
    sound: np.ndarray | None = None,
    container: dict[str, str] | None = None,
    **options: Any,
) -> Path:
    """Write a film; `pts` in units of `time_base` are the times, else one picture every `1 / rate` seconds.

    `sound` (channels, samples) is float at 48 kHz. More `options` go to the codec.
    """
    clock = iter(pts) if pts is not None else None
    base = time_base or 1 / Fraction(rate)
    with av.open(str(path), "w", options=container or {}) as file:
        stream = file.add_stream(codec, rate=rate, options={k: str(v) for k, v in options.items()})
        audio = _track(file, sound) if sound is not None else None
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = base
        for k, picture in enumerate(pictures):
            frame = picture if isinstance(picture, av.VideoFrame) else _frame(picture, pix_fmt)
            if k == 0:
                stream.width, stream.height = frame.width, frame.height
            frame.pts, frame.time_base = next(clock) if clock else k, base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if audio is not None and sound is not None:
            _play(file, audio, sound)
    return path


def _frame(picture: np.ndarray, pix_fmt: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
    return frame.reformat(format=pix_fmt)


_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def _track(file: Any, sound: np.ndarray, codec: str = "aac") -> Any:
    return file.add_stream(codec, 48_000, layout=_LAYOUTS[len(sound)], bit_rate=64_000 * len(sound))


def _play(file: Any, track: Any, sound: np.ndarray, form: str = "fltp") -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound, np.float32), form, _LAYOUTS[len(sound)])
    frame.sample_rate, frame.pts = 48_000, 0
    file.mux(track.encode(frame))
    file.mux(track.encode(None))


def plain(level: int | tuple[int, int, int], size: tuple[int, int] = SIZE) -> np.ndarray:
    """A picture of one grey or one colour."""
    return np.full((size[1], size[0], 3), level, np.uint8)


def texture(seed: int = 0, size: tuple[int, int] = SIZE, fine: int = 1) -> np.ndarray:
    """A picture with structure at several scales, different for each seed; the finer, the smaller."""
    rng = np.random.default_rng(seed)
    layers = [(_blots(rng, k * fine, size), share) for k, share in ((1, 0.5), (2, 0.3), (4, 0.2))]
    return sum(layer * share for layer, share in layers).clip(0, 255).astype(np.uint8)


def _blots(rng: np.random.Generator, k: int, size: tuple[int, int]) -> np.ndarray:
    small = Image.fromarray(rng.integers(0, 256, (k * 9, k * 16, 3), np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.float32)


def views(
    seconds: float,
    x: float = 0.0,
    y: float = 0.0,
    zoom: float = 0.0,
    roll: float = 0.0,
    rate: int = 25,
    size: tuple[int, int] = SIZE,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """What a camera sees that pans by `x` frame widths and tilts by `y` heights a second, to the right and down.

    The picture grows by the share `zoom` a second and turns clockwise by `roll` degrees.
    """
    shaken = ((x * k / rate, y * k / rate) for k in range(round(seconds * rate)))
    yield from looks(shaken, (1 + zoom) ** (1 / rate), roll / rate, size, seed)


def looks(
    places: Iterable[tuple[float, float]],
    growth: float = 1.0,
    turn: float = 0.0,
    size: tuple[int, int] = SIZE,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """What a camera sees from one place after the other, in frame widths and heights from the first."""
    width, height = size
    world = Image.fromarray(texture(seed, (4 * width, 4 * height), fine=4))
    for k, (x, y) in enumerate(places):
        scale, angle = growth**-k, np.radians(turn * k)
        a, b = scale * np.cos(angle), scale * np.sin(angle)
        left, top = width * (2 + x), height * (2 + y)
        across = (a, b, left - a * width / 2 - b * height / 2)
        down = (-b, a, top + b * width / 2 - a * height / 2)
        yield np.asarray(world.transform(size, Image.Transform.AFFINE, across + down, Image.Resampling.BICUBIC))


def sine(seconds: float, dbfs: float, hertz: float = 997.0, channels: int = 2) -> np.ndarray:
    """A tone at 48 kHz whose peaks reach `dbfs`, the same in each channel."""
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 48_000)) / 48_000)
    return np.tile(wave.astype(np.float32), (channels, 1))


def read(path: Path, *steps: MediaStep) -> dict[str, pa.Table]:
    """The tables that these steps leave behind, without an engine around them."""
    source = Source("film", str(path), path.stat().st_size, "")
    tables: dict[str, pa.Table] = {}
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
                tables[table] = pa.Table.from_batches(joined)
    return tables


def scan(path: Path, **settings: Any) -> Film:
    """A film as the scan leaves it behind."""
    return film(read(path, Scan(**settings)))


def film(tables: dict[str, pa.Table]) -> Film:
    """A film of which these rows are known."""
    source = Source("film", "film.mp4", 0, "")
    shard = ShardTables({})
    for name, rows in tables.items():
        shard.put(name, rows)
    return Film(source, shard)


def known(times_us: Sequence[int], end_us: int, tables: dict[str, Sequence[Any]] | None = None, **series: Any) -> Film:
    """A film of which only these frames and signals are known, and these rows (dataclasses) by table."""
    n = len(times_us)
    measured = {name: np.broadcast_to(values, n).astype(np.float32) for name, values in series.items()}
    video = {"start_us": times_us[0], "duration_us": end_us - times_us[0], "frames": n}
    rows = {
        "videos": pa.Table.from_pylist([{"video_id": "film", "width": 160, "height": 90, **video}]),
        "signals": pa.table({"video_id": ["film"] * n, "time_us": times_us, **measured}),
    }
    for name, found in (tables or {}).items():
        rows[name] = pa.Table.from_pylist([{"video_id": "film", **vars(row)} for row in found])
    return film(rows)


def even(seconds: float, rate: int = 25, tables: dict[str, Sequence[Any]] | None = None, **series: Any) -> Film:
    """A film at an even rate of which only these signals are known."""
    times = [round(k * 1_000_000 / rate) for k in range(round(seconds * rate))]
    return known(times, round(seconds * 1_000_000), tables, **series)


def whole(found: Film) -> Clip:
    """The whole film as one clip."""
    return Clip(found, found.video["start_us"], found.end_us, 0, found.video["frames"])
