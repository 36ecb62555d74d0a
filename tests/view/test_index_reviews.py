"""What people decided, as columns that clips can be asked by."""

from pathlib import Path

import pytest
from index_rows import ask, clip, described, facet, numbers, opened

from shotlist.dataset import Dataset
from shotlist.reviews.decision import Decision
from shotlist.reviews.log import Log
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
