"""Requests as inputs of a Hugging Face model: its chat template filled in, pictures and sound processed."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from shotlist.errors import MediaError, ModelError
from shotlist.models.contracts import Footage, Heard, Request, Samples, Still
from shotlist.models.openai import times_told
from shotlist.models.processing import load_processor, takes_video

if TYPE_CHECKING:
    from PIL.Image import Image

    from shotlist.models.hf import HFSettings

Content = list[dict[str, Any]]


class Conversations:
    """Makes inputs of requests. Raises ModelError where the checkpoint's processor can't be loaded."""

    def __init__(self, folder: Path, config: Any, settings: "HFSettings") -> None:
        self._folder = folder
        self._processor = load_processor(folder, config, settings.trust)
        self.tokenizer = getattr(self._processor, "tokenizer", self._processor)
        self.tokenizer.padding_side = "right" if config.is_encoder_decoder else "left"
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self.sees = hasattr(self._processor, "image_processor")
        self.hears = hasattr(self._processor, "feature_extractor") or hasattr(self._processor, "audio_processor")
        template = self._processor.chat_template or self.tokenizer.chat_template or ""
        self._template = template.get("default", "") if isinstance(template, dict) else template
        self._video = settings.video and takes_video(self._processor, self._template)
        self._thinking = {"enable_thinking": settings.thinking} if "enable_thinking" in self._template else {}
        self._room = getattr(config.get_text_config(), "max_position_embeddings", None)
        self._takes_system = "the system says" in self._rendered("system", "user")
        self.begins_with_thoughts = self._rendered("user").rstrip().endswith("<think>")

    def kind(self, request: Request) -> tuple[object, ...]:
        """What may stand in one batch; raises ModelError for what this model does not take."""
        kinds = {type(part) for part in request.parts}
        if not self.sees and kinds & {Still, Footage}:
            raise ModelError(f"{self._folder}: is a model of text, and can't look at pictures")
        if not self.hears and Heard in kinds:
            raise ModelError(f"{self._folder}: can't listen to sound")
        return (
            request.max_tokens,
            Still in kinds or (Footage in kinds and not self._video),
            Footage in kinds,
            Heard in kinds,
        )

    def length(self, request: Request) -> float:
        """Roughly how long the inputs become."""
        sizes = [len(part) if isinstance(part, str) else 2000 for part in request.parts]
        stills = sum(len(part.stills) for part in request.parts if isinstance(part, Footage))
        return sum(sizes) + len(request.system) + 2000 * stills

    def prepared(self, requests: Sequence[Request]) -> tuple[Sequence[Request], Any]:
        """The requests beside their inputs; raises MediaError where one is longer than the model can read."""
        inputs = self._chatted(requests) if self._template else self._plain(requests)
        longest = int(inputs["attention_mask"].sum(1).max()) + max(r.max_tokens for r in requests)
        if self._room is not None and longest > self._room:
            sentence = f"prompt and answer need {longest:,} tokens, and the model has room for {self._room:,}"
            raise MediaError("too long", sentence)
        return requests, inputs

    def _chatted(self, requests: Sequence[Request]) -> Any:
        metadata: Content = []
        conversations = [self._messages(r, metadata) for r in requests]
        options: dict[str, Any] = {"add_generation_prompt": True, "tokenize": True, "return_dict": True}
        options |= {"return_tensors": "pt", **self._thinking}
        if self._processor is self.tokenizer:
            return self.tokenizer.apply_chat_template(conversations, padding=True, **options)
        how: dict[str, Any] = {"padding": True}
        if metadata:
            how |= {"video_metadata": metadata, "do_sample_frames": False}
        return self._processor.apply_chat_template(conversations, processor_kwargs=how, **options)

    def _messages(self, request: Request, metadata: Content) -> Content:
        parts = request.parts
        messages: Content = []
        if request.system and self._takes_system:
            messages.append(self._message("system", [{"type": "text", "text": request.system}]))
        elif request.system:
            parts = (request.system, *parts)
        return [*messages, self._message("user", [c for part in parts for c in self._content(part, metadata)])]

    def _message(self, role: str, content: Content) -> dict[str, Any]:
        if self._processor is self.tokenizer:  # templates of text models want plain text
            return {"role": role, "content": "\n\n".join(c["text"] for c in content)}
        return {"role": role, "content": content}

    def _content(self, part: str | Still | Footage | Heard, metadata: Content) -> Content:
        if isinstance(part, str):
            return [{"type": "text", "text": part}]
        if isinstance(part, Still):
            return [{"type": "image", "image": _opened(part)}]
        if isinstance(part, Heard):
            return [{"type": "audio", "audio": mono(part.samples)}]
        if not self._video:
            return [c for still in part.stills for c in self._timed(still, part.start_us)]
        metadata.append(_metadata(part))
        return [{"type": "text", "text": times_told(part)}, {"type": "video", "video": _stacked(part)}]

    def _timed(self, still: Still, start_us: int) -> Content:
        told = f"{(still.time_us - start_us) / 1e6:.2f} s:"
        return [{"type": "text", "text": told}, {"type": "image", "image": _opened(still)}]

    def _plain(self, requests: Sequence[Request]) -> Any:
        """For models without a chat template, which continue a text or describe one picture."""
        texts = ["\n".join([r.system, *(p for p in r.parts if isinstance(p, str))]).strip() for r in requests]
        if not self.sees:
            return self.tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
        stills = [[s for p in r.parts for s in _stills(p)] for r in requests]
        if any(len(s) > 1 for s in stills):
            raise ModelError(f"{self._folder}: has no chat template, and looks at one picture at a time; send one")
        images = [_opened(s[0]) for s in stills if s] or None
        return self._processor(images=images, text=texts, padding=True, return_tensors="pt")

    def _rendered(self, *roles: str) -> str:
        """What the template makes of words by each of these roles; nothing where it refuses them."""
        from jinja2 import TemplateError

        if not self._template:
            return ""
        messages = [self._message(role, [{"type": "text", "text": f"the {role} says"}]) for role in roles]
        how = {"tokenize": False, "add_generation_prompt": True, **self._thinking}
        try:
            return str(self._processor.apply_chat_template(messages, **how))
        except (TemplateError, ValueError, TypeError):
            return ""


def _stills(part: object) -> tuple[Still, ...]:
    return (part,) if isinstance(part, Still) else part.stills if isinstance(part, Footage) else ()


def _opened(still: Still) -> "Image":
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(still.jpeg)).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise MediaError("bad picture", f"the picture at {still.time_us / 1e6:.2f} s can't be decoded") from error


def _stacked(footage: Footage) -> npt.NDArray[np.uint8]:
    """Frames (n, rows, columns, 3) of one size, that of the first."""
    first, *rest = (_opened(still) for still in footage.stills)
    return np.stack([np.asarray(i if i.size == first.size else i.resize(first.size)) for i in (first, *rest)])


def _metadata(footage: Footage) -> dict[str, Any]:
    """A video of a thousand frames a second, of which these were taken: so the true times arrive."""
    times = [(still.time_us - footage.start_us) // 1000 for still in footage.stills]
    usual = (times[-1] - times[0]) / max(1, len(times) - 1) if len(times) > 1 else 1000
    span = max(1, round(usual * len(times)))
    return {"total_num_frames": span, "fps": 1000.0, "frames_indices": times, "duration": span / 1000}


def mono(samples: Samples) -> Samples:
    """Sound with its channels mixed, (n,)."""
    return samples if samples.ndim == 1 else samples.mean(axis=0)
