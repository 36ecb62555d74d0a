"""What went wrong: counted, found, and told with what to do next."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clips_dataset import client_of
from told_dataset import HOSTILE, clip_id, told_dataset

from shotlist.dataset import Dataset


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    dataset = told_dataset(tmp_path_factory.mktemp("failures") / "a b")
    with client_of(dataset, tmp_path_factory.mktemp("cache")) as made:
        yield made


def told(client: Any, **query: Any) -> Any:
    return client.get("/failures", params={**query, "format": "json"}).json()


def test_failures_are_counted_by_step_and_kind(client: Any) -> None:
    groups = {(g["step"], g["kind"]): (g["failures"], g["may_pass"]) for g in told(client)["groups"]}
    assert groups == {
        ("merge", "server away"): (1, 1),
        ("scan", "not a video"): (1, 0),
        ("teacher_b", "refused"): (1, 0),
    }


def test_a_failure_has_its_sentence_its_file_and_its_clip(client: Any) -> None:
    values = told(client, step="teacher_b")
    (failure,) = values["failures"]
    assert (failure["message"], failure["file"]) == (f"the model refused: {HOSTILE}", "a.mp4")
    assert failure["clip_id"] == clip_id(1)
    assert (values["total"], values["all"]) == (1, 3)


def test_the_files_name_stands_only_once(client: Any) -> None:
    (failure,) = told(client, step="scan")["failures"]
    assert (failure["file"], failure["message"]) == ("b.mp4", "not a video")


def test_what_may_pass_can_be_asked_for_with_the_line_to_run(client: Any) -> None:
    values = told(client, may_pass="true")
    assert [failure["step"] for failure in values["failures"]] == ["merge"]
    assert values["retry"].startswith("shotlist build -o '") and "a b/told' --retry" in values["retry"]
    assert "<b>1</b> may pass on a second try" in client.get("/failures").text


def test_failures_are_found_by_file_and_sentence(client: Any) -> None:
    assert [f["step"] for f in told(client, q="SERVER answer")["failures"]] == ["merge"]
    assert told(client, q="nowhere")["total"] == 0
    assert "Nothing fits." in client.get("/failures?q=nowhere").text


def test_names_that_led_to_no_video_are_told_too(client: Any) -> None:
    assert told(client)["problems"] == [f"x{HOSTILE}: no such file"]
    assert "1 name that led to no video" in client.get("/failures").text


def test_a_dataset_in_which_nothing_failed_says_so_gladly(tmp_path: Path) -> None:
    dataset = told_dataset(tmp_path)
    assert dataset.local is not None
    for table in ("clips", "decisions", "teacher_b", "merge"):
        shutil.rmtree(dataset.local / "tables" / table)
    dataset.write_text("summary.json", "{}")
    with client_of(Dataset(dataset.local), tmp_path / "cache") as visitor:
        assert "Nothing failed" in visitor.get("/failures").text
        assert told(visitor)["all"] == 0


def test_parts_that_can_not_be_read_stand_with_the_failures(tmp_path: Path) -> None:
    dataset = told_dataset(tmp_path)
    assert dataset.local is not None
    (dataset.local / "tables/light/0.f.parquet").write_bytes(b"PAR1 no")
    with client_of(dataset, tmp_path / "cache") as visitor:
        assert "tables/light/0.f.parquet" in "".join(told(visitor)["broken"])
