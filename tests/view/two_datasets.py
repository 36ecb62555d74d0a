"""Two datasets of rows: the same videos, cut, judged and described differently, and one video in each alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt

SECOND = 1_000_000
HOSTILE = "</script><img src=x onerror=alert(1)><!--\u2028&\"'{{7*7}}"

Film = tuple[list[float], list[bool], list[str | None]]
"""Seconds at which one clip ends and the next begins, with first and last; which are kept; what is said of each."""

A: dict[str, Film] = {
    "v1": ([0, 4, 8, 12], [True, True, False], ["A dog runs.", f"A cat {HOSTILE}", "Dark."]),
    "v2": ([0, 5, 10], [True, True], ["Sea.", "Sand."]),
    "only_a": ([0, 3], [True], [None]),
}
B: dict[str, Film] = {
    "v1": ([0, 4.05, 6, 12], [True, False, True], ["A dog runs.", "A cat sits.", "Light."]),
    "v2": ([0, 5, 10], [True, False], ["Sea.", "Sand and a boat."]),
    "only_b": ([0, 2, 4], [True, True], ["Red.", "Blue."]),
}


def dataset_of(folder: Path, films: dict[str, Film], rise: float, shots: bool = True) -> Dataset:
    """A dataset in which shots are clips; ``rise`` is a setting of its recipe."""
    dataset = Dataset.create(folder)
    clips = [clip for name, film in films.items() for clip in _clips(name, film)]
    names = [{k: c[k] for k in ("clip_id", "video_id")} for c in clips]
    _put(dataset, "videos", [_video(name, film[0][-1]) for name, film in films.items()])
    _put(dataset, "sources", [_source(name) for name in films])
    _put(dataset, "clips", [{k: c[k] for k in c if k not in ("kept", "text")} for c in clips])
    _put(dataset, "light", [n | {"brightness": 0.1 * rise + k / 10} for k, n in enumerate(names)])
    _put(dataset, "caption", [n | {"text": c["text"]} for n, c in zip(names, clips, strict=True)])
    _put(dataset, "decisions", [n | _decision(c) for n, c in zip(names, clips, strict=True)])
    if shots:
        _put(
            dataset,
            "shots",
            [{**{k: c[k] for k in ("video_id", "start_us", "end_us")}, "opening": _opening(c)} for c in clips],
        )
    keep = {"long_enough": f"clips.seconds >= {rise}"}
    steps = [
        {
            "name": "shots",
            "class": "shotlist.shots.shots.Shots",
            "version": 1,
            "settings": {"rise": rise, "gap_s": 2.0},
        },
        {"name": "rules", "class": "shotlist.curate.rules.Rules", "version": 1, "settings": {"keep": keep}},
    ]
    dataset.write_text("recipe.json", json.dumps({"name": "tiny", "steps": steps}))
    dataset.refresh()
    return dataset


def _put(dataset: Dataset, table: str, rows: Sequence[dict[str, Any]]) -> None:
    made = pa.Table.from_pylist(list(rows))
    with dataset.write(Part(table, "0", "f"), made.schema, Receipt(table, 1, {}, "clip")) as out:
        out.write(made)


def _clips(video: str, film: Film) -> list[dict[str, Any]]:
    edges, kept, texts = film
    made = []
    for first, last, is_kept, text in zip(edges[:-1], edges[1:], kept, texts, strict=True):
        start, end = round(first * SECOND), round(last * SECOND)
        names = {"clip_id": f"{video}_{start // 1000}_{end // 1000}", "video_id": video}
        times = {"start_us": start, "end_us": end, "seconds": (end - start) / SECOND, "mark": None}
        made.append({**names, **times, "kept": is_kept, "text": text})
    return made


def _opening(clip: dict[str, Any]) -> str:
    return "cut" if clip["start_us"] else "start"


def _decision(clip: dict[str, Any]) -> dict[str, Any]:
    if clip["kept"]:
        return {"status": "kept", "rule": None, "value": None, "failed_rules": [""][:0]}
    return {"status": "dropped", "rule": "long_enough", "value": "clips.seconds = 1", "failed_rules": ["long_enough"]}


def _video(name: str, seconds: float) -> dict[str, Any]:
    return {
        "video_id": name,
        "uri": f"/home/ann/films/{name}.mp4",
        "status": "ok",
        "frames": 100,
        "width": 640,
        "height": 360,
        "fps": 10.0,
        "start_us": 0,
        "duration_us": round(seconds * SECOND),
    }


def _source(name: str) -> dict[str, Any]:
    told = {"title": HOSTILE if name == "v1" else None, "description": None, "tags": [HOSTILE], "language": "en"}
    uri = f"/home/ann/films/{name}.mp4"
    return {"video_id": name, "uri": uri, "size": 5, "stamp": "s", "url": "javascript:alert(1)", "id": None, **told}
