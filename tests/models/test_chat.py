import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shotlist.errors import MediaError, ModelError
from shotlist.models import account
from shotlist.models.budget import Budget, LimitReached, Prices
from shotlist.models.cache import Cache
from shotlist.models.chat import Chat, open_model
from shotlist.models.contracts import Answer, Request
from shotlist.models.fake import FakeModel

PRICES = Prices(1_000_000, 1_000_000)  # one per token


def asking(n: int, max_tokens: int = 10) -> Iterator[Request]:
    return (Request((f"question {k}",), max_tokens=max_tokens) for k in range(n))


def texts(answers: Iterator[Answer]) -> list[str | None]:
    return [a.text for a in answers]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "answers.sqlite")


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    return tmp_path / "spent.json"


def test_a_second_run_asks_nothing(cache: Cache):
    first, second = FakeModel(), FakeModel()
    said = texts(Chat(first, cache).caption(asking(50)))
    again = list(Chat(second, cache).caption(asking(50)))
    assert [a.text for a in again] == said
    assert all(a.cached and a.cost == 0 for a in again)
    assert (len(first.asked), second.asked) == (50, [])


def test_stored_and_new_answers_come_in_the_order_of_the_questions(cache: Cache):
    wanted = texts(FakeModel().caption(asking(5000)))
    list(Chat(FakeModel(), cache).caption(r for k, r in enumerate(asking(5000)) if k % 3))
    model = FakeModel()
    answers = list(Chat(model, cache).caption(asking(5000)))
    assert [a.text for a in answers] == wanted
    assert [a.cached for a in answers] == [bool(k % 3) for k in range(5000)]
    assert len(model.asked) == 1667


def test_answers_of_many_stored_ones_do_not_pile_up(cache: Cache):
    list(Chat(FakeModel(), cache).caption(asking(6000)))
    read = []
    answers = Chat(FakeModel(), cache).caption(r for r in asking(6000) if not read.append(r))
    next(answers)
    assert len(read) <= 2001


def test_a_failure_is_asked_again(cache: Cache):
    answers = iter([MediaError("server error", "It broke.", True), "fine"])
    chat = Chat(FakeModel(lambda _: next(answers)), cache)
    assert texts(chat.caption(asking(1))) == [None]
    assert texts(chat.caption(asking(1))) == ["fine"]


def test_prices_make_costs(counter: Path):
    budget = Budget(counter)
    chat = Chat(FakeModel(lambda _: "three short words"), None, budget, PRICES)
    assert [a.cost for a in chat.caption(asking(2))] == [5.0, 5.0]
    spent = budget.spent()
    assert (spent.cost, spent.requests, spent.tokens_in, spent.tokens_out, spent.held) == (10.0, 2, 4, 6, {})


def test_without_prices_a_cost_is_unknown():
    assert [a.cost for a in Chat(FakeModel()).caption(asking(1))] == [None]


def test_a_limit_of_requests_stops_cleanly_and_a_second_run_goes_on(cache: Cache, counter: Path):
    answers = []
    with pytest.raises(LimitReached, match="stopped by --max-requests 7; run again to go on"):
        answers.extend(Chat(FakeModel(), cache, Budget(counter, max_requests=7)).caption(asking(20)))
    with pytest.raises(LimitReached):
        for answer in Chat(FakeModel(), cache, Budget(counter.with_suffix(".2"), max_requests=7)).caption(asking(20)):
            answers.append(answer)
    assert sum(a.cached for a in answers) == 7
    assert [a.text for a in answers[-14:]] == texts(FakeModel().caption(asking(14)))


def test_a_limit_of_cost_is_kept_and_used_up(counter: Path):
    budget = Budget(counter, max_cost=500)
    answers = []
    with pytest.raises(LimitReached, match=r"stopped by --max-cost 500: \d+ was spent on \d+ requests; run again"):
        for answer in Chat(FakeModel(lambda _: "one two"), None, budget, PRICES).caption(asking(1000)):
            answers.append(answer)
    most = PRICES.most(next(asking(1)))
    assert 500 - most <= sum(a.cost or 0 for a in answers) <= 500
    assert budget.spent().cost == sum(a.cost or 0 for a in answers)


