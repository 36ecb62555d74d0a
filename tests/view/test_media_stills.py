import io
import time
from pathlib import Path

import pytest
from media_dataset import SECOND, client, put
from PIL import Image
from starlette.testclient import TestClient

from shotlist.dataset import Dataset

COLOURS = {0: "teal", 2: "tomato", 4: "gold"}


def jpeg(colour: str) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(packed, "JPEG")
    return packed.getvalue()


@pytest.fixture
def asked(tmp_path: Path) -> TestClient:
    """Two shards with two videos each, of which the last has no stills and one a still that is no picture."""
    dataset = Dataset.create(tmp_path / "set")
    for shard, videos in (("000000", ("a", "b")), ("000001", ("c", "d"))):
        put(dataset, "sources", [{"video_id": v, "uri": f"/films/{v}.mp4"} for v in videos], shard)
        stills = [
            {"video_id": v, "time_us": t * SECOND, "jpeg": b"none" if v == "c" else jpeg(colour)}
            for v in videos
            for t, colour in COLOURS.items()
            if v != "d"
        ]
        put(dataset, "frames", stills, shard)
    return client(dataset, tmp_path)


def colour_of(content: bytes) -> str:
    seen = Image.open(io.BytesIO(content)).convert("RGB").getpixel((5, 5))
    known = {name: Image.new("RGB", (1, 1), name).getpixel((0, 0)) for name in COLOURS.values()}
    return min(known, key=lambda name: sum(abs(a - b) for a, b in zip(seen, known[name], strict=True)))


@pytest.mark.parametrize(("time", "colour"), [(0, "teal"), (900_000, "teal"), (1_100_000, "tomato"), (9**15, "gold")])
def test_the_still_nearest_to_a_time_is_given(asked: TestClient, time: int, colour: str) -> None:
    for video in "ab":
        answer = asked.get(f"/stills/{video}/{time}.jpg")
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
        assert colour_of(answer.content) == colour


def test_a_still_from_inside_the_span_is_nearer_than_one_from_before_it(asked: TestClient) -> None:
    span = "start_us=1000000&end_us=4000000"
    assert colour_of(asked.get(f"/stills/a/900000.jpg?{span}").content) == "tomato"
    assert colour_of(asked.get("/stills/a/900000.jpg?start_us=900000&end_us=950000").content) == "teal"


@pytest.mark.parametrize(
    ("asked_for", "given"), [("320", 320), ("300", 320), ("1", 96), ("4000", 640), ("x", 640), ("-5", 640)]
)
def test_a_still_is_scaled_down_to_one_of_a_few_widths(asked: TestClient, asked_for: str, given: int) -> None:
    answer = asked.get(f"/stills/a/0.jpg?width={asked_for}")
    assert Image.open(io.BytesIO(answer.content)).size == (given, given * 9 // 16)


def test_a_still_is_kept_by_the_browser_for_good(asked: TestClient) -> None:
    answer = asked.get("/stills/a/0.jpg?width=96")
    assert "max-age=31536000" in answer.headers["cache-control"] and "private" in answer.headers["cache-control"]
    again = asked.get("/stills/a/0.jpg?width=96", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("address", ["/stills/d/0.jpg", "/stills/c/0.jpg?width=96", "/stills/nobody/0.jpg"])
def test_where_there_is_no_still_an_empty_picture_says_so(asked: TestClient, address: str) -> None:
    answer = asked.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "image/svg+xml")
    assert answer.text.startswith("<svg")


def test_a_broken_part_costs_its_own_stills_only(asked: TestClient, tmp_path: Path) -> None:
    next((tmp_path / "set" / "tables" / "frames").glob("000000.*")).write_bytes(b"PAR1 cut short")
    put(Dataset(tmp_path / "set"), "frames", [{"video_id": "d", "time_us": 0, "jpeg": jpeg("gold")}], "000001")
    assert asked.get("/stills/a/0.jpg").status_code == 404
    assert asked.get("/stills/d/0.jpg").status_code == 200


def test_stills_of_videos_that_a_build_adds_are_there_soon(asked: TestClient, tmp_path: Path) -> None:
    assert asked.get("/stills/e/0.jpg").status_code == 404
    put(Dataset(tmp_path / "set"), "sources", [{"video_id": "e", "uri": "/films/e.mp4"}], "000002")
    put(Dataset(tmp_path / "set"), "frames", [{"video_id": "e", "time_us": 0, "jpeg": jpeg("gold")}], "000002")
    end = time.monotonic() + 10
    while asked.get("/stills/e/0.jpg").status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.1)
