"""Differences without a model say what was measured, and nothing else."""

from pathlib import Path

import numpy as np

from captions.windows import clip_of
from films import plain, texture, views, write
from shotlist.captions.changes import NOTHING, described, notes, part
from shotlist.captions.keyframes import key_times


def told(path: Path, pictures, *times: float) -> list[str]:
    clip = clip_of(write(path, pictures, 10))
    return notes(clip, [round(time * 1e6) for time in times])


def test_a_camera_that_begins_to_pan_and_comes_to_rest(tmp_path: Path):
    *_, first = pan = list(views(3, x=0.2, rate=10))
    pictures = [pan[0]] * 30 + pan + [first] * 30
    found = told(tmp_path / "f.mp4", pictures, 0, 3, 6.1)
    assert found[0].startswith("The camera stands still.")
    assert found[1].startswith("The camera begins to pan to the right")
    assert found[2].startswith("The camera comes to rest")


def test_a_cut_to_a_darker_picture(tmp_path: Path):
    light, dark = (texture(1) // 2 + 120).astype(np.uint8), (texture(2) // 4).astype(np.uint8)
    _, second = told(tmp_path / "f.mp4", [light] * 30 + [dark] * 30, 0, 3)
    assert second.startswith("After a cut to a darker picture, the camera stands still. Dark, ")


def test_several_cuts_between_two_key_frames_are_counted(tmp_path: Path):
    pictures = [texture(k // 15) for k in range(60)]
    assert told(tmp_path / "f.mp4", pictures, 0, 4)[1].startswith("After 2 changes of shot, the camera stands still.")


def test_where_nothing_changes_that_is_said(tmp_path: Path):
    assert told(tmp_path / "f.mp4", [texture(1)] * 60, 0, 3)[1] == NOTHING


def test_black_is_called_black(tmp_path: Path):
    found = told(tmp_path / "f.mp4", [plain(0)] * 30 + [texture(1)] * 30, 0, 3)
    assert found[0] == "The picture is black."


def test_no_times_no_notes(tmp_path: Path):
    assert told(tmp_path / "f.mp4", [texture(1)] * 5) == []


def test_of_several_shots_no_single_movement_is_claimed(tmp_path: Path):
    clip = clip_of(write(tmp_path / "f.mp4", [texture(k // 30) for k in range(60)], 10))
    assert "camera" not in described(clip)
    assert "the camera stands still" in described(part(clip, 0, 2_500_000))


def test_on_a_real_film_with_one_cut(shared_media: Path):
    clip = clip_of(shared_media / "clock_cat_one_cut.mp4")
    found = notes(clip, key_times(clip))
    assert [note.startswith("After a cut, ") for note in found] == [False, True, False]
