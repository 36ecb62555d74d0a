"""Counting for workers that share no file: on a cluster all count at one desk."""

import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from shotlist.engine.ray.desk import Desk
from shotlist.errors import ModelError
from shotlist.models import account, till
from shotlist.models.budget import Budget, LimitReached, Spending
from shotlist.models.chat import Chat
from shotlist.models.contracts import Request
from shotlist.models.fake import FakeModel
from shotlist.models.till import Till


class Alone(Desk):
    """A desk that does one thing at a time, as an actor does."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def count(self, what: str, *given: Any) -> Any:
        with self.lock:
            return super().count(what, *given)


def asking(name: str, n: int) -> list[Request]:
    return [Request((f"{name} {k}",)) for k in range(n)]


def test_all_who_count_at_one_desk_keep_a_limit_together(tmp_path: Path) -> None:
    desk = Alone()
    answers: list[str | None] = []

    def work(k: int) -> None:
        (tmp_path / f"{k}").mkdir()
        budget = Till(till.opened(tmp_path / f"{k}", desk.count), max_requests=50)
        with pytest.raises(LimitReached, match="stopped by --max-requests 50; run again to go on"):
            answers.extend(a.text for a in Chat(FakeModel(), None, budget, name="m").caption(asking(f"{k}", 100)))

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(answers) == 50
    assert desk.close().models["m"]["requests"] == 50


def test_a_worker_that_is_started_again_goes_on_with_the_same_count(tmp_path: Path) -> None:
    address = till.opened(tmp_path, Desk().count)
    assert [Till(address, max_requests=2).hold(1.0) for _ in range(3)] == [True, True, False]


def test_what_nobody_settled_counts_as_spent_in_the_end(tmp_path: Path) -> None:
    desk = Desk()
    lost = Till(till.opened(tmp_path, desk.count))
    for cost in (1.0, 2.0, 4.0):
        assert lost.hold(cost)
    lost.settle(1.0, 0.5, 7, 3, "m")
    lost.release(2.0)
    counter = Budget(tmp_path / "spent.json")
    counter.take_over(desk.close())
    assert asdict(counter.spent()) == {
        "cost": 4.5,
        "requests": 2,
        "tokens_in": 7,
        "tokens_out": 3,
        "held": {},
        "models": {"m": {"requests": 1, "tokens_in": 7, "tokens_out": 3, "cost": 0.5}},
    }
    assert not lost.hold(0.0)  # the account is closed


def test_where_nobody_counts_nothing_is_spent(tmp_path: Path) -> None:
    def lost(*_: Any) -> None:
        raise RuntimeError("the node of the desk was lost\nand more")

    address = till.opened(tmp_path, lost)
    with pytest.raises(ModelError, match=r"can't be counted any more \(the node of the desk was lost\); run again"):
        Till(address).hold(1.0)
    with pytest.raises(ModelError, match="what is spent can't be counted"):
        Till(f"till:{tmp_path}/none").hold(1.0)


def test_an_account_counts_where_its_job_says(tmp_path: Path) -> None:
    spending = Spending(max_requests=1)
    address = till.opened(tmp_path, Desk().count)
    for counter in (address, str(tmp_path / "spent.json")):
        for allowed in (True, False):
            budget = account.opened(spending, counter).budget
            assert budget is not None and budget.hold(0.0) == allowed
    assert account.opened(spending).budget is None
