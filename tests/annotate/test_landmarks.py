"""Sightings of people, through a real build."""

from pathlib import Path

import pytest

from shotlist import Dataset, Recipe, build
from shotlist.annotate.landmarks import Landmarks
from shotlist.annotate.people import People
from shotlist.annotate.presence import Presence
from shotlist.builder import Options
from shotlist.errors import ShotlistError
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.shots import Shots


def recipe(**settings: str) -> Recipe:
    return Recipe((Scan(), Shots(), Clips(min_seconds=0.5), Landmarks(**settings), People(), Presence()))


def test_a_waving_woman_goes_from_the_film_to_the_tables(shared_media: Path, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe")
    summary = build([shared_media / "vertical_wave.mp4"], tmp_path, recipe=recipe(), options=Options(report=False))
    assert summary.clips_failed == 0
    dataset = Dataset(tmp_path)
    stills = dataset.sql("SELECT count(*) FROM frames").fetchall()
    rows = dataset.sql("SELECT track, len(points), len(visibility), len(pose), face.top, head_box.top FROM landmarks")
    found = rows.fetchall()
    assert [(len(found),)] == stills
    for track, points, visibility, pose, face, head in found:
        assert (track, points, visibility, pose) == (0, 66, 33, 99) and head < face
    assert dataset.sql("SELECT typeof(pose) FROM landmarks").fetchall()[0] == ("FLOAT[]",)
    assert dataset.sql("SELECT track, size, seen FROM people").fetchall() == [(0, "medium", 1.0)]
    presence = dataset.sql("SELECT most, typical, faces, facing, speaker FROM presence")
    assert presence.fetchall() == [(1, 1, 1.0, 1.0, None)]


def test_lists_are_stored_in_single_precision() -> None:
    schema = Landmarks().keyed_schema()
    assert str(schema.field("pose").type) == "list<item: float>" and str(schema.field("score").type) == "double"
    assert "left" in str(schema.field("head_box").type)


def test_a_gpu_is_asked_for_only_where_one_is_named() -> None:
    assert Landmarks().needs.gpus == 0
    assert Landmarks(model="hf:org/name?device=cuda").needs.gpus == 1


def test_a_name_that_finds_no_people_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ShotlistError, match="finds no people; write mediapipe"):
        recipe(model="builtin").check_ready()
