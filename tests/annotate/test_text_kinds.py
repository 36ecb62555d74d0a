"""What text is for, told from place and time."""

from collections.abc import Sequence

from shotlist.annotate.text_kinds import KINDS, kinds
from shotlist.annotate.text_tracks import Line, Page, follow
from shotlist.models.contracts import Box
from shotlist.timing import SECOND

MIDDLE = Box(0.3, 0.45, 0.7, 0.55)
LOW = Box(0.3, 0.8, 0.7, 0.88)
CORNER = Box(0.85, 0.03, 0.98, 0.1)


def line(text: str, box: Box = MIDDLE, ground: float = 0.1) -> Line:
    return Line(text, 1.0, box, ground)


def told(
    *stills: Sequence[Line], plain: bool = False, cuts: Sequence[float] = (0,), every: float = 0.5
) -> dict[str, str]:
    """The kind of each text; one still every half second."""
    pages = [Page(round(k * every * SECOND), tuple(lines), plain) for k, lines in enumerate(stills)]
    starts, end = [round(c * SECOND) for c in cuts], round(len(stills) * every * SECOND)
    tracks = follow(pages, starts, end, SECOND)
    return {t.best.text: kind for t, kind in zip(tracks, kinds(tracks, starts, end), strict=True)}


def test_light_letters_on_a_plain_dark_picture_are_a_title_card():
    assert told(*[[line("SINTEL")]] * 4, plain=True) == {"SINTEL": "title card"}


def test_dark_letters_on_a_plain_light_picture_are_a_slide():
    assert told(*[[line("Why", ground=1.0)]] * 4, plain=True) == {"Why": "slide"}


def test_many_lines_on_a_dark_page_are_credits():
    names = [line(f"Name {k}", Box(0.3, 0.1 * k, 0.7, 0.1 * k + 0.06)) for k in range(1, 8)]
    assert set(told(*[names] * 4, plain=True).values()) == {"credits"}


def test_text_that_rises_is_credits_even_over_a_picture():
    rising = [[line("Max Fleischer", Box(0.3, 0.8 - 0.1 * k, 0.7, 0.86 - 0.1 * k))] for k in range(7)]
    assert told(*rising) == {"Max Fleischer": "credits"}


def test_centred_lines_that_take_turns_are_subtitles():
    said = [[line("Hildy!", LOW)]] * 2 + [[line("How are you?", LOW)]] * 3
    assert set(told(*said).values()) == {"subtitle"}


def test_one_centred_line_alone_is_no_subtitle():
    assert told([], [], [], *[[line("July 14, 2015", LOW)]] * 6) == {"July 14, 2015": "banner"}


def test_two_lines_at_the_same_time_do_not_take_turns():
    below = Box(0.3, 0.9, 0.7, 0.98)
    both = [line("PRESIDENT OBAMA", LOW), line("July 14, 2015", below)]
    assert set(told([], [], [], *[both] * 6).values()) == {"banner"}


def test_subtitles_may_stand_at_the_top():
    high = Box(0.3, 0.05, 0.7, 0.13)
    assert set(told([line("Ja.", high)], [line("Nein.", high)]).values()) == {"subtitle"}


def test_a_corner_that_outlasts_two_cuts_is_a_logo():
    assert told(*[[line("NEWS 24", CORNER)]] * 6, cuts=(0, 1, 2)) == {"NEWS 24": "logo"}


def test_a_logo_that_is_missed_for_a_while_is_still_one():
    shown = [[line("NEWS 24", CORNER)]] * 3
    assert told(*shown, [], [], [], [], *shown, cuts=(0, 1, 4)) == {"NEWS 24": "logo"}


def test_a_corner_in_a_single_shot_is_part_of_the_scene():
    assert told(*[[line("01:30", CORNER)]] * 20) == {"01:30": "scene"}


def test_text_that_comes_within_a_shot_and_stands_still_is_a_banner():
    left = Box(0.05, 0.7, 0.3, 0.78)
    assert told([], [], [], *[[line("Captain", left)]] * 4, [], [], []) == {"Captain": "banner"}


def test_text_that_moves_with_the_picture_belongs_to_the_scene():
    pan = [[line("BAKERY", Box(0.1 + 0.05 * k, 0.7, 0.3 + 0.05 * k, 0.78))] for k in range(6)]
    assert told([], [], [], *pan) == {"BAKERY": "scene"}


def test_every_kind_is_named_once():
    assert len(set(KINDS)) == len(KINDS) == 7
