import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from index_rows import ask, clip, described, facet, key, opened, put
from starlette.datastructures import QueryParams

from shotlist.dataset import Dataset
from shotlist.view.finding.facets import facets
from shotlist.view.finding.groups import groups
from shotlist.view.finding.wanted import Wanted
from shotlist.view.index.database import Index

CLIPS = 1000


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A thousand clips of all sorts of measures."""
    folder = tmp_path_factory.mktemp("facets")
    k = np.arange(CLIPS)
    outlier = np.where(k == 7, 1e9, k / CLIPS)
    made = described(
        folder,
        [f"clip {n} in words" for n in k.tolist()],
        share=outlier.tolist(),
        faces=(k % 4).tolist(),
        level=[None if n % 10 == 0 else float("inf") if n == 1 else float("nan") if n == 2 else -n for n in k.tolist()],
        kind=["static" if n % 5 else None if n % 2 else "pan" for n in k.tolist()],
        dark=[None if n % 3 == 0 else n % 2 == 0 for n in k.tolist()],
        names=[["red", "blue"][: n % 3] for n in k.tolist()],
        code=[[f"#{n:06x}"] for n in k.tolist()],
        same=[3.5] * CLIPS,
        empty=[None] * CLIPS,
    )
    opened_index = opened(made, folder)
    yield opened_index
    opened_index.close()


def test_a_number_is_counted_in_bins_that_outliers_do_not_squeeze(index: Index) -> None:
    found = facet(index, "", "light_share")
    assert len(found["edges"]) == len(found["all"]) + 1 == 41
    assert sum(found["all"]) == sum(found["now"]) == CLIPS
    assert found["edges"][-1] < 2
    assert (found["low"], found["high"]) == (0, 1e9)
    assert max(found["all"]) < 60


def test_bins_of_whole_numbers_hold_whole_numbers(index: Index) -> None:
    found = facet(index, "", "light_faces")
    assert found["edges"] == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert found["all"] == [250] * 4


def test_what_is_not_finite_was_not_measured(index: Index) -> None:
    found = facet(index, "", "light_level")
    assert sum(found["all"]) == CLIPS - 100 - 2
    assert found["low"] == -999
    assert ask(index, "light_level=none").total == 102


def test_a_number_that_is_always_the_same_has_bins(index: Index) -> None:
    found = facet(index, "", "light_same")
    assert sum(found["all"]) == CLIPS
    assert facet(index, "seconds=..10", "light_same")["now"].count(10) == 1


def test_values_come_by_how_often_and_empty_ones_are_called_none(index: Index) -> None:
    found = facet(index, "light_kind=pan", "light_kind")
    assert [(v["value"], v["all"], v["on"]) for v in found["values"]] == [
        ("static", 800, False),
        ("none", 100, False),
        ("pan", 100, True),
    ]


def test_flags_and_lists_have_values_too(index: Index) -> None:
    assert {v["value"]: v["all"] for v in facet(index, "", "light_dark")["values"]} == {
        "none": 334,
        "true": 333,
        "false": 333,
    }
    assert {v["value"]: v["all"] for v in facet(index, "", "light_names")["values"]} == {"red": 666, "blue": 333}


@pytest.mark.parametrize("name", ["light_kind", "light_dark", "light_names", "light_faces"])
def test_counts_are_those_that_the_filter_finds(index: Index, name: str) -> None:
    found = facet(index, "light_share=0.2..0.6&q=words", name)
    if found["kind"] == "number":
        pairs = [
            (f"{(a + b) / 2:g}", n) for a, b, n in zip(found["edges"], found["edges"][1:], found["now"], strict=False)
        ]
    else:
        pairs = [(v["value"], v["now"]) for v in found["values"]]
    for value, now in pairs:
        assert ask(index, f"light_share=0.2..0.6&q=words&{name}={value}").total == now, value


def test_a_facet_counts_under_all_filters_but_its_own(index: Index) -> None:
    address = "light_kind=pan&light_faces=0&seconds=..500"
    kind = {v["value"]: v["now"] for v in facet(index, address, "light_kind")["values"]}
    assert kind["static"] == ask(index, "light_kind=static&light_faces=0&seconds=..500").total > 0
    faces = facet(index, address, "light_faces")["now"]
    assert faces[2] == ask(index, "light_kind=pan&light_faces=2&seconds=..500").total > 0
    dark = facet(index, address, "light_dark")["values"]
    assert sum(v["now"] for v in dark) == ask(index, address).total


def test_facets_appear_by_themselves_for_all_that_tells_something(index: Index) -> None:
    names = {f["name"] for f in facets(index, Wanted.read(QueryParams(""), index))}
    assert {
        "seconds",
        "status",
        "kept",
        "light_share",
        "light_faces",
        "light_kind",
        "light_dark",
        "light_names",
    } <= names
    # No charts of positions, of prose, of codes that hardly come twice, of what is always empty.
    assert not names & {"start_us", "clip_id", "caption", "light_code", "light_empty"}
    assert index.columns["light_code"].kind == "list"


def test_a_facet_of_extreme_numbers_is_drawn(tmp_path: Path) -> None:
    dataset = Dataset.create(tmp_path / "set")
    clips = [clip(k) for k in range(4)]
    put(dataset, "clips", clips)
    keys = {name: [c[name] for c in clips] for name in ("clip_id", "video_id")}
    huge = pa.array([2**63, 2**64 - 1, 0, 1], pa.uint64())
    tiny = pa.array([5e-324, 1e-300, 0.0, None], pa.float64())
    wide = pa.array([-1.7e308, 1.7e308, 0.0, None], pa.float64())
    put(dataset, "odd", pa.table(keys | {"huge": huge, "tiny": tiny, "wide": wide}))
    index = opened(dataset, tmp_path)
    assert sum(facet(index, "", "odd_huge")["all"]) == 4
    assert sum(facet(index, "", "odd_tiny")["all"]) == 3
    assert sum(facet(index, "", "odd_wide")["all"]) == 3
    assert ask(index, f"odd_huge={2**63}..").total == 2


def test_facets_of_no_clips_are_none(tmp_path: Path) -> None:
    dataset = Dataset.create(tmp_path / "set")
    assert facets(opened(dataset, tmp_path), Wanted()) == []


def test_a_list_of_more_names_than_bits_counts_the_most_frequent(tmp_path: Path) -> None:
    clips = [clip(k) for k in range(80)]
    dataset = described(tmp_path, ["a caption of words"] * 80)
    put(dataset, "seen", [key(c, names=[f"n{j}" for j in range(k + 1)], area=1.0) for k, c in enumerate(clips)])
    values = facet(opened(dataset, tmp_path), "", "seen_names")["values"]
    assert len(values) == 64
    assert (values[0]["value"], values[0]["all"], values[63]["all"]) == ("n0", 80, 17)


def test_what_is_known_of_an_index_goes_with_it(index: Index) -> None:
    made = Index.open(index.dataset, index.path.parent.parent, lambda _: None)
    assert groups(made)
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None
