"""Local Hugging Face models, of whichever family: they see, hear or read, and write.

What differs between families is left to Transformers: auto classes, processors and chat templates. It needs the extra
``hf``.
"""

import io
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from shotlist.errors import MediaError, ModelError
from shotlist.models.batches import Batches, is_out_of_memory
from shotlist.models.checkpoints import device_of, package
from shotlist.models.contracts import Answer, Request, Still
from shotlist.models.conversation import Conversations
from shotlist.models.generation import generated
from shotlist.models.names import ModelName, settings_of
from shotlist.models.stammer import garbled
from shotlist.models.thoughts import UNSAID, spoken
from shotlist.models.weights import check_files, check_fit, folder_of, identity


@dataclass(frozen=True)
class HFSettings:
    """What a model's string may say: ``hf:ORG/NAME?dtype=bfloat16&batch=16``."""

    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Numbers that it computes with; ``auto`` is the checkpoint's own on a GPU, ``float32`` without one."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1`` …; ``auto`` is CUDA where there is one."""
    device_map: str = ""
    """``auto`` spreads a model over all GPUs (needs the package accelerate)."""
    attention: str = ""
    """``sdpa``, ``eager``, ``flash_attention_2``; the model's usual one by default."""
    quantise: Literal["", "4bit", "8bit"] = ""
    """Loads the weights in fewer bits (needs the package bitsandbytes and a GPU)."""
    batch: int = 8
    """How many prompts it answers at a time; halved by itself where memory does not suffice."""
    video: bool = True
    """Shows footage as video to models that take it; else as pictures with their times."""
    thinking: bool = False
    """Lets models think before they answer that can do either."""
    check: bool = True
    """Whether a picture is described at the start, to find broken weights."""
    revision: str = ""
    """A branch, tag or commit on the hub."""
    trust: bool = False
    """Runs code that comes with the checkpoint."""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError("a batch holds one prompt or more")

    @property
    def identity(self) -> str:
        """The settings on which an answer depends."""
        return repr((self.dtype, self.quantise, self.attention, self.video, self.thinking))


class HFModel:
    """A local model; a Captioner and a Writer. Raises ModelError for a checkpoint that can't be used."""

    def __init__(self, name: ModelName) -> None:
        self.name = name.name
        self.settings = settings_of(name, HFSettings)
        folder = folder_of(name.name, self.settings.revision or None)
        check_files(folder)
        self._model = load_model(folder, self.settings)
        self.weights = identity(folder)
        self.identity = f"hf:{self.weights} {self._model.dtype} {self.settings.identity}"
        self._chat = Conversations(folder, self._model.config, self.settings)
        self._lock = threading.Lock()
        self._size = self.settings.batch
        if self.settings.check:
            self._check_sense()

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """See Captioner. Raises ModelError for a kind of input that the model does not take."""
        batches = Batches(
            self._size, self._chat.kind, self._chat.length, self._chat.prepared, self._answers, self._failed
        )
        try:
            yield from batches.answers(requests)
        finally:
            self._size = batches.size

    write = caption

    def _failed(self, _: Request, error: Exception) -> Answer:
        if isinstance(error, MediaError):
            return Answer(None, error, self.name)
        reason = " ".join(str(error).split())[:300]
        if "CUDA error" in reason or "device-side assert" in reason:  # after which the process can't use the GPU
            raise ModelError(f"hf:{self.name} broke the GPU's state ({reason}); run again to go on")
        if is_out_of_memory(error):
            sentence = "the prompt and its pictures do not fit into memory; give fewer or smaller pictures"
            return Answer(None, MediaError("too large", sentence), self.name)
        return Answer(None, MediaError("model error", f"{type(error).__name__} in hf:{self.name}: {reason}"), self.name)

    def _answers(self, ready: tuple[Sequence[Request], Any]) -> list[Answer]:
        requests, inputs = ready
        began = time.monotonic()
        with self._lock:
            new = generated(self._model, inputs, requests, self._chat.tokenizer)
        seconds = (time.monotonic() - began) / len(requests)
        texts = self._chat.tokenizer.batch_decode([tokens for tokens, _ in new], skip_special_tokens=True)
        read = inputs["attention_mask"].sum(1).tolist()
        return [
            self._answer(text, (count, len(tokens)), seconds, ended)
            for text, count, (tokens, ended) in zip(texts, read, new, strict=True)
        ]

    def _answer(self, raw: str, tokens: tuple[int, int], seconds: float, ended: bool) -> Answer:
        text = spoken(f"<think>{raw}" if self._chat.begins_with_thoughts else raw, f"hf:{self.name}")
        failure = text if isinstance(text, MediaError) else None
        finish = "stop" if ended else "length"
        said = text if isinstance(text, str) else None
        return Answer(said, failure, self.name, *tokens, seconds, finish, weights=self.weights)

    def _check_sense(self) -> None:
        """Raise ModelError where a simple question is answered with nonsense, as by wrongly merged weights."""
        parts = (_picture(), "What do you see?") if self._chat.sees else ("Name five animals.",)
        (answer,) = self.caption([Request(parts, max_tokens=48)])
        if str(answer.failure) == UNSAID:  # it still thinks
            return
        if answer.text is None or garbled(answer.text):
            said = f"“{answer.text[:80]}”" if answer.text else f"nothing ({answer.failure})"
            raise ModelError(
                f"hf:{self.name} answers a simple question with {said}: its weights are probably damaged or wrongly"
                " merged; with ?check=false it is used all the same"
            )


