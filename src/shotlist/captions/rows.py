"""What every caption's row tells, and what models for captions need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shotlist.engine.step import Needs
from shotlist.errors import MediaError
from shotlist.models.checkpoints import PACKAGES
from shotlist.models.contracts import Answer
from shotlist.models.names import parse
from shotlist.models.prompts import Prompt

T = TypeVar("T", int, float)

BUILTIN = "builtin"
"""The model that needs nothing: sentences and templates made from what was measured."""
_MODEL_GB = 24
"""Memory that a local model may fill."""


@dataclass(frozen=True)
class CaptionRow:
    """The text of one caption and where it comes from.

    ``prompt`` is the prompt's id, ``prompt_digest`` names its text. ``inputs`` says what the model was shown: V
    pictures, S subtitles, M metadata, A sound, C captions that were there before; with + between them. Tokens and
    ``cost`` are None where nobody counts them, ``seconds`` is the time of the answer. ``finish`` is ``stop``, or
    ``length`` where the text was cut off. ``weights`` are 16 characters that name the very weights of a local model.
    """

    text: str
    model: str = BUILTIN
    prompt: str | None = None
    prompt_version: int | None = None
    prompt_digest: str | None = None
    inputs: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    seconds: float | None = None
    finish: str | None = None
    weights: str | None = None

    @classmethod
    def of(cls, answers: Sequence[Answer], prompt: Prompt, inputs: str) -> "CaptionRow":
        """The row of answers to one prompt, all with a text: the texts one after the other, the rest summed up."""
        return cls(
            " ".join((answer.text or "").strip() for answer in answers),
            answers[0].model,
            prompt.id,
            prompt.version,
            prompt.digest,
            inputs,
            _sum([answer.tokens_in for answer in answers]),
            _sum([answer.tokens_out for answer in answers]),
            _sum([answer.cost for answer in answers]),
            sum(answer.seconds for answer in answers),
            "length" if any(answer.finish == "length" for answer in answers) else answers[0].finish,
            answers[0].weights,
        )


def unanswered(answer: Answer) -> MediaError:
    """Why an answer has no text."""
    return answer.failure or MediaError("empty answer", f"{answer.model} gave no answer", may_pass=True)


def _sum(values: Sequence[T | None]) -> T | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None


def needs(*models: str) -> Needs:
    """What a worker must have for models of these names: a GPU for each ``hf:`` without ``?device=cpu``."""
    local = [name for name in map(parse, set(models)) if name.kind == "hf"]
    gpus = sum(not name.settings.get("device", "").startswith("cpu") for name in local)
    return Needs(gpus=min(gpus, 1), memory_gb=1 + _MODEL_GB * len(local))


def packages(*models: str) -> Mapping[str, str]:
    """What has to be installed for models of these names."""
    return PACKAGES if any(parse(name).kind == "hf" for name in models) else {}
