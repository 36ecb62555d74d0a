"""Who is in a clip."""

from types import SimpleNamespace

import pytest
from sightings import SECOND, body, film_of, seen, with_rows

import films
from shotlist.annotate.people import People
from shotlist.annotate.presence import Presence, PresenceRow
from shotlist.engine.film import Film
from shotlist.engine.recipe import Recipe
from shotlist.scan.scan import Scan
from shotlist.shots.clips import Clips
from shotlist.shots.shots import Shots

VOICE = [SimpleNamespace(start_us=0, end_us=5 * SECOND)]
TALKING = (0.01, 0.08, 0.02, 0.07, 0.0, 0.06)


def presence(film: Film) -> PresenceRow | None:
    return Presence().measure(films.whole(with_rows(film, People())))


def mouths(track: int, *opened: float) -> list[SimpleNamespace]:
    return [seen(k, track, mouth=mouth) for k, mouth in enumerate(opened)]


def test_an_empty_clip_has_nobody() -> None:
    row = presence(film_of([]))
    assert row is not None and (row.most, row.typical, row.size, row.faces, row.facing) == (0, 0, None, 0, None)


def test_people_are_counted_at_most_and_typically() -> None:
    row = presence(film_of([*(seen(k, 0) for k in range(10)), *(seen(k, 1, head=0.1) for k in (3, 4, 5))]))
    assert row is not None and (row.most, row.typical) == (2, 1)
    assert row.size == "medium"


def test_those_who_are_not_believed_do_not_count() -> None:
    row = presence(film_of([body(4, score=0.6)]))
    assert row is not None and row.most == 0


def test_faces_face_the_camera_or_look_past_it() -> None:
    row = presence(film_of([*(seen(k, turned=50.0) for k in range(3)), seen(3), body(4)]))
    assert row is not None and row.faces == pytest.approx(0.4)
    assert row.facing == pytest.approx(0.25)


def test_whose_mouth_moves_to_a_voice_speaks() -> None:
    row = presence(film_of(mouths(0, *TALKING), voice=VOICE))
    assert row is not None and row.speaker == 0 and row.speaking is not None and row.speaking > 0.6


def test_of_two_faces_the_moving_one_speaks_and_that_is_less_sure() -> None:
    both = sorted(mouths(0, 0.01, 0.02, 0.0, 0.01, 0.02, 0.01) + mouths(1, *TALKING), key=lambda r: r.time_us)
    alone, row = presence(film_of(mouths(1, *TALKING), voice=VOICE)), presence(film_of(both, voice=VOICE))
    assert row is not None and alone is not None and row.speaker == 1
    assert row.speaking is not None and alone.speaking is not None and row.speaking < alone.speaking


def test_a_silent_mouth_under_a_voice_is_no_speaker() -> None:
    row = presence(film_of(mouths(0, 0.01, 0.015, 0.01, 0.005, 0.01), voice=VOICE))
    assert row is not None and row.speaker is None and row.speaking is not None and row.speaking < 0.4


def test_without_a_voice_nothing_is_said_about_speaking() -> None:
    late = [SimpleNamespace(start_us=4 * SECOND, end_us=5 * SECOND)]
    for voice in ([], late):
        row = presence(film_of(mouths(0, *TALKING), voice=voice))
        assert row is not None and (row.speaker, row.speaking) == (None, None)


def test_a_recipe_may_do_without_voices() -> None:
    from shotlist.annotate.landmarks import Landmarks

    assert "presence" in Recipe((Scan(), Shots(), Clips(), Landmarks(), People(), Presence())).columns()
