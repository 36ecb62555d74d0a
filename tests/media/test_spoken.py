"""What the text of a subtitle says: speech, sounds, songs, and who speaks."""
# ruff: noqa: RUF001  # letters of other scripts are the point here

import pytest

from shotlist.media.spoken import Part, parts


def of(text: str) -> list[tuple[str, str | None, str]]:
    return [(part.kind, part.speaker, part.text) for part in parts(text.split("\n"))]


def speech(text: str, speaker: str | None = None) -> tuple[str, str | None, str]:
    return ("speech", speaker, text)


def sound(text: str) -> tuple[str, None, str]:
    return ("sound", None, text)


@pytest.mark.parametrize("text", ["[door slams]", "(door slams)", "[door\nslams]", "【door slams】", "（door slams）"])
def test_brackets_around_all_hold_a_sound(text):
    assert of(text) == [sound("door slams")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[door slams] What was that?", [sound("door slams"), speech("What was that?")]),
        ("(sighs) I know.", [sound("sighs"), speech("I know.")]),
        ("I know. [laughs] Really", [speech("I know. Really"), sound("laughs")]),
        ("[Applause] thank you", [sound("Applause"), speech("thank you")]),
        ("[dramatic music]\nRun!", [sound("dramatic music"), speech("Run!")]),
        ("[ __ ] you", [speech("you")]),
    ],
)
def test_sounds_are_kept_apart_from_what_is_said(text, found):
    assert of(text) == found


@pytest.mark.parametrize("text", ["I was (or so he said) there", "(Which he did) Then he left.", "in 1936 (B&W)"])
def test_round_brackets_in_a_sentence_belong_to_it(text):
    assert of(text) == [speech(text)]


@pytest.mark.parametrize("text", ["♪ So hearty\nand hale ♪", "♪ So hearty and hale", "# So hearty and hale #"])
def test_what_is_sung_is_no_speech(text):
    assert of(text) == [("lyrics", None, "So hearty and hale")]


@pytest.mark.parametrize("text", ["♪", "♪♪", "[♪♪♪]", "♪～", "〜♪"])
def test_notes_alone_are_music(text):
    assert of(text) == [sound("music")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("JOHN: Hi there.", [speech("Hi there.", "JOHN")]),
        ("JOHN:\nHi there.", [speech("Hi there.", "JOHN")]),
        ("JOHN: Hi.\nMARY: Hello.", [speech("Hi.", "JOHN"), speech("Hello.", "MARY")]),
        (">> John: Hi. >> Hello.", [speech("Hi.", "John"), speech("Hello.")]),
        ("[John] Hi there.", [speech("Hi there.", "John")]),
        ("[man on radio] Hi there.", [speech("Hi there.", "man on radio")]),
        ("ΓΙΑΝΝΗΣ: Γεια σου.", [speech("Γεια σου.", "ΓΙΑΝΝΗΣ")]),
        ("（田中）はい、そうです", [speech("はい、そうです", "田中")]),
        ("主持人：大家好", [speech("大家好", "主持人")]),
    ],
)
def test_labels_name_the_speaker(text, found):
    assert of(text) == found


@pytest.mark.parametrize("text", ["Remember: never.", "THERE IS ONE THING: I WANT IT", "At 3:00 or 4:00", "-5 degrees"])
def test_not_everything_before_a_colon_is_a_name(text):
    assert of(text) == [speech(text)]


def test_dashes_before_speakers_are_no_text():
    assert of("- Hi.\n- Hello.") == [speech("Hi. Hello.")]
    assert of("He's in - in a bad humor") == [speech("He's in - in a bad humor")]


@pytest.mark.parametrize("text", ["", "[]", "[...]", "( )", "-", ">>"])
def test_where_nothing_is_left_there_is_no_part(text):
    assert [part for part in parts([text]) if any(sign.isalpha() for sign in part.text)] == []


def test_a_part_is_speech_of_nobody_in_particular_by_default():
    assert parts(["Hi."]) == [Part("speech", "Hi.")]
