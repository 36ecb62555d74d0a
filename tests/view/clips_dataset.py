"""A dataset of rows: three videos and twelve clips whose words and names try to be more than text."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

pytest.importorskip("starlette")
from starlette.testclient import TestClient

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt
from shotlist.records import Failure
from shotlist.view.app import create_app
from shotlist.view.guard import Locks
from shotlist.view.viewer import Viewer

SECOND = 1_000_000
HOSTILE = "</script><img src=x onerror=alert(1)><!--\u2028&\"'{{7*7}}"
FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", 'plain, "quoted"')
KINDS = ("static", "pan left", "=odd", "!odd")


def hostile_dataset(folder: Path) -> Dataset:
    """Videos a (ok, called ``HOSTILE``), b (damaged) and c (failed); nine clips kept, two dropped, one failed."""
    dataset = Dataset.create(folder / "hostile <set>")
    failure = Failure("c", "scan", "not a video", "c.mp4: a still picture, not a video", False, None, "/films/c.mp4")
    _put(dataset, "videos", [_video("a", "ok", HOSTILE), _video("b", "damaged"), _video("c", "failed")], [failure])
    clips = [_clip(v, k) for v in "ab" for k in range(6)]
    _put(dataset, "clips", clips)
    _put(dataset, "light", [{**_id(c), "brightness": k / 10, "flashes": 0} for k, c in enumerate(clips)])
    _put(
        dataset,
        "camera",
        [{**_id(c), "kind": KINDS[k % 4], "names": ["red", "blue"][: k % 3]} for k, c in enumerate(clips)],
    )
    texts = [HOSTILE, *FORMULAS, *("A dog runs",) * 5]
    _put(dataset, "caption", [{**_id(c), "text": text} for c, text in zip(clips, texts, strict=True)])
    _put(dataset, "decisions", [_decision(c, k) for k, c in enumerate(clips)])
    rules = {"long_enough": "clips.seconds >= 2", "not_too_dark": "light.brightness >= 0.2"}
    steps = [{"name": "light", "settings": {}}, {"name": "rules", "class": "Rules", "settings": {"keep": rules}}]
    dataset.write_text("recipe.json", json.dumps({"name": "tiny", "steps": steps}))
    dataset.write_text("summary.json", json.dumps({"files_named": 3, "duplicates": 0, "problems": []}))
    dataset.refresh()
    return dataset


def client_of(dataset: Dataset, cache: Path) -> TestClient:
    """A visitor of a viewer over a dataset, without a browser."""
    os.environ["XDG_CACHE_HOME"] = str(cache)
    return TestClient(create_app(Viewer(dataset, cache), Locks()), base_url="http://localhost")


def _put(dataset: Dataset, table: str, rows: Sequence[dict[str, Any]], failures: Sequence[Failure] = ()) -> None:
    made = pa.Table.from_pylist(list(rows))
    with dataset.write(Part(table, "0", "f"), made.schema, Receipt(table, 1, {}, "clip", failures=failures)) as out:
        out.write(made)


def _video(name: str, status: str, title: str | None = None) -> dict[str, Any]:
    there = status != "failed"
    return {
        "video_id": name,
        "uri": f"/films/{name}.mp4",
        "title": title,
        "status": status,
        "width": 640 if there else None,
        "height": 360 if there else None,
        "fps": 10.0 if there else None,
        "duration_us": 30 * SECOND if there else None,
    }


def _clip(video: str, k: int) -> dict[str, Any]:
    start, end = k * 5 * SECOND, (k * 5 + k + 1) * SECOND
    return {
        "clip_id": f"{video}_{start // 1000}_{end // 1000}",
        "video_id": video,
        "start_us": start,
        "end_us": end,
        "seconds": (end - start) / SECOND,
        "mark": "title card" if k == 5 else None,
    }


def _id(clip: dict[str, Any]) -> dict[str, Any]:
    return {"clip_id": clip["clip_id"], "video_id": clip["video_id"]}


def _decision(clip: dict[str, Any], k: int) -> dict[str, Any]:
    status = "dropped" if k < 2 else "failed" if k == 7 else "kept"
    rules = [["long_enough", "not_too_dark"], ["not_too_dark"]][k] if k < 2 else [""][:0]
    value = f"light.brightness = {k / 10}" if k < 2 else None
    return {**_id(clip), "status": status, "rule": rules[0] if rules else None, "value": value, "failed_rules": rules}
