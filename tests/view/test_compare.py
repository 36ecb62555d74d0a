"""Two datasets compared: what is matched with what, and what the pages tell of it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette")
from starlette.testclient import TestClient
from two_datasets import HOSTILE, A, B, dataset_of

from shotlist.view.app import create_app
from shotlist.view.comparing.agreement import Axis, covered, matched
from shotlist.view.comparing.settings import settings
from shotlist.view.guard import Locks
from shotlist.view.viewer import Viewer


def client_of(folder: Path, a: Any, b: Any) -> TestClient:
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    other = None if b is None else Viewer(b, folder)
    return TestClient(create_app(Viewer(a, folder, other=other), Locks()), base_url="http://localhost")


def told(client: TestClient, path: str = "/compare", **query: Any) -> Any:
    """The page's values, once they are counted."""
    for _ in range(200):
        answer = client.get(path, params={**query, "format": "json"})
        if answer.status_code != 202:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError("it never ends")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("both")
    a, b = dataset_of(folder / "one" / "set", A, 2.0), dataset_of(folder / "two" / "set", B, 3.0)
    with client_of(folder, a, b) as made:
        yield made


# What is matched


def test_each_cut_has_one_partner_the_nearest_first() -> None:
    a, b = np.array([0, 100, 250, 400]), np.array([90, 120, 390, 700])
    in_a, in_b = matched(a, b, 30)
    assert in_a.tolist() == [False, True, False, True]
    assert in_b.tolist() == [True, False, True, False]
    assert [side.tolist() for side in matched(np.array([0, 10]), np.array([8, 18]), 10)] == [
        [False, True],
        [True, False],
    ]


def test_matching_agrees_with_itself_whichever_way_round() -> None:
    rng = np.random.default_rng(3)
    a, b = (np.unique(rng.integers(0, 50_000, 2000)) for _ in range(2))
    there, back = matched(a, b, 12), matched(b, a, 12)
    assert there[0].sum() == there[1].sum() == back[0].sum() > 500
    assert not matched(a, np.array([], np.int64), 5)[0].any()


def test_stretches_are_covered_by_one_or_both() -> None:
    a = (np.array([0, 10, 30]), np.array([10, 20, 40]))
    b = (np.array([5, 32, 34]), np.array([12, 36, 38]))
    found = [tuple(x) for x in zip(*(v.tolist() for v in covered(a, b)), strict=True)]
    assert found == [(0, 5, 1), (5, 12, 3), (12, 20, 1), (30, 32, 1), (32, 38, 3), (38, 40, 1)]
    empty = (np.array([], np.int64), np.array([], np.int64))
    assert [len(x) for x in covered(empty, empty)] == [0, 0, 0]


def test_times_of_different_videos_never_meet() -> None:
    rank, times = np.array([0, 0, 1, 7]), np.array([-5, 90, -5, 40])
    axis = Axis.over([times], 10)
    places = axis.place(rank, times)
    assert (np.diff(places)[[1]] > 10).all()
    assert [x.tolist() for x in axis.time(places)] == [rank.tolist(), times.tolist()]


def test_settings_of_another_class_are_not_set_against_each_other() -> None:
    a = {"steps": [{"name": "shots", "class": "x.Shots", "settings": {"rise": 2}}, {"name": "scan", "class": "x.Scan"}]}
    b = {"steps": [{"name": "shots", "class": "x.Cuts", "settings": {"threshold": 3}}]}
    found = settings(a, b)
    assert [(s["step"], s["setting"], s["a"], s["b"]) for s in found["differ"]] == [
        ("shots", "", "Shots", "Cuts"),
    ]
    assert (found["only_a"], found["only_b"]) == (["scan"], [])
    assert settings(None, None) == {"differ": [], "same": [], "only_a": [], "only_b": []}


# What the page tells


def test_cuts_are_counted_from_both_sides(client: TestClient) -> None:
    cuts = told(client)["cuts"]
    assert {k: cuts[k] for k in ("of", "a", "b", "shared", "only_a", "only_b")} == {
        "of": "shots", "a": 3, "b": 3, "shared": 2, "only_a": 1, "only_b": 1,
    }  # fmt: skip
    assert told(client, within="0.04")["cuts"]["shared"] == 1


def test_kept_footage_is_divided_among_both(client: TestClient) -> None:
    kept = told(client)["kept"]
    assert kept == pytest.approx(
        {"both": 4.05 - 0.05 + 0.05 + 2 + 5, "only_a": 1.95 + 5, "only_b": 4, "footage": 22, "none": 0}
    )


def test_captions_of_the_same_spans_are_compared(client: TestClient) -> None:
    found = told(client)
    assert {k: found["spans"][k] for k in ("spans", "same", "differ")} == {"spans": 2, "same": 1, "differ": 1}
    assert found["spans"]["kept_both"] == 1
    assert found["spans"]["kept_a"] == 1
    assert found["a"]["caption_table"] == "caption"


def test_only_settings_that_differ_stand_side_by_side(client: TestClient) -> None:
    found = told(client)["settings"]
    assert {(s["step"], s["setting"], s["a"], s["b"]) for s in found["differ"]} == {
        ("shots", "rise", 2.0, 3.0),
        ("rules", "keep.long_enough", "clips.seconds >= 2.0", "clips.seconds >= 3.0"),
    }
    assert [s["setting"] for s in found["same"]] == ["gap_s"]


