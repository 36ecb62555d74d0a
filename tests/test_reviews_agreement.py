"""Agreement between people: the share of equal answers and Krippendorff's alpha."""

import pytest

from shotlist.reviews.agreement import agreement
from shotlist.reviews.decision import Decision


def answers(*clips: str) -> list[Decision]:
    """A clip a word, a person a letter: y accepts, n rejects, s skips, - says nothing."""
    choices = {"y": "accept", "n": "reject", "s": "skipped"}
    return [
        Decision(f"{k:08}{who:08}", "t", f"p{who}", "first", "judge", f"v_{k}_9", "v", choices[letter])
        for k, clip in enumerate(clips)
        for who, letter in enumerate(clip)
        if letter != "-"
    ]


def test_full_agreement_is_one() -> None:
    found = agreement(answers("yy", "nn", "yy"))
    assert (found.clips, found.share, found.alpha) == (3, 1.0, 1.0)


def test_where_all_answers_are_the_same_alpha_is_not_defined() -> None:
    assert agreement(answers("yy", "yy")).alpha is None
    assert agreement(answers("yy", "yy")).share == 1.0


def test_a_clip_with_one_answer_says_nothing() -> None:
    assert agreement(answers("y-", "-n", "ys")).clips == 0
    assert agreement(answers("y-", "-n", "ys")).share is None


def test_alpha_is_as_in_the_literature() -> None:
    # Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, the example with two observers: 0.095.
    a, b = "nynnnnnnyn", "yyynnynnnn"
    found = agreement(answers(*(x + y for x, y in zip(a, b, strict=True))))
    assert found.share == pytest.approx(0.6)
    assert found.alpha == pytest.approx(0.095, abs=0.0005)


def test_three_people_of_whom_some_are_missing() -> None:
    # By hand: four y and three n on three clips; 8 of 10 ordered pairs are equal, one clip has a pair that is not.
    found = agreement(answers("yyy", "nn-", "y-n", "-y-", "s-y"))
    assert found.clips == 3
    assert found.share == pytest.approx(8 / 10)
    assert found.alpha == pytest.approx(1 - (2 / 7) / (2 * 4 * 3 / (7 * 6)))