def test_what_is_left_behind_counts_as_spent(counter: Path):
    budget = Budget(counter)

    class Ahead(FakeModel):
        def caption(self, requests):
            requests = list(requests)
            yield from super().caption(requests)

    answers = Chat(Ahead(lambda _: "x"), None, budget, PRICES).caption(asking(3))
    next(answers)
    answers.close()
    spent = budget.spent()
    assert spent.held == {}
    assert spent.cost == pytest.approx(3 + 2 * PRICES.most(next(asking(1))))


def test_a_model_that_can_not_work_costs_nothing(counter: Path):
    class Broken(FakeModel):
        def caption(self, requests):
            list(itertools.islice(requests, 5))
            raise ModelError("nobody there")
            yield

    budget = Budget(counter, max_cost=1e6)
    with pytest.raises(ModelError, match="nobody there"):
        list(Chat(Broken(), None, budget, PRICES).caption(asking(9)))
    assert (budget.spent().cost, budget.spent().requests, budget.spent().held) == (0.0, 0, {})


@pytest.mark.parametrize(("kind", "paid"), [("time limit", True), ("connection lost", True), ("refused", False)])
def test_a_failure_costs_what_the_server_may_have_charged(counter: Path, kind: str, paid: bool):
    budget = Budget(counter)
    (answer,) = Chat(FakeModel(lambda _: MediaError(kind, "It broke.")), None, budget, PRICES).caption(asking(1))
    assert answer.cost == budget.spent().cost == (PRICES.most(next(asking(1))) if paid else 0)


def test_answers_of_a_fake_are_not_kept_for_later_builds(cache: Cache):
    before = account.use(account.Account(cache))
    try:
        assert [a.cached for _ in range(2) for a in open_model("fake:").caption(asking(3))] == [False] * 6
        assert not cache.file.exists()
    finally:
        account.use(before)


WORKER = """
import sys
from pathlib import Path
from shotlist.models import account
from shotlist.models.budget import Budget, LimitReached, Prices
from shotlist.models.chat import Chat
from shotlist.models.contracts import Request
from shotlist.models.fake import FakeModel
chat = Chat(FakeModel(lambda _: "one two"), None, Budget(Path(sys.argv[1]), max_cost=3000), Prices(1e6, 1e6))
try:
    for answer in chat.caption(Request((f"question {k}",), max_tokens=10) for k in range(10_000)):
        print(answer.cost, flush=True)
except LimitReached:
    print("stopped")
"""


def test_two_workers_do_not_spend_more_than_one_may(counter: Path):
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(counter)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [w.communicate()[0].split() for w in workers]
    assert [s[-1] for s in said] == ["stopped", "stopped"]
    spent = sum(float(x) for s in said for x in s[:-1])
    assert 3000 - 2 * 120 <= spent <= 3000
    assert Budget(counter).spent().cost == spent


def test_what_a_killed_worker_held_counts_as_spent(counter: Path):
    counter.write_text(json.dumps({"cost": 1.0, "requests": 3, "held": {"999999999": 2.5}}))
    assert Budget(counter).spent().cost == 3.5


def test_a_damaged_counter_is_named(counter: Path):
    counter.write_text("{half")
    with pytest.raises(ModelError, match="does not hold what was spent so far"):
        Budget(counter, max_cost=1).hold(0.5)


def test_models_by_name(counter: Path):
    assert texts(open_model("fake:").caption(asking(2))) == texts(FakeModel().caption(asking(2)))
    with pytest.raises(ModelError, match="builtin answers no prompts"):
        open_model("builtin")
    with pytest.raises(ModelError, match="--max-cost needs the prices of openai:m@"):
        open_model("openai:m@http://127.0.0.1:9/v1", budget=Budget(counter, max_cost=1))
    assert "OPENAI" not in repr(vars(open_model("openai:m@http://127.0.0.1:9/v1?price_in=1"))) + str(os.getpid())


def test_errors_travel_between_processes():
    import pickle

    error = pickle.loads(pickle.dumps(LimitReached("stopped")))
    assert isinstance(error, LimitReached) and str(error) == "stopped"


class Rambling(FakeModel):
    """Every third answer is too long."""

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        for k, answer in enumerate(super().caption(requests)):
            yield replace(answer, finish="stop" if k % 3 else "length")


def test_answers_that_were_cut_off_are_counted(counter: Path):
    budget = Budget(counter)
    list(Chat(Rambling(), budget=budget, name="m").caption(asking(7)))
    assert budget.spent().models["m"]["cut"] == 3
