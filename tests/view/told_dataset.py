"""A dataset of rows in which much was written about few clips, all of it trying to be more than text."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt
from shotlist.records import Failure

SECOND = 1_000_000
HOSTILE = "</script><img src=x onerror=alert(1)><!--\u2028&\"'{{7*7}}"
WHOLE = "A dog runs over 14 red carpets in Paris. A sign reads: “fresh bread”."
"""The shown caption: nothing bears out the carpets' number and the town; the dog is no claim."""
VIDEO = "f" * 16
CLIPS = [(0, 4), (4, 9), (10, 12)]
"""Seconds of the three clips: kept, dropped, failed."""


def clip_id(k: int) -> str:
    start, end = CLIPS[k]
    return f"{VIDEO}_{start * 1000}_{end * 1000}"


def told_dataset(folder: Path) -> Dataset:
    """Three clips of one video (and one that could not be read), with captions made from each other."""
    dataset = Dataset.create(folder / "told")
    put = _Put(dataset)
    failures = [
        Failure(VIDEO, "teacher_b", "refused", f"the model refused: {HOSTILE}", False, clip_id(1), "/films/a.mp4"),
        Failure(VIDEO, "merge", "server away", "the model's server does not answer", True, clip_id(2), "/films/a.mp4"),
        Failure("bad", "scan", "not a video", "b.mp4: not a video", False, None, "/films/b.mp4"),
    ]
    put("videos", [_video(VIDEO, HOSTILE), _video("bad", None) | {"status": "failed", "reason": "b.mp4: not a video"}])
    put("sources", [_source(VIDEO, "a", HOSTILE), _source("bad", "b", None)])
    put("clips", [_clip(k) for k in range(3)], failures=failures)
    put("shots", [{"video_id": VIDEO, **_span(k), "opening": "cut"} for k in range(3)])
    put("colour", [_of(k, names=["red", "grey"], colourfulness=20.0 + k) for k in range(3)])
    put("light", [_of(k, brightness=0.1 * (k + 1), flashes=0) for k in range(3)])
    put("transcript", [_of(k, text="fresh bread every day" if k == 0 else None, source="speech") for k in range(3)])
    put("speech", [_speech(0.5, "fresh bread", ["fresh", "bread"]), _speech(2.0, f"every day {HOSTILE}", [])])
    put("subtitles", [_cue(1, 3, "Fresh bread!"), _cue(4, 6, f"Next clip {HOSTILE}"), _cue(10, 12, "Last")])
    put("strip", [_caption(k, f"A dog on frame {k}", model=f"m<b>{HOSTILE}") for k in range(3)])
    put("polish", [_caption(k, "A dog runs over red carpets.") for k in range(3)], ("strip",))
    put("merge", [_caption(k, WHOLE) for k in range(2)], ("polish", "transcript", "colour", "sources"))
    put("teacher_b", [_caption(0, "A cat sleeps on red carpets.", cost=0.002)])
    put("differences", [_notes(0)])
    put("keyframes", [_key_frame(0, 0.0, None), _key_frame(0, 2.0, 0.5)])
    put("decisions", [_decision(k) for k in range(3)], shard="all")
    rules = {"bright": "light.brightness BETWEEN 0.15 AND 0.9 OR clips.seconds < 5", "odd<b>": "clips.seconds <> 5"}
    steps = [{"name": "rules", "class": "Rules", "settings": {"keep": rules}}]
    dataset.write_text(
        "recipe.json", json.dumps({"name": "told", "origin": "told.py", "set": [HOSTILE], "steps": steps})
    )
    dataset.write_text("summary.json", json.dumps({"problems": [f"x{HOSTILE}: no such file"]}))
    dataset.refresh()
    return dataset


def long_dataset(folder: Path) -> Dataset:
    """Ten hours with six thousand clips of six seconds, every third of them dropped."""
    dataset = Dataset.create(folder / "long")
    put = _Put(dataset)
    spans = [(k * 6 * SECOND, (k * 6 + 6) * SECOND) for k in range(6000)]
    put("videos", [_video(VIDEO, "Ten hours") | {"frames": 360_000, "duration_us": 36_000 * SECOND}])
    put("sources", [_source(VIDEO, "a", "Ten hours")])
    ids = [{"clip_id": f"{VIDEO}_{a // 1000}_{b // 1000}", "video_id": VIDEO} for a, b in spans]
    times = [{"start_us": a, "end_us": b, "seconds": 6.0, "mark": None} for a, b in spans]
    put("clips", [name | time for name, time in zip(ids, times, strict=True)])
    status = [
        {"status": "dropped", "rule": "third"} if k % 3 == 2 else {"status": "kept", "rule": None} for k in range(6000)
    ]
    put("decisions", [name | {**told, "value": None} for name, told in zip(ids, status, strict=True)])
    dataset.refresh()
    return dataset