def _picture() -> Still:
    """A red disc on blue."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (224, 224), (40, 80, 200))
    ImageDraw.Draw(image).ellipse((56, 56, 168, 168), fill=(220, 30, 30))
    file = io.BytesIO()
    image.save(file, "JPEG")
    return Still(0, file.getvalue())


def load_model(folder: Path, settings: HFSettings) -> Any:
    """The checkpoint as a model that writes. Raises ModelError where the weights don't fit or packages are missing."""
    torch, transformers = package("torch"), package("transformers")
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()  # what its reports say becomes a sentence below
    try:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=settings.trust)
        auto = _auto_class(config, folder)
        how = {"config": config, "trust_remote_code": settings.trust, **_how(settings, torch)}
        model, found = auto.from_pretrained(folder, output_loading_info=True, ignore_mismatched_sizes=True, **how)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        raise ModelError(f"{folder}: can't be loaded: {' '.join(str(error).split())[:300]}") from error
    missing = {*found["missing_keys"], *(m[0] for m in found["mismatched_keys"])}
    check_fit(folder, len(model.state_dict()), missing, found["unexpected_keys"])
    if not settings.device_map and not settings.quantise:
        model.to(device_of(torch, folder.name, settings.device))
    return model.eval()


def _auto_class(config: Any, folder: Path) -> Any:
    transformers = package("transformers")
    writers = [transformers.AutoModelForCausalLM, transformers.AutoModelForSeq2SeqLM]
    if config.is_encoder_decoder:  # whose decoders are known as models of their own, too
        writers.reverse()
    for auto in (transformers.AutoModelForMultimodalLM, *writers):
        if type(config) in auto._model_mapping or auto.__name__ in getattr(config, "auto_map", {}):
            return auto
    raise ModelError(f"{folder}: is a model of the kind {config.model_type}, which does not write text")


def _how(settings: HFSettings, torch: Any) -> dict[str, Any]:
    """How the weights are to be loaded."""
    on_cpu = not settings.device_map and device_of(torch, "the model", settings.device) == "cpu"
    how: dict[str, Any] = {"dtype": "float32" if on_cpu and settings.dtype == "auto" else settings.dtype}
    if settings.attention:
        how["attn_implementation"] = settings.attention
    if settings.device_map:
        how["device_map"] = settings.device_map
    if settings.quantise:
        how["quantization_config"] = package("transformers").BitsAndBytesConfig(
            **{f"load_in_{settings.quantise}": True}
        )
        how.setdefault("device_map", "auto")
    return how