def test_videos_are_listed_by_how_much_they_differ(client: TestClient) -> None:
    found = told(client)
    assert [v["video_id"] for v in found["list"]][:2] == ["v1", "v2"]
    assert [v["places"] for v in found["list"]] == [4, 1, None, None]
    assert found["list"][0]["timeline"]["a"]["kept"] == [[0, 666]]
    assert found["videos"] == {"both": 2, "only_a": 1, "only_b": 1}
    assert [v["video_id"] for v in told(client, q="only", show="only_b")["list"]] == ["only_b"]
    assert told(client, show="differ")["total"] == 2


def test_datasets_of_the_same_name_are_told_apart(client: TestClient) -> None:
    assert told(client)["names"] == {"a": "one/set", "b": "two/set"}


def test_measures_come_with_how_far_apart_they_are(client: TestClient) -> None:
    found = {m["name"]: m for m in told(client, charts="all")["measures"]}
    assert 0 < found["light"]["difference"] <= 1
    assert sum(found["light"]["a"]["shares"]) == pytest.approx(1, abs=1e-3)


def test_a_video_says_where_the_datasets_differ_and_why(client: TestClient) -> None:
    found = told(client, "/compare/v1")
    places = [(p["kind"], p["who"], p["start_us"] / 1e6) for p in found["places"]]
    assert places == [("kept", "a", 4.05), ("cut", "b", 6.0), ("cut", "a", 8.0), ("kept", "b", 8.0)]
    last = found["places"][-1]["clips"]
    assert last["a"][0]["rule"] == "long_enough"
    assert last["b"][0]["status"] == "kept"
    assert found["cuts"][0] == {"time_us": 4_000_000, "who": "both"}


def test_captions_of_the_same_footage_stand_side_by_side(client: TestClient) -> None:
    rows = told(client, "/compare/v1")["captions"]["rows"]
    said = [[(r[s] or {}).get("pieces") for s in "ab"] for r in rows]
    assert said[0][1] == [["A cat ", False], ["sits", True], [".", False]]
    assert rows[0]["shared"] < 1
    everything = told(client, "/compare/v1", all="1")["captions"]
    assert everything["pairs"] > everything["differ"]


def test_a_video_that_one_has_not_says_so(client: TestClient) -> None:
    assert told(client, "/compare/only_b")["places"] == []
    page = client.get("/compare/only_b").text
    assert "Only B has this video" in page
    assert client.get("/compare/nothing").status_code == 404


def test_hostile_texts_stay_texts(client: TestClient) -> None:
    told(client)
    for path in ("/compare", "/compare/v1?all=1"):
        page = client.get(path).text
        assert "<img src=x" not in page
        assert "&lt;/script&gt;&lt;img src=x" in page
    assert HOSTILE in str(told(client)["list"][0]["name"])


def test_wrong_questions_are_told(client: TestClient) -> None:
    for query in ({"within": "2"}, {"show": "x"}, {"charts": "x"}, {"sort": "x"}, {"page": "0"}):
        assert client.get("/compare", params=query).status_code == 400
    assert client.get("/compare/v1?part=frames&at=x").status_code == 400
    assert client.get("/compare/v1?captions=x").status_code == 400


def test_without_a_second_dataset_the_page_says_how_to_start_it(tmp_path: Path) -> None:
    with client_of(tmp_path, dataset_of(tmp_path / "one", A, 2.0), None) as alone:
        for path in ("/compare", "/compare/v1"):
            page = alone.get(path)
            assert page.status_code == 200
            assert "--compare OTHER" in page.text


def test_without_shots_the_edges_of_clips_are_compared(tmp_path: Path) -> None:
    a, b = dataset_of(tmp_path / "a", A, 2.0, shots=False), dataset_of(tmp_path / "b", B, 2.0)
    with client_of(tmp_path, a, b) as both:
        assert told(both)["cuts"]["of"] == "clips"
        assert "begin and end is taken for cuts" in both.get("/compare").text


def test_a_dataset_and_itself_agree(tmp_path: Path) -> None:
    a = dataset_of(tmp_path / "a", A, 2.0)
    with client_of(tmp_path, a, a) as both:
        found = told(both)
        assert found["cuts"]["agreement"] == 1
        assert found["list"][0]["places"] == 0
        assert found["settings"]["differ"] == []
        assert all(m["difference"] == 0 for m in found["measures"])


def test_datasets_without_a_common_video_still_have_a_page(tmp_path: Path) -> None:
    a, b = dataset_of(tmp_path / "a", {"v1": A["v1"]}, 2.0), dataset_of(tmp_path / "b", {"v2": B["v2"]}, 2.0)
    with client_of(tmp_path, a, b) as both:
        assert told(both)["cuts"]["agreement"] is None
        assert "no video in common" in both.get("/compare").text


def test_a_dataset_that_changed_is_compared_anew(tmp_path: Path) -> None:
    a, b = dataset_of(tmp_path / "a", A, 2.0), dataset_of(tmp_path / "b", B, 3.0)
    os.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    viewer = Viewer(a, tmp_path, other=Viewer(b, tmp_path))
    with TestClient(create_app(viewer, Locks()), base_url="http://localhost") as client:
        assert told(client)["videos"]["both"] == 2
        viewer._index = None  # as the index is when the dataset has changed
        assert told(client)["videos"]["both"] == 2
        assert viewer.comparisons is not None
        assert viewer.comparisons.get(100_000, 10).a is viewer.index  # type: ignore[union-attr]
