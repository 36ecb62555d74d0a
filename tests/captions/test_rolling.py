"""Many conversations side by side: full read-ahead, answers to the right questions, outcomes in order."""

from collections import deque
from collections.abc import Iterable, Iterator

import pytest

from shotlist.captions.rolling import Conversation, outcomes, said
from shotlist.errors import MediaError, ShotlistError
from shotlist.models.contracts import Answer, Request
from shotlist.models.fake import FakeModel


class ReadingAhead:
    """A model that takes so many requests ahead of its answers, as servers and batches do."""

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead
        self.under_way: list[int] = []
        self.rounds = 0

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        self.rounds += 1
        waiting: deque[Request] = deque()
        for request in requests:
            waiting.append(request)
            if len(waiting) == self.ahead:
                self.under_way.append(len(waiting))
                yield answered(waiting.popleft())
        while waiting:
            self.under_way.append(len(waiting))
            yield answered(waiting.popleft())


def answered(request: Request) -> Answer:
    return Answer(f"<{request.parts[0]}>", model="m")


def talk(name: str, turns: int) -> Conversation[str]:
    heard = ""
    for turn in range(turns):
        answer = yield Request((f"{name}{turn}{heard}",))
        heard = said(answer)
    return f"{name} {heard}"


def nested(name: str, turns: int) -> str:
    heard = ""
    for turn in range(turns):
        heard = f"<{name}{turn}{heard}>"
    return f"{name} {heard}"


def test_each_question_waits_for_the_answer_before_it_and_outcomes_keep_their_order():
    turns = [3, 1, 0, 5, 2, 1, 4]
    found = list(outcomes(ReadingAhead(4), (talk(f"c{k}-", n) for k, n in enumerate(turns))))
    assert found == [nested(f"c{k}-", n) for k, n in enumerate(turns)]


def test_the_model_is_kept_busy_in_a_single_round():
    model = ReadingAhead(16)
    found = list(outcomes(model, (talk(f"{k}.", 8) for k in range(100)), at_once=32))
    assert len(found) == 100
    busy = [n for n in model.under_way if n == 16]
    assert len(busy) > 0.9 * 800
    assert model.rounds <= 9  # one, and the last few when fewer conversations are left than the model reads ahead


def test_no_more_conversations_are_open_than_allowed():
    opened = closed = most = 0

    def counted(k: int) -> Conversation[int]:
        nonlocal opened, closed, most
        opened += 1
        most = max(most, opened - closed)
        for _ in range(3):
            yield Request((str(k),))
        closed += 1
        return k

    assert list(outcomes(ReadingAhead(1000), map(counted, range(50)), at_once=5)) == list(range(50))
    assert most == 5


def test_a_failed_answer_ends_its_conversation_alone():
    trouble = MediaError("refused", "it would not say", True)
    model = FakeModel(lambda request: trouble if "b1" in request.parts[0] else "yes")
    found = list(outcomes(model, (talk(name, 3) for name in "abc")))
    assert found == ["a yes", trouble, "c yes"]
    assert not [r for r in model.asked if str(r.parts[0]).startswith("b2")]


def test_conversations_are_begun_only_when_they_are_needed():
    begun = []

    def noted(k: int) -> Conversation[int]:
        begun.append(k)
        yield Request(("x",))
        return k

    following = outcomes(ReadingAhead(4), map(noted, range(100)))
    assert next(following) == 0
    assert len(begun) == 4


def test_an_unexpected_error_is_the_outcome_of_its_conversation_alone():
    def broken(k: int) -> Conversation[int]:
        yield Request(("x",))
        if k == 1:
            raise ValueError("no")
        return k

    first, second, third = outcomes(ReadingAhead(2), map(broken, range(3)))
    assert (first, third) == (0, 2)
    assert isinstance(second, ValueError)


def test_wrong_settings_are_no_conversations_fault():
    def broken() -> Conversation[int]:
        yield Request(("x",))
        raise ShotlistError("no such prompt")

    with pytest.raises(ShotlistError, match="no such prompt"):
        list(outcomes(ReadingAhead(2), [broken()]))
