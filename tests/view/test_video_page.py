"""The table of videos and the page of one."""

from collections.abc import Iterator
from typing import Any

import pytest
from clips_dataset import client_of
from told_dataset import HOSTILE, VIDEO, clip_id, told_dataset


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    dataset = told_dataset(tmp_path_factory.mktemp("video"))
    with client_of(dataset, tmp_path_factory.mktemp("cache")) as made:
        yield made


def told(client: Any, path: str, **query: Any) -> Any:
    return client.get(path, params={**query, "format": "json"}).json()


def names(client: Any, **query: Any) -> list[str]:
    return [video["video_id"][:3] for video in told(client, "/videos", **query)["videos"]]


def test_videos_are_counted_with_what_became_of_their_clips(client: Any) -> None:
    values = told(client, "/videos")
    video = next(v for v in values["videos"] if v["video_id"] == VIDEO)
    assert (values["total"], values["seconds"]) == (2, 12.0)
    assert (video["clips"], video["kept"], video["dropped"], video["failed"]) == (3, 1, 1, 1)
    assert video["kept_share"] == pytest.approx(4 / 12)
    assert values["statuses"] == [{"status": "failed", "videos": 1}, {"status": "ok", "videos": 1}]


def test_videos_are_sorted_and_what_is_not_known_comes_last(client: Any) -> None:
    assert names(client, sort="-length") == names(client, sort="length") == ["fff", "bad"]
    assert names(client, sort="-name") == names(client, sort="name")[::-1]
    error = told(client, "/videos", sort="weight")["error"]
    assert error.startswith("there is no order by 'weight'; there are: name, length")
    assert told(client, "/videos", page="0")["error"] == "page=0: pages are numbered from 1"


def test_videos_are_found_by_name_address_and_status(client: Any) -> None:
    assert names(client, q="IMG src=x") == ["fff", "bad"]
    assert names(client, q="films b's") == ["bad"]
    assert names(client, status="failed") == ["bad"]
    assert "No video is called so" in client.get("/videos?q=nowhere").text


def test_a_heads_link_turns_the_order_around(client: Any) -> None:
    page = client.get("/videos?sort=-clips").text
    assert 'aria-sort="descending"><a href="/videos?sort=clips">' in page
    assert 'href="/videos?sort=-length">Length' in page


def test_a_videos_page_lists_its_clips_in_order_of_time(client: Any) -> None:
    values = told(client, f"/videos/{VIDEO}")
    assert values["video"]["name"] == HOSTILE
    assert [clip["clip_id"] for clip in values["clips"]] == [clip_id(k) for k in range(3)]
    assert values["statuses"] == [{"status": s, "clips": 1} for s in ("dropped", "failed", "kept")]
    kept = told(client, f"/videos/{VIDEO}", status="kept")
    assert [clip["clip_id"] for clip in kept["clips"]] == [clip_id(0)]
    assert (kept["total"], kept["pages"]) == (1, 1)


def test_its_failures_say_what_to_run(client: Any) -> None:
    values = told(client, f"/videos/{VIDEO}")
    assert {(f["step"], f["clip_id"]) for f in values["failures"]} == {("merge", clip_id(2)), ("teacher_b", clip_id(1))}
    assert values["retry"].startswith("shotlist build -o ") and values["retry"].endswith(" --retry")


def test_a_video_that_could_not_be_read_says_why_and_has_no_player(client: Any) -> None:
    page = client.get("/videos/bad").text
    assert page.count("b.mp4: not a video") == 1
    assert 'id="player"' not in page and "video.js" not in page
    values = told(client, "/videos/bad")
    assert values["retry"].endswith(" --retry") and not values["passing"]


def test_a_video_that_is_not_there_is_told(client: Any) -> None:
    assert told(client, "/videos/nothing") == {"error": "nothing: the dataset has no such video", "status": 404}


def test_the_transcript_is_a_part_of_its_own(client: Any) -> None:
    assert told(client, f"/videos/{VIDEO}")["lines"] == 5
    tracks = told(client, f"/videos/{VIDEO}", part="transcript")["transcript"]
    assert [(track["name"], len(track["lines"])) for track in tracks] == [
        ("subtitle file", 3),
        ("recognised speech", 2),
    ]
    assert not any("words" in line for track in tracks for line in track["lines"])