class _Put:
    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __call__(
        self,
        table: str,
        rows: Sequence[Mapping[str, Any]],
        inputs: Sequence[str] = (),
        failures: Sequence[Failure] = (),
        shard: str = "0",
    ) -> None:
        made = pa.Table.from_pylist([dict(row) for row in rows])
        receipt = Receipt(table, 1, {}, "clip", dict.fromkeys(inputs, "f"), failures=failures)
        with self.dataset.write(Part(table, shard, "f"), made.schema, receipt) as out:
            out.write(made)


def _video(name: str, title: str | None) -> dict[str, Any]:
    there = title is not None
    return {
        "video_id": name,
        "uri": f"/films/{name[0]}.mp4",
        "title": title,
        "status": "ok",
        "reason": None,
        "container": "mov,mp4",
        "codec": f"h264{HOSTILE}" if there else None,
        "width": 640 if there else None,
        "height": 360 if there else None,
        "fps": 10.0 if there else None,
        "frames": 120 if there else 0,
        "start_us": 0 if there else None,
        "duration_us": 12 * SECOND if there else None,
    }


def _source(name: str, file: str, title: str | None) -> dict[str, Any]:
    told = {"title": title, "description": f"Paree {HOSTILE}", "tags": [HOSTILE], "language": "en"}
    return {"video_id": name, "uri": f"/films/{file}'s {HOSTILE}.mp4", "size": 5, "stamp": "s", **told}


def _span(k: int) -> dict[str, int]:
    return {"start_us": CLIPS[k][0] * SECOND, "end_us": CLIPS[k][1] * SECOND}


def _clip(k: int) -> dict[str, Any]:
    start, end = CLIPS[k]
    frames = {"start_frame": 10 * start, "end_frame": 10 * end}
    return _of(k, **_span(k), **frames, seconds=float(end - start), shots=1, mark="short" if k == 2 else None)


def _of(k: int, **values: Any) -> dict[str, Any]:
    return {"clip_id": clip_id(k), "video_id": VIDEO, **values}


def _speech(start: float, text: str, words: Sequence[str]) -> dict[str, Any]:
    begin = round(start * SECOND)
    timed = [
        {"start_us": begin + k * SECOND // 2, "end_us": begin + (k + 1) * SECOND // 2, "text": word, "probability": 0.9}
        for k, word in enumerate(words)
    ]
    times = {"start_us": begin, "end_us": begin + SECOND}
    return {"video_id": VIDEO, **times, "text": text, "language": "en", "speaker": 1, "words": timed}


def _cue(start: int, end: int, text: str) -> dict[str, Any]:
    times = {"start_us": start * SECOND, "end_us": end * SECOND}
    return {"video_id": VIDEO, **times, "text": text, "language": "de", "origin": "sidecar", "track": 0}


def _caption(k: int, text: str, model: str = "m", cost: float | None = None) -> dict[str, Any]:
    made = {"model": model, "prompt": "merge", "prompt_version": 2, "prompt_digest": "abcdef0123456789"}
    told = {"inputs": "C+S", "tokens_in": 300, "tokens_out": 12, "cost": cost, "seconds": 0.5, "finish": "length"}
    return _of(k, text=text, **made, **told)


def _notes(k: int) -> dict[str, Any]:
    notes = [
        {"text": f"It begins {HOSTILE}", "time_us": 0, "previous_us": None},
        {"text": "A dog comes in.", "time_us": 2 * SECOND, "previous_us": 0},
    ]
    return _caption(k, "0.00 s: It begins") | _span(k) | {"notes": notes}


def _key_frame(k: int, seconds: float, similarity: float | None) -> dict[str, Any]:
    time = round(seconds * SECOND)
    return {"video_id": VIDEO, **_span(k), "time_us": time, "still_us": time, "similarity": similarity}


def _decision(k: int) -> dict[str, Any]:
    status = ("kept", "dropped", "failed")[k]
    rules = ["odd<b>"] if k == 1 else [""][:0]
    value = "clips.seconds = 5" if k == 1 else None
    return _of(k, status=status, rule=rules[0] if rules else None, value=value, failed_rules=rules)
