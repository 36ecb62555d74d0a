import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_dataset import SECOND, client, put
from starlette.testclient import TestClient

from shotlist.dataset import Dataset
from shotlist.media import flac

HOUR = 3600 * SECOND


def span(start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"video_id": "a", "start_us": round(start * SECOND), "end_us": round(end * SECOND), **more}


def signal(tenth: int) -> dict[str, Any]:
    values = {"brightness": tenth / 200, "dx": 0.3, "dy": 0.4, "local_motion": 0.5 if tenth % 2 else float("nan")}
    return {"video_id": "a", "frame": tenth, "time_us": tenth * 100_000, **values}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A video of twenty seconds of which everything is known, and one of which nothing is."""
    made = Dataset.create(tmp_path / "set")
    put(made, "sources", [{"video_id": v, "uri": f"/films/{v}.mp4"} for v in "ab"])
    put(made, "videos", [{"video_id": "a", "frames": 200, "start_us": 0, "duration_us": 20 * SECOND}])
    peak = [-6.02 if k < 50 else -70.0 for k in range(200)]
    loud = [-14.0 if k < 50 else -70.0 for k in range(200)]
    put(made, "sound", [{"video_id": "a", "start_us": 0, "step_us": 100_000, "momentary": loud, "peak": peak}])
    put(made, "signals", [signal(k) for k in range(200)])
    put(made, "voice", [span(1, 3), span(8, 9)])
    put(made, "sounds", [span(k, k + 1, music=0.9 if k in (2, 3, 7) else 0.1) for k in range(10)])
    put(made, "speech", [span(1, 3, text="<b>Good</b> evening", speaker=0, language="en")])
    put(made, "text", [span(0, 5, text="THE END", kind="title card")])
    put(made, "people", [span(2, 6, track=1, size="close-up")])
    put(made, "shots", [span(0, 8, opening="start"), span(8, 20, opening="cut")])
    put(made, "clips", [span(0, 8, clip_id="a_0_8000", mark=None), span(8, 20, clip_id="a_8000_20000", mark="black")])
    decided = [("a_0_8000", "kept", None), ("a_8000_20000", "dropped", "not_black")]
    rows = [{"clip_id": c, "video_id": "a", "status": s, "rule": rule} for c, s, rule in decided]
    put(made, "decisions", rows, "all")
    return made


@pytest.fixture
def asked(dataset: Dataset, tmp_path: Path) -> TestClient:
    return client(dataset, tmp_path)


def lanes(asked: TestClient, **query: int) -> dict[str, Any]:
    return dict(asked.get("/lanes/a", params=query).json())


def test_the_whole_video_is_told_where_no_span_is_asked_for(asked: TestClient) -> None:
    told = lanes(asked)
    assert (told["start_us"], told["end_us"], told["points"]) == (0, 20 * SECOND, 600)
    assert len(told["brightness"]) == len(told["movement"]) == len(told["loudness"]) == 600
    assert told["problems"] == []


def test_series_are_means_and_largest_values_of_equal_parts(asked: TestClient) -> None:
    told = lanes(asked, points=4)
    assert told["sound"] == {"kind": "peaks", "values": [0.5, 0.0, 0.0, 0.0]}
    assert told["loudness"] == [-14.0, -70.0, -70.0, -70.0]
    assert told["brightness"] == pytest.approx([0.1225, 0.3725, 0.6225, 0.8725], abs=0.001)
    assert told["movement"] == [1.0] * 4, "pictures in which nothing was measured don't count"


def test_parts_that_are_shorter_than_what_was_measured_have_the_value_before(asked: TestClient) -> None:
    told = lanes(asked, start_us=4 * SECOND, end_us=6 * SECOND, points=40)
    assert told["sound"]["values"] == [0.5] * 20 + [0.0] * 20


def test_the_stored_sound_gives_a_finer_picture(dataset: Dataset, asked: TestClient) -> None:
    samples = np.zeros((1, 32_000), np.int16)
    samples[0, 8_000:8_100] = -16384
    row = {"video_id": "a", "start_us": 0, "samples": 32_000, "channels": 1, "flac": flac.encode(samples, 16_000)}
    put(dataset, "audio", [row])
    told = lanes(client(dataset, Path("unused")), start_us=0, end_us=2 * SECOND, points=200)
    assert told["sound"]["kind"] == "waveform"
    assert [k for k, value in enumerate(told["sound"]["values"]) if value] == [50]
    assert told["sound"]["values"][50] == 0.5


def test_spans_are_those_that_reach_into_what_is_asked_for(asked: TestClient) -> None:
    spans = lanes(asked, start_us=2 * SECOND, end_us=4 * SECOND)["spans"]
    assert spans["voice"] == [{"start_us": SECOND, "end_us": 3 * SECOND}]
    assert spans["music"] == [{"start_us": 2 * SECOND, "end_us": 4 * SECOND}], "neighbours are one"
    assert [row["text"] for row in spans["speech"]] == ["<b>Good</b> evening"], "as it is: it is no page"
    assert [(row["text"], row["kind"]) for row in spans["text"]] == [("THE END", "title card")]
    assert [(row["track"], row["size"]) for row in spans["people"]] == [(1, "close-up")]
    assert [row["opening"] for row in spans["shots"]] == ["start"]
    assert spans["subtitles"] == []


def test_clips_come_with_what_was_decided_about_them(asked: TestClient) -> None:
    clips = lanes(asked)["spans"]["clips"]
    assert [(c["clip_id"], c["status"], c["rule"]) for c in clips] == [
        ("a_0_8000", "kept", None),
        ("a_8000_20000", "dropped", "not_black"),
    ]


def test_a_very_long_video_stays_small(dataset: Dataset, asked: TestClient) -> None:
    """Ten hours: what is too short to be seen is left out, and that is told."""
    lines = [span(k * 7.2, k * 7.2 + (3 if k % 5 else 6), text=f"line {k}", speaker=None) for k in range(5000)]
    put(dataset, "speech", lines)
    put(dataset, "videos", [{"video_id": "a", "frames": 9, "start_us": 0, "duration_us": 10 * HOUR}])
    answer = client(dataset, Path("unused")).get("/lanes/a?points=999999")
    told = answer.json()
    assert told["points"] == 4000 and len(answer.content) < 500_000
    speech = told["spans"]["speech"]
    assert len(speech) == 2000 and told["left_out"] == {"speech": 3000}
    assert speech == sorted(speech, key=lambda row: row["start_us"])
    assert sum(row["end_us"] - row["start_us"] == 6 * SECOND for row in speech) == 1000


def test_a_part_that_can_not_be_read_costs_its_own_lane(dataset: Dataset, asked: TestClient, tmp_path: Path) -> None:
    next((tmp_path / "set" / "tables" / "speech").iterdir()).write_bytes(b"PAR1 cut short")
    told = lanes(asked)
    assert told["spans"]["speech"] == [] and told["spans"]["voice"]
    assert len(told["problems"]) == 1 and "tables/speech/000000.f.parquet can't be read" in told["problems"][0]


def test_of_a_video_that_could_not_be_read_nothing_is_told(asked: TestClient) -> None:
    told = asked.get("/lanes/b").json()
    assert told["sound"] is None and told["brightness"] is None
    assert not any(told["spans"].values())


@pytest.mark.parametrize("query", ["start_us=x", "points=many", "start_us=5&end_us=4", "end_us=1e9"])
def test_a_question_that_is_wrong_is_told_so(asked: TestClient, query: str) -> None:
    answer = asked.get(f"/lanes/a?{query}", headers={"accept": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]


def test_huge_numbers_are_no_trouble(asked: TestClient) -> None:
    assert asked.get(f"/lanes/a?start_us=-{10**30}&end_us={10**30}").status_code == 400
    assert json.dumps(lanes(asked, start_us=-HOUR, end_us=10 * HOUR, points=3))
