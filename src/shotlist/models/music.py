"""Models for music by their names: who describes it in words, and who takes the singing out."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from shotlist.errors import MediaError, ModelError
from shotlist.models.checkpoints import PACKAGES
from shotlist.models.contracts import Heard, Request, Samples, Separator, SoundDescriber
from shotlist.models.names import ModelName, parse

INSTALL = "pip install 'shotlist[music]'"
_WORDS = 160
"""Longest description, in tokens."""


def packages(model: str, separator: str) -> Mapping[str, str]:
    """What has to be installed for a describer and a separator of these names."""
    wanted = dict(PACKAGES) if parse(model).kind == "hf" else {}
    return wanted | ({"demucs": INSTALL} if parse(separator).kind == "demucs" else {})


@lru_cache(maxsize=1)
def describer(name: str, device: str = "auto") -> SoundDescriber | None:
    """The describer of a name; None for ``builtin``, which measures instead. Raises ModelError."""
    model = parse(name)
    if model.kind == "builtin":
        return None
    if model.kind == "openai":
        return ServedDescriber(model)
    if model.kind == "hf" and model.name:
        from shotlist.models.music_hf import AudioLanguageModel

        return AudioLanguageModel(model.name, device)
    raise ModelError(f"{name!r} describes no music; there are: builtin, hf:ORG/NAME (or a folder), openai:NAME@URL")


@lru_cache(maxsize=1)
def separator(name: str, device: str = "auto") -> Separator | None:
    """The separator of a name; None for ``none``. Raises ModelError."""
    model = parse(name)
    if model.kind == "none":
        return None
    if model.kind == "builtin":
        from shotlist.models.builtin.centre import CentreSplit

        return CentreSplit()
    if model.kind == "demucs":
        from shotlist.models.music_demucs import Demucs

        return Demucs(model.name or "htdemucs", device)
    raise ModelError(f"{name!r} takes no singing out; there are: builtin, none, demucs:FILE (or demucs:htdemucs)")


class ServedDescriber:
    """A SoundDescriber behind an OpenAI-compatible server that takes sound (``input_audio``, as WAV)."""

    def __init__(self, name: ModelName) -> None:
        from shotlist.models.openai import OpenAIModel

        self._model = OpenAIModel(name)

    def describe(self, sounds: Sequence[Samples], prompt: str) -> Sequence[str]:
        """See SoundDescriber; raises MediaError for the first sound that gets no answer."""
        requests = (Request((Heard(samples), prompt), max_tokens=_WORDS) for samples in sounds)
        texts: list[str] = []
        for answer in self._model.caption(requests):
            if answer.text is None:
                raise answer.failure or MediaError("empty answer", f"{answer.model} said nothing", may_pass=True)
            texts.append(answer.text)
        return texts
