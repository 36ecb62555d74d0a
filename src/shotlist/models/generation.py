"""Generation with a Hugging Face model: the likeliest tokens, or drawn ones with a seed for each request."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from shotlist.models.contracts import Request


def generated(model: Any, inputs: Any, requests: Sequence[Request], tokenizer: Any) -> list[tuple[list[int], bool]]:
    """New tokens for each request without the end mark, and whether the model came to an end by itself."""
    import torch

    config = deepcopy(model.generation_config)
    config.do_sample, config.num_beams, config.max_length = False, 1, None
    config.temperature = config.top_p = config.top_k = None
    config.max_new_tokens = max(r.max_tokens for r in requests)
    ends = config.eos_token_id if config.eos_token_id is not None else tokenizer.eos_token_id
    end_ids = set(ends if isinstance(ends, list) else [ends])
    if config.pad_token_id is None:
        config.pad_token_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(end_ids)
    inputs = {name: _placed(tensor, model) for name, tensor in inputs.items()}
    with torch.inference_mode():
        out = model.generate(**inputs, generation_config=config, logits_processor=_sampling(requests, model.device))
    read = inputs["input_ids"]
    if model.config.is_encoder_decoder:
        out = out[:, 1:]  # the mark with which its decoder starts
    elif out.shape[1] > read.shape[1] and bool((out[:, : read.shape[1]] == read).all()):  # some repeat the prompt
        out = out[:, read.shape[1] :]
    return [_cut(row, end_ids, r.max_tokens) for row, r in zip(out.tolist(), requests, strict=True)]


def _placed(tensor: Any, model: Any) -> Any:
    """On the model's device; pictures and sound in its precision. Some inputs are lists, which stay as they are."""
    if not hasattr(tensor, "is_floating_point"):
        return tensor
    large = tensor.is_floating_point() and tensor.ndim > 1
    return tensor.to(model.device, model.dtype) if large else tensor.to(model.device)


def _cut(tokens: list[int], ends: set[int], most: int) -> tuple[list[int], bool]:
    end = next((k for k, token in enumerate(tokens) if token in ends), None)
    return (tokens[:most], False) if end is None or end > most else (tokens[:end], True)


def _sampling(requests: Sequence[Request], device: Any) -> list[Any]:
    """Draws each row's tokens with its own seed, so that an answer does not depend on its neighbours in a batch.

    The likeliest token after adding Gumbel noise to the logits is a draw from their distribution.
    """
    import torch

    if not any(r.temperature > 0 for r in requests):
        return []
    sources = [torch.Generator(device).manual_seed(r.seed) for r in requests]

    def draw(_: Any, scores: Any) -> Any:
        scores = scores.float()
        for row, (request, source) in enumerate(zip(requests, sources, strict=True)):
            if request.temperature > 0:
                noise = torch.empty_like(scores[row]).exponential_(generator=source)
                scores[row] = scores[row] / request.temperature - noise.log()
        return scores

    return [draw]
