"""The shape of every step that puts prompts about clips to a model."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, TypeVar

import pyarrow as pa

from shotlist.captions.rows import BUILTIN, CaptionRow, needs, packages, unanswered
from shotlist.engine.film import Clip
from shotlist.engine.rows import schema_of
from shotlist.engine.step import BatchStep, Needs, digest
from shotlist.errors import ShotlistError
from shotlist.models import prompts
from shotlist.models.chat import open_model
from shotlist.models.contracts import Answer, Footage, Request, Still
from shotlist.models.prompts import Value

T = TypeVar("T")

SHORTLIST = "shortlist"
"""The table that says of each clip whether it is worth asking about, where the recipe makes one."""


@dataclass(frozen=True)
class Asking(BatchStep):
    """Asks a model any number of things about each clip, many clips at once.

    A kind of caption says in ``requests`` what is asked, in ``told`` what becomes of the answers, and in ``builtin``
    what can be said without a model.
    """

    title: str = "caption"
    """The step's and its table's name: steps of different titles stand side by side."""
    model: str = BUILTIN
    """``builtin``, ``hf:ORG/NAME`` (or a folder), or ``openai:NAME@URL``."""
    prompt: str = "describe-video"
    """A prompt's id, or a Markdown file of your own."""
    max_tokens: int = 512
    """Length at which an answer is cut off."""
    temperature: float = 0.0
    """0 takes the likeliest words; more draws them, with a seed, so that a second run says the same."""

    row_kind: ClassVar[type] = CaptionRow
    """The dataclass of the table's rows."""
    uses: ClassVar[tuple[str, ...]] = (SHORTLIST,)
    letters: ClassVar[str] = "V"
    """What the model is shown, as in ``CaptionRow.inputs``."""

    @property
    def name(self) -> str:
        """The title."""
        return self.title

    @property
    def needs(self) -> Needs:
        """A GPU and memory for a local model."""
        return needs(self.model)

    @property
    def packages(self) -> Mapping[str, str]:
        """PyTorch and transformers for ``hf:``."""
        return packages(self.model)

    def fingerprint(self) -> str:
        """See Step; with a model the prompt's text counts as well, wherever it is kept."""
        own = super().fingerprint()
        return own if self.model == BUILTIN else digest([own, self.text.digest])

    @cached_property
    def text(self) -> prompts.Prompt:
        """The prompt as it stands in its file; raises ShotlistError where there is none."""
        file = Path(self.prompt)
        if file.suffix != ".md":
            return prompts.load(self.prompt)
        if not file.is_file():
            raise ShotlistError(f"{self.title}: {file}: no such prompt")
        return prompts.load(file.stem, file.parent)

    def schema(self) -> pa.Schema:
        """See TableStep."""
        return schema_of(self.row_kind)

    def answers(self, clips: Iterable[Clip]) -> Iterator[CaptionRow | Exception | None]:
        """See BatchStep."""
        if self.model == BUILTIN:
            return (made(partial(self.builtin, clip)) for clip in clips)
        return self._shortlisted(clips)

    def _shortlisted(self, clips: Iterable[Clip]) -> Iterator[CaptionRow | Exception | None]:
        """What comes of asking about the clips that are worth it, and None for each of the others in its place."""
        worth: deque[bool] = deque()

        def listed() -> Iterator[Clip]:
            for clip in clips:
                worth.append(clip.row(SHORTLIST).get("worth", True))
                if worth[-1]:
                    yield clip

        for row in self.asked(listed()):
            while not worth.popleft():
                yield None
            yield row
        yield from (None for _ in worth)

    def asked(self, clips: Iterable[Clip]) -> Iterator[CaptionRow | Exception | None]:
        """What comes of asking the model.

        It takes requests ahead of its answers, so the clips in between wait here in their order.
        """
        waiting: deque[_Asked] = deque()

        def requests() -> Iterator[Request]:
            for clip in clips:
                asked, own = self._begin(clip)
                waiting.append(asked)
                yield from own

        for answer in open_model(self.model).caption(requests()):
            yield from self._complete(waiting)  # clips about which nothing was asked
            waiting[0].answers.append(answer)
            yield from self._complete(waiting)
        yield from self._complete(waiting)

    def _begin(self, clip: Clip) -> "tuple[_Asked, Sequence[Request]]":
        own = made(partial(self.requests, clip))
        if isinstance(own, Exception):
            return _Asked(clip, 0, own), ()
        return _Asked(clip, len(own)), own

    def _complete(self, waiting: "deque[_Asked]") -> Iterator[CaptionRow | Exception | None]:
        while waiting and len(waiting[0].answers) == waiting[0].wanted:
            asked = waiting.popleft()
            failure = asked.failure or self.failure(asked.answers)
            yield failure or (made(partial(self.told, asked.clip, asked.answers)) if asked.answers else None)

    def request(self, pictures: Still | Footage | None = None, **values: Value) -> Request:
        """One question: pictures, and the prompt with these values filled in. Raises ShotlistError."""
        system, user = self.text.fill(**values)
        parts = (user,) if pictures is None else (pictures, user)
        return Request(parts, system, self.max_tokens, self.temperature)

    def requests(self, clip: Clip) -> Sequence[Request]:
        """What is asked about a clip; empty where there is nothing to ask, and then it has no row."""
        raise NotImplementedError

    def failure(self, answers: Sequence[Answer]) -> Exception | None:
        """Why a clip has no caption: the first of its answers that has no text."""
        return next((unanswered(answer) for answer in answers if answer.text is None), None)

    def told(self, clip: Clip, answers: Sequence[Answer]) -> CaptionRow | None:  # noqa: ARG002
        """The row made of the answers to a clip's requests, in their order; all have a text."""
        return CaptionRow.of(answers, self.text, self.letters)

    def builtin(self, clip: Clip) -> CaptionRow | None:
        """The row without a model; None where nothing can be said."""
        raise NotImplementedError


def made(work: Callable[[], T]) -> T | Exception:
    """What comes of work on one clip: an error in it is that clip's own, unless it would be every clip's."""
    try:
        return work()
    except ShotlistError:
        raise
    except Exception as error:
        return error


@dataclass
class _Asked:
    clip: Clip
    wanted: int
    failure: Exception | None = None
    answers: list[Answer] = field(default_factory=list)
