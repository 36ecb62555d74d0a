"""Lines of text followed from still to still."""

from collections.abc import Sequence

from shotlist.annotate.text_tracks import Line, Page, Track, follow, likeness
from shotlist.models.contracts import Box
from shotlist.timing import SECOND

LOW = Box(0.3, 0.8, 0.7, 0.9)


def line(text: str, box: Box = LOW, score: float = 1.0) -> Line:
    return Line(text, score, box)


def moved(box: Box, down: float) -> Box:
    return Box(box.left, box.top + down, box.right, box.bottom + down)


def items(
    *stills: Sequence[Line], cuts: Sequence[float] = (0.0,), every: float = 0.5, end: float = 100.0
) -> list[Track]:
    pages = [Page(round(k * every * SECOND), tuple(lines)) for k, lines in enumerate(stills)]
    return follow(pages, [round(c * SECOND) for c in cuts], round(end * SECOND), SECOND)


def spans(found: Sequence[Track]) -> list[tuple[str, float, float]]:
    return [(t.best.text, t.start_us / SECOND, t.end_us / SECOND) for t in found]


def test_an_item_ends_with_the_first_still_without_it():
    assert spans(items([], [line("One")], [line("One")], [])) == [("One", 0.5, 1.5)]


def test_text_in_the_last_still_stays_to_the_end_of_the_film():
    assert spans(items([line("The End")], end=4)) == [("The End", 0, 4)]


def test_text_holds_while_no_still_was_stored_because_nothing_changed():
    assert spans(items([line("Slide")], [line("Slide")], [], every=5)) == [("Slide", 0, 10)]


def test_subtitles_that_follow_each_other_are_two_items():
    found = items([line("So hearty and hale")], [line("On the back of a whale")])
    assert spans(found) == [("So hearty and hale", 0, 0.5), ("On the back of a whale", 0.5, 100)]


def test_the_reading_with_the_most_votes_wins():
    found = items([line("presernts", score=0.95)], [line("presents", score=0.9)], [line("presents", score=0.99)])
    assert [(t.best.text, t.best.score) for t in found] == [("presents", 0.99)]


def test_case_and_spaces_make_no_new_item():
    assert likeness("The  Blender", "THE BLENDER") == 1.0
    assert len(items([line("I scare all creation")], [line("Iscare all creation")])) == 1


def test_text_that_is_missed_in_one_still_goes_on():
    assert spans(items([line("Bar")], [], [line("Bar")], [], [], [])) == [("Bar", 0, 1.5)]


def test_text_that_comes_back_later_is_a_new_item():
    assert spans(items([line("Bar")], [], [], [], [line("Bar")])) == [("Bar", 0, 0.5), ("Bar", 2, 100)]


def test_rolling_text_is_followed():
    credits = [[line("Max Fleischer", moved(LOW, -0.1 * k))] for k in range(6)]
    (track,) = items(*credits)
    assert (track.first.box, track.last.box) == (LOW, moved(LOW, -0.5))


def test_an_item_does_not_cross_a_cut():
    found = items([line("EXIT")], [line("EXIT", moved(LOW, -0.3))], cuts=(0, 0.25))
    assert spans(found) == [("EXIT", 0, 0.25), ("EXIT", 0.5, 100)]


def test_an_item_ends_at_the_cut_behind_its_last_still():
    assert spans(items([line("EXIT")], [], cuts=(0, 0.25))) == [("EXIT", 0, 0.25)]


def test_what_is_laid_over_the_film_crosses_cuts():
    (track,) = items([line("NEWS 24")], [line("NEWS 24")], [line("NEWS 24")], cuts=(0, 0.25, 0.75))
    assert spans([track]) == [("NEWS 24", 0, 100)]
    assert len(track.shots) == 3


def test_lines_keep_the_order_of_reading():
    top = moved(LOW, -0.5)
    found = items([line("First", top), line("Second")], [line("First", top), line("Second"), line("Third")])
    assert [t.best.text for t in found] == ["First", "Second", "Third"]


def test_the_same_words_twice_in_one_still_are_two_items():
    other = Box(0.1, 0.1, 0.2, 0.15)
    found = items(*[[line("LAION", other), line("LAION")]] * 3)
    assert [(t.seen, t.last.box) for t in found] == [(3, other), (3, LOW)]


def test_what_cannot_be_read_is_known_by_its_place():
    found = items([line("", score=0)], [line("", moved(LOW, 0.01), 0)], [line("", moved(LOW, -0.5), 0)], end=2)
    assert spans(found) == [("", 0, 1), ("", 1, 2)]


def test_a_film_that_begins_before_zero():
    pages = [Page(-SECOND, (line("One"),)), Page(0, ())]
    assert [t.end_us for t in follow(pages, [-SECOND], 5 * SECOND, SECOND)] == [0]


def test_no_stills():
    assert items() == []
