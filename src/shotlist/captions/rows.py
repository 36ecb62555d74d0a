"""What every caption's row tells, and what models for captions need."""

from collections.abc import Mapping
from dataclasses import dataclass

from shotlist.engine.step import Needs
from shotlist.models.checkpoints import PACKAGES
from shotlist.models.contracts import Answer
from shotlist.models.names import parse
from shotlist.models.prompts import Prompt

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
    ``length`` where the text was cut off.
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

    @classmethod
    def of(cls, answer: Answer, prompt: Prompt, inputs: str, text: str | None = None) -> "CaptionRow":
        """The row of an answer that has a text, or of what became of that ``text``."""
        return cls(
            (answer.text or "") if text is None else text,
            answer.model,
            prompt.id,
            prompt.version,
            prompt.digest,
            inputs,
            answer.tokens_in,
            answer.tokens_out,
            answer.cost,
            answer.seconds,
            answer.finish,
        )


def needs(*models: str) -> Needs:
    """What a worker must have for models of these names: a GPU for each ``hf:`` without ``?device=cpu``."""
    local = [name for name in map(parse, set(models)) if name.kind == "hf"]
    gpus = sum(not name.settings.get("device", "").startswith("cpu") for name in local)
    return Needs(gpus=min(gpus, 1), memory_gb=1 + _MODEL_GB * len(local))


def packages(*models: str) -> Mapping[str, str]:
    """What has to be installed for models of these names."""
    return PACKAGES if any(parse(name).kind == "hf" for name in models) else {}
