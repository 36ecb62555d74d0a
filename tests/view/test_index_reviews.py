"""What people decided, as columns that clips can be asked by."""

import csv
import io
from pathlib import Path

import pytest
from clips_dataset import client_of
from index_rows import ask, clip, described, facet, numbers, opened

from shotlist.dataset import Dataset
from shotlist.reviews.decision import Decision
from shotlist.reviews.log import Log
from shotlist.view.finding.groups import grouped, groups
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index


def _said(dataset: Dataset, who: str, number: int, choice: str, reason: str | None = None) -> None:
    clip_id = clip(number)["clip_id"]
    decision = Decision(
        id=f"{who}-{number}-{choice}-0123456789",
        time="2024-01-02T03:04:05Z",
        who=who,
        sample="s",
        task="judge",
        clip_id=clip_id,
        video_id="a",
        choice=choice,
        reason=reason,
    )
    Log(dataset.store).add(decision)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return described(tmp_path, [f"clip {k} in a few words" for k in range(4)])


@pytest.fixture
def index(dataset: Dataset, tmp_path: Path) -> Index:
    return opened(dataset, tmp_path)


def test_clips_can_be_asked_by_what_people_decided(dataset: Dataset, index: Index) -> None:
    assert ask(index, "reviews_accepted=true").total == 0
    _said(dataset, "ann", 1, "accept")
    _said(dataset, "ann", 2, "reject", "dull")
    _said(dataset, "bob", 2, "reject", "dull")
    assert numbers(index, "reviews_accepted=true") == [1]
    assert numbers(index, "reviews_accepted=none") == [0, 3]
    assert numbers(index, "reviews_reason=dull&q=words") == [2]
    assert numbers(index, "reviews_people=1..&sort=-reviews_people") == [2, 1]
    assert numbers(index, "where=reviews_accepted IS NULL AND seconds > 1") == [3]
    assert ask(index, "sort=-reviews_rejects&size=1", "reviews_rejects").rows[0]["reviews_rejects"] == 2


def test_a_new_decision_counts_at_once(dataset: Dataset, index: Index) -> None:
    for number in range(3):
        _said(dataset, "ann", number, "accept")
        assert len(numbers(index, "reviews_accepted=true")) == number + 1
        assert len(numbers(index, "where=reviews_accepted")) == number + 1


def test_decisions_have_facets(dataset: Dataset, index: Index) -> None:
    _said(dataset, "ann", 1, "accept")
    values = facet(index, "reviews_accepted=true&seconds=..1", "reviews_accepted")["values"]
    assert [(v["value"], v["all"], v["now"], v["on"]) for v in values] == [("none", 3, 1, False), ("true", 1, 0, True)]


def test_decisions_are_a_group_of_facets_as_soon_as_there_are_any(dataset: Dataset, index: Index) -> None:
    assert "reviews" not in groups(index)
    _said(dataset, "ann", 1, "reject", "dull")
    names = groups(index)["reviews"]
    assert {"reviews_accepted", "reviews_reason", "reviews_people"} <= set(names)
    assert list(groups(index))[1] == "reviews"
    shown = next(g for g in grouped(index, Wanted(), ["reviews"]) if g["name"] == "reviews")
    facet_of = {f["name"]: f for f in shown["facets"]}
    assert [(v["text"], v["now"]) for v in facet_of["reviews_reason"]["values"]] == [("none", 3), ("dull", 1)]
    assert {"label": "reviews.best", "short": "best", "value": "none"} in shown["same"]


def test_a_spreadsheet_has_what_people_decided(dataset: Dataset, tmp_path: Path) -> None:
    with client_of(dataset, tmp_path / "cache") as client:

        def rows() -> list[dict[str, str]]:
            return list(csv.DictReader(io.StringIO(client.get("/clips?format=csv&sort=number").text)))

        assert "reviews_accepted" not in rows()[0]
        _said(dataset, "ann", 1, "reject", "=1+1")
        assert [row["reviews_accepted"] for row in rows()] == ["", "false", "", ""]
        assert rows()[1]["reviews_reason"] == "'=1+1"
        assert [row["clip_id"] for row in rows()] == [clip(k)["clip_id"] for k in range(4)]
