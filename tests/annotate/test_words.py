"""How far two texts agree."""
# ruff: noqa: RUF001  # letters of other scripts are the point here

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlist.annotate.words import agreement, distance, joined, normalised, word_error_rate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t—stop, it's 5 o'clock!", ["don't", "stop", "it's", "5", "o'clock"]),
        ("Über-ÄRGER", ["über", "ärger"]),
        ("'quoted' ''", ["quoted"]),
        ("我说好。", ["我", "说", "好"]),
        ("मैं हूँ", ["मैं", "हूँ"]),
        ("ﬁn Ｆｕｌｌ", ["fin", "full"]),
        ("", []),
    ],
)
def test_only_what_is_heard_counts(text, words):
    assert normalised(text) == words


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("one two three four", "One, two, three, four.", 0),
        ("one two three four", "one three four", 0.25),
        ("one two three four", "one two and three four", 0.25),
        ("one two three four", "one too three for", 0.5),
        ("one", "two three four", 3),
        ("one two", "", 1),
        ("", "one", None),
    ],
)
def test_missing_added_and_wrong_words_are_counted(said, heard, rate):
    assert word_error_rate(said, heard) == rate


def test_agreement_is_never_below_nothing():
    assert agreement("one", "two three four") == 0
    assert agreement("one two", "one too") == 0.5
    assert agreement("...", "one") is None


WORDS = st.lists(st.sampled_from("abc"), max_size=12)


@given(WORDS, WORDS, WORDS)
def test_the_distance_is_one(a, b, c):
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


def test_words_are_joined_as_their_script_is_written():
    assert joined(["hello", "there"]) == "hello there"
    assert joined(["你", "好", "OK"]) == "你好 OK"
