"""Audio-language models of transformers, such as Qwen2-Audio (arXiv 2407.10759), that say in words what is heard."""

from collections.abc import Sequence

import numpy as np

from shotlist.errors import ModelError
from shotlist.models.checkpoints import load, package
from shotlist.models.contracts import RATE, Samples

_WORDS = 160
_SECONDS = 30
"""Longer sound is cut off: most such models hear half a minute at once."""


class AudioLanguageModel:
    """A SoundDescriber from the hub or a folder. Raises ModelError where it can't be loaded, or hears no sound."""

    def __init__(self, name: str, device: str = "auto") -> None:
        self._torch = package("torch")
        self._processor, self._model = load(name, "AutoProcessor", "AutoModelForMultimodalLM", device, dtype="auto")
        extractor = getattr(self._processor, "feature_extractor", None)
        if getattr(extractor, "sampling_rate", None) != RATE:
            raise ModelError(f"{name} hears no sound at {RATE} Hz; name an audio-language model such as Qwen2-Audio")
        if not self._processor.chat_template:
            raise ModelError(f"{name} has no chat template; name a model that is made for instructions")

    def describe(self, sounds: Sequence[Samples], prompt: str) -> Sequence[str]:
        """See SoundDescriber; the likeliest words, one sound after the other."""
        return [self._said(np.atleast_2d(sound).mean(axis=0)[: _SECONDS * RATE], prompt) for sound in sounds]

    def _said(self, samples: Samples, prompt: str) -> str:
        content = [{"type": "audio"}, {"type": "text", "text": prompt}]
        asked = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        given = self._processor(text=[asked], audio=[samples], sampling_rate=RATE, return_tensors="pt")
        given = given.to(self._model.device)
        with self._torch.inference_mode():
            found = self._model.generate(**given, max_new_tokens=_WORDS, do_sample=False)
        new = found[:, given["input_ids"].shape[1] :]
        return str(self._processor.batch_decode(new, skip_special_tokens=True)[0]).strip()
