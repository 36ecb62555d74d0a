"""Datasets of no clip and of one: every page says what there is, and nothing that needs more."""

from pathlib import Path
from typing import Any

import pytest
from clips_dataset import client_of
from index_rows import clip, described

from shotlist.dataset import Dataset

PAGES = ("/", "/clips", "/videos", "/failures", "/review", "/compare")


def visited(dataset: Dataset, cache: Path, path: str) -> str:
    with client_of(dataset, cache) as client:
        answer = client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, answer.text
        assert client.get(path, headers={"accept": "application/json"}).status_code == 200
    return str(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_a_dataset_without_clips_is_there(tmp_path: Path, path: str) -> None:
    assert "<h1" in visited(Dataset.create(tmp_path / "none"), tmp_path / "cache", path)


def test_without_clips_there_is_nothing_to_draw_a_sample_from(tmp_path: Path) -> None:
    with client_of(Dataset.create(tmp_path / "none"), tmp_path / "cache") as client:
        told: dict[str, Any] = {"task": "judge", "name": "one", "by": "Ann", "number": 3, "query": "", "teachers": []}
        assert (
            client.post("/review", json=told, headers={"accept": "application/json"}).json()["error"]
            == "there are no clips to draw from"
        )


@pytest.mark.parametrize("path", (*PAGES, f"/clips/{clip(0)['clip_id']}"))
def test_one_clip_is_compared_with_no_other(tmp_path: Path, path: str) -> None:
    page = visited(described(tmp_path, ["a caption of words"], share=[0.5]), tmp_path / "cache", path)
    assert "1 clips" not in page
    assert "of all clips" not in page and "for all clips" not in page
