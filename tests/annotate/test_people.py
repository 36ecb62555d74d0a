"""The people of a film, from their sightings."""

import pytest
from sightings import SECOND, body, film_of, seen

from shotlist.annotate.people import People, PersonRow
from shotlist.engine.film import Film


def people(film: Film) -> list[PersonRow]:
    return list(People().rows(film))


def test_a_person_is_one_row_from_the_first_to_the_last_still() -> None:
    (person,) = people(film_of([seen(k, score=0.6 + 0.1 * k) for k in (1, 2, 3)]))
    assert (person.start_us, person.end_us) == (SECOND // 2, 2 * SECOND)
    assert person.score == pytest.approx(0.8)
    assert person.seen == pytest.approx(0.3)
    assert person.size == "medium"
    assert person.face is not None and person.face.left == pytest.approx(0.4)


def test_a_person_ends_with_the_shot() -> None:
    film = film_of([seen(k) for k in range(4)] + [seen(k, 1) for k in range(4, 10)], cuts=(0, 2))
    assert [(p.track, p.start_us, p.end_us, p.seen) for p in people(film)] == [
        (0, 0, 2 * SECOND, 1.0),
        (1, 2 * SECOND, 5 * SECOND, 1.0),
    ]


def test_a_single_weak_face_is_not_believed_and_a_sure_one_is() -> None:
    film = film_of([seen(2, 0, score=0.7), seen(5, 1, score=0.85)])
    assert [p.track for p in people(film)] == [1]


def test_a_shot_of_one_still_needs_no_second_sighting() -> None:
    assert people(film_of([seen(4)], cuts=(0, 2, 2.5)))


def test_a_body_without_a_face_must_be_steady() -> None:
    now_and_then = [body(k, 0, score=0.9) for k in (0, 3, 6, 9)]
    steady = [body(k, 1) for k in (2, 3, 4)]
    once = [body(8, 2, score=0.95)]
    assert [p.track for p in people(film_of(sorted(now_and_then + steady + once, key=lambda r: r.time_us)))] == [1]


def test_a_face_that_is_never_seen_well_counts_as_a_body() -> None:
    assert not people(film_of([seen(k, turned=None, mouth=None) for k in (1, 2)]))


def test_films_without_sightings_have_no_people() -> None:
    assert not people(film_of([]))
