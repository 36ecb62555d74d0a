"""What captions claim, and whether anything known bears it out."""

import pytest

from shotlist.captions.claims import Evidence, Kind, claims


def claimed(text: str, kind: Kind) -> list[str]:
    return [claim.word for claim in claims(text, [kind])]


def unsupported(text: str, *texts: str, numbers: tuple[float, ...] = ()) -> list[str]:
    evidence = Evidence(texts, numbers)
    return [claim.word for claim in claims(text) if not evidence.holds(claim)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 10:30, and 1,200 people paid 2.5 each.", ["10:30", "1,200", "2.5"]),
        ("The 3rd film of the 1990s in 4K and 3D, MP3 sound.", ["3", "1990"]),
        ("Two hundred and five balloons, twenty-one kites.", ["two hundred and five", "twenty one"]),
        ("One of them waves, then no one.", []),
        ("A pair of dogs, both brown.", []),
    ],
)
def test_numbers_are_found_in_figures_and_words(text: str, found: list[str]):
    assert claimed(text, "numbers") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Anna Smith walks past the Eiffel Tower.", ["Anna", "Smith", "Eiffel", "Tower"]),
        ("Waves break. Then Berlin's skyline; The sun sets.", ["Berlin"]),
        ("The man watches TV in a T-shirt, and I'm told of an SUV.", []),
        ("Waves: Foam rises… Gulls call!", []),
    ],
)
def test_names_are_capitalised_words_that_begin_no_sentence(text: str, found: list[str]):
    assert claimed(text, "names") == found


@pytest.mark.parametrize("quotes", ["“%s”", '"%s"', "«%s»", "\u2018%s\u2019", "'%s'"])
def test_quotations_are_looked_up_as_a_whole(quotes: str):
    text = f"A sign reads {quotes % 'No Entry 24'}."
    assert claimed(text, "quotes") == ["No Entry 24"]
    assert unsupported(text, "NO ENTRY, 24!") == []
    assert unsupported(text, "Entry", "no", numbers=(24,)) == ["No Entry 24"]


def test_apostrophes_are_no_quotation_marks():
    assert claimed("The dog's tail isn't long, the cats' is.", "quotes") == []


def test_lines_and_omissions_in_a_quotation_stand_for_themselves():
    assert unsupported("Credits read: “ANNA LEE / Camera …”", "Camera", "anna lee") == []


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("A crimson car.", "a red car"),
        ("A gray wall.", "a grey wall"),
        ("Turquoise water.", "blue water"),
        ("A pianist plays.", "somebody at the piano"),
        ("The drummer and strings play.", "drums, violin and cello"),
        ("Two men.", "a couple"),
        ("12 eggs.", "a dozen eggs"),
        ("1,000 people.", "one thousand people"),
        ("1.000 Leute für 2.500,50 Euro.", "1000 Leute, 2500.5 Euro"),
        ("1,5 km.", "1.5 km"),
        ("Am 24.12.2019.", "vom 24.12.2019"),
        ("The meeting in Paris.", "paris at night"),
    ],
)
def test_what_is_known_in_other_words_is_supported(text: str, evidence: str):
    assert unsupported(text, evidence) == []


@pytest.mark.parametrize(
    ("text", "evidence", "told"),
    [
        ("A red car.", "a car", ["red"]),
        ("A violin plays.", "strings play", ["violin"]),
        ("Three dogs.", "two dogs", ["three"]),
        ("A man in Paris.", "a man in Rome", ["Paris"]),
        ("At 10:45 it rains.", "10:54", ["10:45"]),
        ("It lasts 2.5 s.", "it lasts 2.4 s", ["2.5"]),
        ("1.500 Leute.", "1000 Leute", ["1.500"]),
    ],
)
def test_what_nobody_said_is_told(text: str, evidence: str, told: list[str]):
    assert unsupported(text, evidence) == told


def test_a_black_and_white_film_has_no_colours():
    assert claimed("A black-and-white clip, shot in black and white.", "colours") == []
    assert claimed("A black and white cat.", "colours") == ["black", "white"]


def test_measured_numbers_may_be_rounded_as_the_caption_does():
    assert unsupported("4.2 seconds at -24 LUFS", numbers=(4.16, -23.6)) == []
    assert unsupported("4.2 seconds", numbers=(4.26,)) == ["4.2"]
