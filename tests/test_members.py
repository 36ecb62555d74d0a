"""Which videos a dataset has: nothing that the user named vanishes, and shards only grow in number."""

import csv
import os
import random
from pathlib import Path

import pytest

from shotlist import Dataset
from shotlist.members import SHARD_VIDEOS, SHARDS_AT_ONCE, Arrived, Members
from shotlist.records import Source
from shotlist.summary import Summary, arrival


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Files that are told apart by their content; nobody opens them as videos here."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.mp4").write_text(f"content of {name}")
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "data")


def take(dataset: Dataset, *names: Path) -> Arrived:
    members = Members(dataset)
    arrived = members.look_up([str(n) for n in names])
    members.take_in(arrived)
    return arrived


def stored(dataset: Dataset) -> dict[str, list[str]]:
    """Shard to the names of its files."""
    members = Members(dataset)
    return {shard: [Path(s.uri).name for s in members.of(shard)] for shard in members.shards}


def test_new_videos_go_into_new_shards(dataset: Dataset, films: Path) -> None:
    take(dataset, films / "a.mp4", films / "b.mp4")
    arrived = take(dataset, films)
    assert (len(arrived.added), arrived.known) == (1, 2)
    assert stored(dataset) == {"000000": ["a.mp4", "b.mp4"], "000001": ["c.mp4"]}


def test_a_second_look_changes_nothing(dataset: Dataset, films: Path) -> None:
    take(dataset, films)
    before = dataset.listing()
    arrived = take(dataset, films)
    assert (arrived.added, arrived.known, arrived.changed) == ([], 3, {})
    assert dataset.listing() == before


def test_a_moved_or_renamed_file_is_the_same_video(dataset: Dataset, films: Path) -> None:
    take(dataset, films)
    before = dataset.listing()
    (films / "a.mp4").rename(films / "z.mp4")
    assert take(dataset, films).known == 3
    assert stored(dataset) == {"000000": ["z.mp4", "b.mp4", "c.mp4"]}
    assert dataset.listing() == before  # nothing that was made of it has to be made again


def test_a_copy_of_a_known_video_does_not_change_its_address(dataset: Dataset, films: Path) -> None:
    take(dataset, films)
    (films / "copy.mp4").write_bytes((films / "a.mp4").read_bytes())
    assert take(dataset, films / "copy.mp4").known == 1
    assert take(dataset, films).duplicates == 1
    assert stored(dataset)["000000"][0] == "a.mp4"


def test_where_another_film_took_the_name_the_video_is_looked_for_elsewhere(dataset: Dataset, films: Path) -> None:
    take(dataset, films)
    (films / "a.mp4").rename(films / "old.mp4")
    (films / "a.mp4").write_text("a new film under the old name")
    arrived = take(dataset, films)
    assert (len(arrived.added), arrived.known) == (1, 3)
    assert stored(dataset) == {"000000": ["old.mp4", "b.mp4", "c.mp4"], "000001": ["a.mp4"]}


def test_a_new_title_changes_the_shard_that_it_stands_in(dataset: Dataset, films: Path) -> None:
    take(dataset, films / "a.mp4")
    take(dataset, films / "b.mp4")
    before = dataset.parts("sources")
    listed = films / "list.csv"
    with listed.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "title"), ("b.mp4", "A better title")])
    take(dataset, listed)
    after = dataset.parts("sources")
    assert after["000000"] == before["000000"]
    assert after["000001"] != before["000001"]
    assert Members(dataset).of("000001")[0].title == "A better title"


def test_very_many_videos_make_larger_shards_not_more(dataset: Dataset) -> None:
    sources = [Source(f"{k:016x}", f"/{k}.mp4", 1, "") for k in range(300 * SHARD_VIDEOS)]
    members = Members(dataset)
    members.take_in(Arrived(added=sources))
    sizes = [len(members.of(shard)) for shard in members.shards]
    assert sum(sizes) == len(sources)
    assert max(sizes) > SHARD_VIDEOS
    assert len(sizes) <= SHARDS_AT_ONCE


def test_everything_that_was_named_is_accounted_for(dataset: Dataset, tmp_path: Path) -> None:
    rng = random.Random(3)
    for run in range(10):
        folder = tmp_path / f"run{run}"
        folder.mkdir()
        named: list[str] = []
        for k in range(12):
            path = folder / f"{k}.mp4"
            fate = rng.choice(["new", "copy", "missing", "pipe", "twice"])
            if fate == "pipe":
                os.mkfifo(path)
            elif fate != "missing":
                path.write_text(str(rng.randrange(10) if fate == "copy" else rng.random()))
            named += [str(path)] * (2 if fate == "twice" else 1)
        members = Members(dataset)
        arrived = members.look_up(named)
        members.take_in(arrived)
        assert Summary(**arrival(arrived)).adds_up
        assert arrived.named == 12
    sources = dataset.sql("SELECT count(*), count(DISTINCT video_id) FROM sources").fetchall()[0]
    assert sources[0] == sources[1]
