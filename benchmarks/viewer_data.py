"""A made-up dataset of any number of clips, with tables, values and texts of the shape that real ones have."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt


def _words(text: str) -> list[str]:
    return text.split()


CLIPS, VIDEOS = 100, 16
"""Clips in a video, and videos in a shard."""
COMMON = _words(
    """
    the a of and in to is on with at as man woman camera stands person while from moves behind light dark his her they
    it two are by for up down into street white black red blue looking walking wearing holding small large table room
    window tree sky water hand face left right front background scene slowly toward through over near young old people
    shirt hair wooden green bright outdoor indoor standing sitting turns walks runs talks smiles
    """
)
_SPOKEN = _words(
    """
    you i the and that it to is a we what do not so this have know no well yes but my me go come look here
    """
)
_PIECES = _words(
    """
    ba co de fi gu ha jo ka le mi no pu ra se ti vo wa xe yo zu bran clis dorn fell grim
    """
)
_ENDS = ("", "", "s", "ing", "ed", "er", "ly")
VOCABULARY = 60_000

Texts = list[str | None]


@dataclass
class Words:
    """Texts whose words come as often as in real ones: the k-th most common with a chance of 1 / k."""

    rng: np.random.Generator
    words: npt.NDArray[np.object_] = field(init=False)
    spoken: npt.NDArray[np.object_] = field(init=False)
    _chances: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        made = dict.fromkeys(COMMON)
        while len(made) < VOCABULARY:
            stem = "".join(self.rng.choice(_PIECES, self.rng.integers(2, 5)))
            made.update(dict.fromkeys(stem + end for end in self.rng.permutation(_ENDS)[:3]))
        self.words = np.array(list(made)[:VOCABULARY], object)
        self.spoken = self.words.copy()
        self.spoken[: len(_SPOKEN)] = _SPOKEN
        self._chances = np.cumsum(1 / np.arange(1, VOCABULARY + 1))

    def texts(self, count: int, low: int, high: int, there: float = 1.0, spoken: bool = False) -> Texts:
        """``count`` texts of ``low`` to ``high`` words; a share of them is absent."""
        lengths = self.rng.integers(low, high + 1, count)
        lengths[self.rng.random(count) >= there] = 0
        places = np.searchsorted(self._chances, self.rng.random(lengths.sum()) * self._chances[-1])
        words = (self.spoken if spoken else self.words)[places]
        ends = np.cumsum(lengths)
        return [
            " ".join(words[end - length : end]).capitalize() + "." if length else None
            for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)
        ]


def make(dataset: Dataset, clips: int, seed: int = 7) -> None:
    """Write the tables of ``clips`` clips, a shard at a time."""
    rng = np.random.default_rng(seed)
    words = Words(rng)
    decided: list[pa.Table] = []
    for shard, number in _shards(clips):
        keys, tables = _shard(shard, number, words, rng)
        decided.append(tables.pop("decisions"))
        for table, rows in tables.items():
            _write(dataset, Part(table, f"{shard:06d}", "00000000000000aa"), rows, keys)
    _write(dataset, Part("decisions", "all", "00000000000000aa"), pa.concat_tables(decided), "clip")
    keep = {"long_enough": "clips.seconds >= 1", "not_too_dark": "light.brightness >= 0.03"}
    steps = [{"name": "rules", "class": "Rules", "version": 1, "settings": {"keep": keep}}]
    dataset.write_text("recipe.json", json.dumps({"name": "made up", "steps": steps}))


def _shards(clips: int) -> Iterator[tuple[int, int]]:
    most = CLIPS * VIDEOS
    yield from ((shard, min(most, clips - shard * most)) for shard in range(-(-clips // most)))


def _write(dataset: Dataset, part: Part, rows: pa.Table, level: str) -> None:
    with dataset.write(part, rows.schema, Receipt(part.table, 1, {}, level, rows_out=rows.num_rows)) as out:
        out.write(rows)


def _shard(shard: int, number: int, words: Words, rng: np.random.Generator) -> tuple[str, dict[str, pa.Table]]:
    videos = [f"{(shard * VIDEOS + k) * 2654435761 % 2**64:016x}" for k in range(-(-number // CLIPS))]
    titles = [title if title is None else title[:-1] for title in words.texts(len(videos), 2, 8, 0.8)]
    uris = [f"/films/{v[:2]}/{v}.mp4" for v in videos]
    seconds = np.round(np.clip(rng.lognormal(1.2, 0.8, number), 0.3, 120), 3)
    owner = np.arange(number) // CLIPS
    ends = np.cumsum(seconds)
    before = np.concatenate([[0.0], ends])[owner * CLIPS]
    start_us = np.round((ends - seconds - before) * 1e6).astype(np.int64)
    end_us = start_us + np.round(seconds * 1e6).astype(np.int64)
    owners = [videos[k] for k in owner]
    names = [f"{v}_{s // 1000}_{e // 1000}" for v, s, e in zip(owners, start_us.tolist(), end_us.tolist(), strict=True)]
    keys = {"clip_id": names, "video_id": owners}
    tables = {name: keys | made for name, made in _measures(number, words, rng).items()}
    found = {
        "sources": {"video_id": videos, "uri": uris, "title": titles},
        "videos": _videos(videos, uris, rng),
        "clips": keys | _times(start_us, end_us, seconds),
        **tables,
        "decisions": keys | _decisions(seconds, tables["light"]["brightness"]),
    }
    return "clip", {name: pa.table(rows) for name, rows in found.items()}


def _times(start_us: npt.NDArray[np.int64], end_us: npt.NDArray[np.int64], seconds: Any) -> dict[str, Any]:
    frames = {"start_frame": start_us // 40_000, "end_frame": end_us // 40_000}
    number = len(start_us)
    times = {"start_us": start_us, "end_us": end_us, **frames, "seconds": seconds}
    return times | {"shots": np.ones(number, np.int64), "mark": pa.nulls(number, pa.string())}


def _videos(videos: list[str], uris: list[str], rng: np.random.Generator) -> dict[str, Any]:
    number = len(videos)
    size = rng.integers(0, 3, number)
    return {
        "video_id": videos,
        "uri": uris,
        "title": pa.nulls(number, pa.string()),
        "status": ["ok"] * number,
        "reason": pa.nulls(number, pa.string()),
        "codec": rng.choice(["h264", "hevc", "av1", "vp9"], number).tolist(),
        "width": pa.array(np.array([640, 1280, 1920])[size], pa.int32()),
        "height": pa.array(np.array([360, 720, 1080])[size], pa.int32()),
        "fps": rng.choice([23.976, 25.0, 30.0], number),
        "frames": np.full(number, 15_000),
        "start_us": np.zeros(number, np.int64),
        "duration_us": np.full(number, 600_000_000),
    }


def _measures(number: int, words: Words, rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    def share(a: float, b: float) -> npt.NDArray[np.float64]:
        return rng.beta(a, b, number)

    def one_of(*names: str) -> list[str]:
        chances = 1 / np.arange(1, len(names) + 1)
        return list(rng.choice(names, number, p=chances / chances.sum()))

    colours = np.array(_words("black white grey brown blue green red yellow orange purple"), object)
    picked = [[str(c) for c in row] for row in colours[np.sort(rng.integers(0, 10, (number, 3)), axis=1)]]
    moves = {name: rng.normal(0, 0.1, number) for name in ("dx", "dy", "zoom", "roll")}
    return {
        "camera": {"kind": one_of("static", "shaky", "pan left", "pan right", "tilt up", "zoom in", "mixed")}
        | {"speed": rng.exponential(0.1, number), **moves, "shake": rng.exponential(0.02, number)},
        "motion": {"score": rng.exponential(3, number), "local": rng.exponential(0.05, number)}
        | {"change": share(2, 8), "still": share(1, 3)},
        "light": {"brightness": share(3, 4), "contrast": share(2, 6) / 2, "dark": share(1, 4), "plain": share(1, 4)}
        | {"flashes": rng.poisson(0.3, number), "drift": rng.normal(0, 0.1, number)},
        "colour": {"colourfulness": rng.gamma(3, 10, number), "monochrome": rng.random(number) < 0.1}
        | {"names": picked, "shares": rng.dirichlet([3, 2, 1], number).tolist()},
        "sharpness": {"score": rng.lognormal(5, 1, number)},
        "borders": {
            "kind": one_of("none", "letterbox", "pillarbox", "both"),
            "aspect": rng.choice([1.33, 1.78], number),
        }
        | {side: share(1, 20) for side in ("top", "bottom", "left", "right")},
        "loudness": {"lufs": rng.normal(-23, 6, number), "peak": rng.normal(-3, 3, number), "silence": share(1, 5)},
        "heard": {name: share(1, 2) for name in ("speech", "music", "other", "silence")},
        "transcript": {"text": pa.array(words.texts(number, 4, 40, 0.6, spoken=True), pa.string())}
        | {"language": one_of("en", "de", "fr", "es"), "seconds": rng.exponential(2, number)}
        | {"agreement": pa.array(share(8, 2), mask=rng.random(number) < 0.7)},
        "written": {"text": pa.array(words.texts(number, 1, 8, 0.15), pa.string()), "area": share(1, 20)}
        | {"items": rng.poisson(0.5, number), "logo": rng.random(number) < 0.05},
        "caption": {"text": pa.array(words.texts(number, 15, 60), pa.string())},
    }


def _decisions(seconds: npt.NDArray[np.float64], brightness: npt.NDArray[np.float64]) -> dict[str, Any]:
    short, dark = seconds < 1, brightness < 0.1
    failed = [["long_enough"] * int(s) + ["not_too_dark"] * int(d) for s, d in zip(short, dark, strict=True)]
    return {
        "seconds": seconds,
        "status": np.where(short | dark, "dropped", "kept").tolist(),
        "rule": pa.array([names[0] if names else None for names in failed], pa.string()),
        "value": pa.array(
            [f"clips.seconds = {s:g}" if names else None for s, names in zip(seconds, failed, strict=True)], pa.string()
        ),
        "failed_rules": pa.array(failed, pa.list_(pa.string())),
    }
