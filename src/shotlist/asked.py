"""What a build asks of models: how far it is, what it spends, and what is to be said when it has to stop."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shotlist.chosen import Chosen, titles
from shotlist.dataset import Dataset
from shotlist.engine.plan import Plan
from shotlist.engine.run import Answered, Event
from shotlist.errors import ShotlistError
from shotlist.lock import Share
from shotlist.models.budget import Bill, LimitReached
from shotlist.models.ledger import book
from shotlist.preflight import asking
from shotlist.summary import clips_in


class Asked:
    """Follows one build; ``bills`` are what its models asked for, known when ``counting`` has ended."""

    def __init__(self, dataset: Dataset, chosen: Chosen, share: Share | None = None) -> None:
        self.bills: Mapping[str, Bill] = {}
        self._dataset = dataset
        self._chosen = chosen
        self._book = f"spent.{share[0]}-of-{share[1]}.json" if share else "spent.json"
        self._answered: dict[tuple[str, str], Answered] = {}

    def hear(self, event: Event) -> None:
        """Take note of answers."""
        if isinstance(event, Answered):
            self._answered[event.shard, event.step] = event

    @contextmanager
    def counting(self) -> Iterator[Path]:
        """A file in which this build's workers count what they spend; booked at the end, however it comes."""
        with tempfile.TemporaryDirectory(prefix="shotlist-") as folder:
            counter = Path(folder) / "spent.json"
            try:
                yield counter
            finally:
                self.bills = book(self._dataset, self._book, counter)

    @contextmanager
    def advising(self) -> Iterator[None]:
        """Say of a teacher whose model can't be had how to get rid of it, where it was not named in this build."""
        try:
            yield
        except LimitReached:
            raise
        except ShotlistError as error:
            steps = [name for name, model in self._teachers() if model in self._chosen.earlier]
            if not any(f"{step}: " in str(error) for step in steps):
                raise
            advice = "it is remembered from the last build; --teacher off sends all teachers away"
            raise type(error)(f"{error} ({advice})") from error

    def mute(self) -> list[str]:
        """Teachers that were named in this build and never gave an answer."""
        new = [(name, model) for name, model in self._teachers() if model not in self._chosen.earlier]
        if not new:
            return []
        heard = {step for (_, step), told in self._answered.items() if told.answered}
        heard.update(self._dataset.tables())
        return [model for name, model in new if name not in heard]

    def _teachers(self) -> list[tuple[str, str]]:
        return list(zip(titles(self._chosen.teachers), self._chosen.teachers, strict=True))

    def left(self, made: Plan) -> str:
        """How far the steps that ask models have come with what was planned."""
        todo = {name for shard in made.shards for name in shard.todo}
        models = [step.name for step in asking(self._chosen.recipe) if step.name in todo]
        done = left = 0
        for name in models:
            begun = [told for (_, step), told in self._answered.items() if step == name]
            waiting = {s.shard for s in made.shards if name in s.todo} - {told.shard for told in begun}
            done += sum(told.answered for told in begun)
            left += sum(told.clips - told.answered for told in begun) + clips_in(self._dataset, waiting)
        what = "clips captioned" if len(models) == 1 else "captions written"
        return f"{done:,} of {done + left:,} {what}, {left:,} left"
