"""What is written on screen during a clip, from items that are known."""

import pyarrow as pa
import pytest

from films import known
from shotlist.annotate.text import TextItem
from shotlist.annotate.text_kinds import Kind
from shotlist.annotate.written import Written, WrittenRow, union
from shotlist.engine.film import Clip, StillInfo
from shotlist.engine.rows import schema_of, table_of
from shotlist.models.contracts import Box
from shotlist.timing import SECOND

STILL = StillInfo(0, 0, 1.0, (0.0,) * 4, (False,) * 4, True, (0,), (1.0,))
TENTH = Box(0.0, 0.0, 0.5, 0.2)


def item(start: float, end: float, text: str, box: Box = TENTH, kind: Kind = "scene", score: float = 1.0) -> TextItem:
    return TextItem(round(start * SECOND), round(end * SECOND), text, score, kind, box, 0.1)


def written(*items: TextItem, clip: tuple[float, float] = (0, 10), stills: bool = True) -> WrittenRow | None:
    film = known([0, 10 * SECOND], 20 * SECOND, {"frames": [STILL]} if stills else {})
    rows: pa.Table = table_of(items, schema_of(TextItem), [{"video_id": "film"}] * len(items))
    if items:
        film.tables.put("text", rows)
    start, end = (round(t * SECOND) for t in clip)
    return Written().measure(Clip(film, start, end, 0, 1))


def test_area_is_the_mean_over_time():
    assert written(item(0, 5, "Half of the time")).area == pytest.approx(0.05)
    assert written(item(5, 15, "Only what is inside")).area == pytest.approx(0.05)


def test_boxes_that_overlap_count_once():
    assert written(item(0, 10, "a"), item(0, 10, "b")).area == pytest.approx(0.1)
    shifted = Box(0.25, 0.1, 0.75, 0.3)
    assert written(item(0, 10, "a"), item(0, 10, "b", shifted)).area == pytest.approx(0.175)


@pytest.mark.parametrize(
    ("boxes", "area"),
    [
        ([], 0.0),
        ([(0, 0, 1, 1)], 1.0),
        ([(0, 0, 0.5, 0.5), (0.5, 0.5, 1, 1)], 0.5),
        ([(0, 0, 1, 0.5), (0, 0, 0.5, 1)], 0.75),
        ([(0.2, 0.2, 0.2, 0.9)], 0.0),
    ],
)
def test_union(boxes: list[tuple[float, ...]], area: float):
    sides = ("left", "top", "right", "bottom")
    assert union([dict(zip(sides, b, strict=True)) for b in boxes]) == pytest.approx(area)


def test_text_is_joined_in_order():
    found = written(item(0, 10, "KINO 7", kind="logo"), item(1, 3, "Who goes?"), item(4, 6, "Nobody."))
    assert (found.text, found.items) == ("KINO 7 Who goes? Nobody.", 3)


def test_text_that_comes_back_is_not_repeated():
    found = written(item(0, 2, "KINO 7"), item(4, 6, "Who goes?"), item(7, 9, "KINO 7"))
    assert (found.text, found.items) == ("KINO 7 Who goes?", 3)


def test_the_same_words_twice_on_one_page_are_both_read():
    assert written(item(0, 2, "LAION"), item(0, 2, "LAION")).text == "LAION LAION"


def test_unsure_readings_count_for_the_area_only():
    found = written(item(0, 10, "Chebstoph Schehenane", score=0.7), item(0, 10, "", score=0.0))
    assert (found.text, found.items) == ("", 2)
    assert found.area == pytest.approx(0.1)


def test_kinds_are_told():
    found = written(item(0, 2, "SINTEL", kind="title card"), item(4, 6, "Hi", kind="subtitle"))
    assert (found.title_card, found.subtitles, found.logo) == (True, True, False)
    assert written(item(0, 2, "NEWS", kind="logo")).logo


def test_text_outside_the_clip_does_not_count():
    found = written(item(0, 2, "Before"), item(12, 14, "After"), clip=(2, 12))
    assert found == WrittenRow(0.0, "", 0, False, False, False)


def test_no_text_is_an_area_of_zero():
    assert written().area == 0.0


def test_without_stills_nothing_is_known():
    assert written(item(0, 2, "Unseen"), stills=False) is None
