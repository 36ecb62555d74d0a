"""Models for music by their names: who describes it in words, and who takes the singing out."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from shotlist.errors import MediaError, ModelError
from shotlist.models.chat import open_model
from shotlist.models.checkpoints import PACKAGES
from shotlist.models.contracts import RATE, Captioner, Heard, Request, Samples, Separator, SoundDescriber
from shotlist.models.names import parse

INSTALL = "pip install 'shotlist[music]'"
_WORDS = 160
"""Longest description, in tokens."""
_LONGEST = 30 * RATE
"""Most audio-language models hear half a minute at once."""


def packages(model: str, separator: str) -> Mapping[str, str]:
    """What has to be installed for a describer and a separator of these names."""
    wanted = dict(PACKAGES) if parse(model).kind == "hf" else {}
    return wanted | ({"demucs": INSTALL} if parse(separator).kind == "demucs" else {})


def describer(name: str) -> SoundDescriber | None:
    """The describer of a name; None for ``builtin``, which measures instead. Raises ModelError."""
    return None if parse(name).kind == "builtin" else Describer(open_model(name))


@lru_cache(maxsize=1)
def separator(name: str) -> Separator | None:
    """The separator of a name; None for ``none``. Raises ModelError."""
    model = parse(name)
    if model.kind == "none":
        return None
    if model.kind == "builtin":
        from shotlist.models.builtin.centre import CentreSplit

        return CentreSplit()
    if model.kind == "demucs":
        from shotlist.models.music_demucs import Demucs

        return Demucs(model)
    raise ModelError(f"{name!r} takes no singing out; there are: builtin, none, demucs:FILE (or demucs:htdemucs)")


class Describer:
    """A SoundDescriber that asks a model which answers prompts with sound in them, local or served."""

    def __init__(self, model: Captioner) -> None:
        self._model = model

    def describe(self, sounds: Sequence[Samples], prompt: str) -> Sequence[str]:
        """See SoundDescriber; raises MediaError for the first sound that gets no answer."""
        requests = (Request((Heard(samples[..., :_LONGEST]), prompt), max_tokens=_WORDS) for samples in sounds)
        texts: list[str] = []
        for answer in self._model.caption(requests):
            if answer.text is None:
                raise answer.failure or MediaError("empty answer", f"{answer.model} said nothing", may_pass=True)
            texts.append(answer.text)
        return texts
