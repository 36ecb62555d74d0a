"""What people chose, counted: teachers by how often they won where they were shown, rejections by their reason."""

from shotlist.reviews.decision import Decision, Shown
from shotlist.reviews.results import Result, results


def picked(clip: int, who: str, choice: str, **texts: str) -> Decision:
    """A choice among captions of teachers."""
    shown = tuple(Shown(teacher, text) for teacher, text in texts.items())
    return Decision(f"{who:0>8}{clip:08}", "t", who, "first", "pick", f"v_{clip}_9", "v", choice, shown=shown)


def judged(clip: int, choice: str, reason: str | None = None) -> Decision:
    return Decision(f"{clip:016}", "t", "ann", "first", "judge", f"v_{clip}_9", "v", choice, reason=reason)


def test_a_teacher_wins_among_the_clips_in_which_it_was_shown() -> None:
    found = results([picked(0, "ann", "a", a="dog", b="cat"), picked(1, "ann", "all bad", b="cat")])
    assert found == [Result("a", 1, 1), Result("all bad", 1, 2), Result("b", 0, 2)]


def test_teachers_that_wrote_the_same_win_together() -> None:
    assert results([picked(0, "ann", "a", a="dog", b="cat", c="dog")]) == [
        Result("a", 1, 1),
        Result("c", 1, 1),
        Result("b", 0, 1),
    ]


def test_rejections_are_told_apart_by_their_reason() -> None:
    found = results([judged(0, "accept"), judged(1, "accept"), judged(2, "reject", "dark"), judged(3, "skipped")])
    assert found == [Result("accept", 2, 3), Result("reject: dark", 1, 3)]


def test_where_nothing_was_decided_there_is_nothing_to_tell() -> None:
    assert results([judged(0, "skipped"), judged(1, "withdrawn")]) == []
