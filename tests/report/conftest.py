import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from report_rows import SECOND, clip, cue, decision, failed_video, measured, shot, signal, still, video

from shotlist.dataset import Dataset
from shotlist.parts import Part, Receipt
from shotlist.records import Failure

Put = Callable[..., None]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "set")


@pytest.fixture
def put(dataset: Dataset) -> Put:
    """Writes rows as a table; calling it again with the same name replaces it."""

    def write(table: str, rows: Sequence[dict[str, Any]], failures: Sequence[Failure] = (), **types: Any) -> None:
        made = pa.Table.from_pylist(list(rows))
        for name, kind in types.items():
            made = made.set_column(made.column_names.index(name), name, made.column(name).cast(kind))
        with dataset.write(Part(table, "0", "f"), made.schema, Receipt(table, 1, {}, "clip", failures=failures)) as out:
            out.write(made)

    return write


@pytest.fixture
def small(dataset: Dataset, put: Put) -> Dataset:
    """Three videos (ok, damaged, failed) and eight clips: five kept, two dropped, one failed."""
    failure = Failure("c", "scan", "not a video", "c.mp4: a still picture, not a video", False, None, "/films/c.mp4")
    put(
        "videos",
        [video("a"), video("b", status="damaged", reason="ends early"), failed_video("c")],
        [failure],
    )
    spans = [("a", k * 4 * SECOND, (k * 4 + k + 1) * SECOND) for k in range(4)]
    spans += [("b", k * 4 * SECOND, (k * 4 + 2) * SECOND) for k in range(4)]
    clips = [clip(*span) for span in spans]
    put("clips", clips, mark=pa.string())
    put("shots", [shot(v, s, "start" if s == 0 else "cut") for v, s, _ in spans])
    put("light", [measured(c, brightness=k / 10, flashes=k % 3) for k, c in enumerate(clips)])
    put(
        "camera",
        [measured(c, kind=("static", "pan left")[k % 2], speed=0.5 * k) for k, c in enumerate(clips)],
    )
    put("caption", [measured(c, text=f"Clip {k} shows " + "more " * k) for k, c in enumerate(clips)])
    put(
        "frames",
        [still(v, t * SECOND, colour) for v, colour in (("a", "teal"), ("b", "tomato")) for t in range(16)],
    )
    put("signals", [signal(v, t) for v in "ab" for t in range(160)])
    put("subtitles", [cue("a", 1, 3, "Good evening")])
    put("sound", [{"video_id": "a", "start_us": 0, "step_us": 100_000, "momentary": [-20.0] * 160}])
    put(
        "decisions",
        [decision(c, k) for k, c in enumerate(clips)],
        rule=pa.string(),
        value=pa.string(),
        failed_rules=pa.list_(pa.string()),
    )
    rules = {"long_enough": "clips.seconds >= 2", "not_too_dark": "light.brightness >= 0.2"}
    recipe = {
        "name": "tiny",
        "steps": [{"name": "rules", "class": "Rules", "version": 1, "settings": {"keep": rules}}],
    }
    dataset.write_text("recipe.json", json.dumps(recipe))
    dataset.write_text("summary.json", json.dumps({"files_named": 4, "duplicates": 1, "problems": ["x: no such file"]}))
    dataset.refresh()
    return dataset
