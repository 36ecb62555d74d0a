"""Faces made unrecognisable."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import films
from shotlist.media.blur import CELLS, blurred, blurred_frames, places_between

CENTRE = (0.25, 0.25, 0.75, 0.75)


def frame(form: str = "yuv420p", size: tuple[int, int] = (160, 90), pts: int = 0) -> av.VideoFrame:
    made = av.VideoFrame.from_ndarray(films.texture(3, size), "rgb24").reformat(format=form)
    made.pts, made.time_base = pts, Fraction(1, 25)
    return made


def test_a_place_keeps_a_few_cells_and_the_rest_stays() -> None:
    picture = films.texture(1)
    answer = blurred(picture, [CENTRE], margin=0)
    inside = answer[22:68, 40:120]
    assert len(np.unique(inside.reshape(-1, 3), axis=0)) <= CELLS * CELLS
    assert inside.mean() == pytest.approx(picture[22:68, 40:120].mean(), abs=1)
    answer[22:68, 40:120] = picture[22:68, 40:120]
    assert (answer == picture).all()


def test_the_margin_reaches_beyond_the_place() -> None:
    picture = films.texture(1)
    assert (blurred(picture, [CENTRE])[15:18, 30:60] != picture[15:18, 30:60]).any()


@pytest.mark.parametrize("place", [(-0.5, -0.5, 0.1, 0.1), (0.9, 0.9, 1.5, 1.5), (2, 2, 3, 3), (0.5, 0.5, 0.5, 0.5)])
def test_places_at_and_beyond_the_edges_do_no_harm(place: tuple[float, float, float, float]) -> None:
    assert blurred(films.texture(1), [place]).shape == (90, 160, 3)


@pytest.mark.parametrize("form", ["yuv420p", "yuv444p", "nv12", "yuv420p10le"])
def test_frames_of_any_format_are_copied_and_keep_their_time(form: str) -> None:
    given = frame(form, pts=7)
    before = given.to_ndarray(format="rgb24")
    (answer,) = blurred_frames([given], lambda _: [CENTRE], margin=0)
    assert (given.to_ndarray(format="rgb24") == before).all()
    assert (answer.pts, answer.time_base) == (7, Fraction(1, 25))
    after = answer.to_ndarray(format="rgb24").astype(int)
    assert np.abs(after - before)[22:68, 40:120].mean() > 3 * np.abs(after - before)[:20].mean() + 1


def test_frames_without_places_pass_as_they_are() -> None:
    given = frame()
    (answer,) = blurred_frames([given], lambda _: [])
    assert answer is given


def test_places_follow_people_and_are_held_a_moment() -> None:
    at = places_between({0: [(1_000_000, (0.0, 0.0, 0.2, 0.2)), (2_000_000, (0.4, 0.0, 0.6, 0.2))]})
    assert at(1_500_000) == [pytest.approx((0.2, 0.0, 0.4, 0.2))]
    assert at(600_000) == [pytest.approx((0.0, 0.0, 0.2, 0.2))]
    assert at(2_400_000) == [pytest.approx((0.4, 0.0, 0.6, 0.2))]
    assert at(2_600_000) == [] and at(400_000) == []


def test_in_a_rotated_film_the_upright_place_is_blurred(shared_media: Path) -> None:
    place = (0.1, 0.6, 0.4, 0.9)
    with av.open(str(shared_media / "bbb_rotated90.mp4")) as file:
        given = next(f for f in file.decode(video=0) if f.time > 1.5)
    (answer,) = blurred_frames([given], lambda _: [place], margin=0)
    turns = given.rotation // 90 % 4
    assert turns
    changed = np.rot90(np.abs(answer.to_ndarray(format="gray").astype(int) - given.to_ndarray(format="gray")), turns)
    rows, columns = np.nonzero(changed > 2)
    height, width = changed.shape
    assert rows.min() / height == pytest.approx(0.6, abs=0.02) and rows.max() / height == pytest.approx(0.9, abs=0.02)
    assert columns.min() / width == pytest.approx(0.1, abs=0.02)
    assert columns.max() / width == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize("name", ["president_statement.mp4", "vertical_wave.mp4", "friday_dialogue.mp4"])
def test_a_finder_no_longer_sees_the_faces(name: str, shared_media: Path) -> None:
    """Places come from stills half a second apart; what lies between them must be hidden, too."""
    pytest.importorskip("mediapipe")
    with av.open(str(shared_media / name)) as file:
        frames = [f for f in file.decode(video=0) if f.time < 2]
    stills = [f for f, g in zip(frames, [None, *frames], strict=False) if g is None or f.time // 0.5 > g.time // 0.5]
    at = places_between(heads(stills))
    between = frames[3::5]
    assert faces(between) >= len(between) - 1
    assert faces(list(blurred_frames(between, at))) == 0


def heads(stills: Sequence[av.VideoFrame]) -> dict[int, list[tuple[int, tuple[float, float, float, float]]]]:
    """Where the heads are in stills, by person, as the step ``landmarks`` stores them."""
    from shotlist.annotate.heads import head_box, head_height, head_middle
    from shotlist.annotate.tracks import Tracker
    from shotlist.models.people import finder

    tracker, places = Tracker(stills[0].width / stills[0].height, 4), {}
    for time_us, people in finder("mediapipe").people((round(f.time * 1e6), picture(f)) for f in stills):
        for person, track in zip(people, tracker.follow(people), strict=True):
            box = head_box(head_middle(person), head_height(person, tracker.aspect), tracker.aspect)
            places.setdefault(track, []).append((time_us, (box.left, box.top, box.right, box.bottom)))
    return places


def faces(frames: Sequence[av.VideoFrame]) -> int:
    """How many faces are recognised as such in all frames together."""
    from shotlist.models.people import finder

    found = finder("mediapipe").people((0, picture(f)) for f in frames)
    return sum(person.turned is not None for _, people in found for person in people)


def picture(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="rgb24")
