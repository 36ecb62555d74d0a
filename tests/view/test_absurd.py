"""Whatever stands in an address, the answer is a page or a sentence, and never that the viewer failed."""

import pytest

pytest.importorskip("starlette")
from media_dataset import SECOND, dataset_of
from starlette.testclient import TestClient

from films import write
from servers.digits import numbered
from shotlist.view.app import create_app
from shotlist.view.guard import Locks
from shotlist.view.viewer import Viewer

HUGE = "9" * 5000
VALUES = ("", "-1", "1e9", "nan", "٣", "²", "٣..٤", "9" * 20, HUGE, f"-{HUGE}", "\0", "../..", "'\"", "<b>", "..", "!")
ASKED = {
    "/": ("q", "where", "sort", "facets", "seconds", "page"),
    "/clips": ("q", "where", "sort", "page", "size", "facets", "view", "seconds", "kept", "c.q", "part"),
    "/clips/{clip}": ("against", "t", "q", "where", "page"),
    "/videos": ("q", "sort", "status", "page"),
    "/videos/{video}": ("status", "page", "part"),
    "/compare": ("within", "show", "charts", "page", "sort"),
    "/compare/{video}": ("within", "captions", "page", "at", "part"),
    "/failures": ("step", "kind", "may_pass", "q", "page"),
    "/review": ("q", "page"),
    "/stills/{video}/1.jpg": ("width", "start_us", "end_us"),
    "/lanes/{video}": ("start_us", "end_us", "points"),
    "/cuts/{clip}.mp4": ("start_us", "end_us", "rows"),
    "/cuts/{video}.mp4": ("start_us", "end_us"),
}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("absurd")
    film = write(folder / "film.mp4", (numbered(k) for k in range(20)))
    viewer = Viewer(dataset_of(folder / "set", {film: [(0, SECOND // 2)]}), folder / "cache")
    viewer.other = Viewer(viewer.dataset, folder / "cache")
    app = create_app(viewer, Locks())
    return TestClient(app, base_url="http://localhost", headers={"accept": "application/json"})


@pytest.fixture(scope="module")
def names(visitor: TestClient) -> dict[str, str]:
    clip = visitor.get("/clips").json()["clips"][0]
    return {"clip": clip["clip_id"], "video": clip["video_id"]}


@pytest.mark.parametrize("address", ASKED)
def test_no_parameter_makes_a_page_fail(address: str, visitor: TestClient, names: dict[str, str]) -> None:
    for name in ASKED[address]:
        for value in VALUES:
            answer = visitor.get(address.format(**names), params={name: value})
            assert answer.status_code < 500, (name, value[:30], answer.text)
            assert "content-security-policy" in answer.headers
            if answer.status_code >= 400 and answer.headers["content-type"] == "application/json":
                assert {"error", "status"} <= answer.json().keys()


@pytest.mark.parametrize("time", ["0", "007", "-1", "9223372036854775808", HUGE, "٣", "x"])
def test_a_still_of_any_time_is_a_picture(time: str, visitor: TestClient, names: dict[str, str]) -> None:
    answer = visitor.get(f"/stills/{names['video']}/{time}.jpg")
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("start", [10**18, -(10**18), 10**30, 2**63 - 1])
@pytest.mark.parametrize("address", ["/cuts/{video}.mp4", "/cuts/{clip}.mp4", "/lanes/{video}"])
def test_no_time_is_too_far_away_to_be_refused(
    start: int, address: str, visitor: TestClient, names: dict[str, str]
) -> None:
    answer = visitor.get(address.format(**names), params={"start_us": start, "end_us": start + 5})
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("address", ["/compare/{video}?part=frames&at=", "/videos?page=", "/clips?size="])
def test_zeros_in_front_hide_no_huge_number(address: str, visitor: TestClient, names: dict[str, str]) -> None:
    assert visitor.get(address.format(**names) + "0" * 30 + "9" * 9).status_code in (200, 400)


@pytest.mark.parametrize("where", ["1" + "+1" * 900 + " > 0", "[" * 900 + "1" + "]" * 900 + " = []"])
def test_a_condition_may_be_nested_too_deeply(where: str, visitor: TestClient) -> None:
    answer = visitor.get("/clips", params={"where": where})
    assert answer.status_code == 400
    assert "nested too deeply" in answer.json()["error"]


BODIES = {
    "nothing": b"",
    "half": b'{"name"',
    "a list": b"[]",
    "nested": b"[" * 100_000,
    "no text": b"\xff\xfe",
    "half a character": b'{"name": "s", "by": "me", "task": "judge", "number": 3, "query": "q=\\ud800", "reasons": 5}',
    "a number": b'{"name": "s", "by": "me", "task": "judge", "number": 3, "query": 5}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_whatever_is_sent_is_refused_in_a_sentence(body: bytes, visitor: TestClient) -> None:
    answer = visitor.post("/review", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (201, 400)
    assert answer.status_code == 201 or answer.json()["error"]


def test_more_than_anybody_writes_is_not_taken(visitor: TestClient) -> None:
    answer = visitor.post("/review", content=b" " * (3 << 20), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
