"""A Whisper model of the right shape that was never trained: whatever it hears, it says the same two words.

It goes the way of a real one: Transformers' checkpoint, turned by CTranslate2's converter, loaded by faster-whisper.
"""

import json
import warnings
from pathlib import Path

LANGUAGES = ["en", "de", "fr", "zh"]
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>"]
SPECIAL += [f"<|{language}|>" for language in LANGUAGES]
TASKS = ("translate", "transcribe", "startoflm", "startofprev", "nocaptions", "notimestamps")
SPECIAL += [f"<|{name}|>" for name in TASKS]
WORDS = 50257
STAMPS = WORDS + len(SPECIAL)
VOCABULARY = STAMPS + 1501
"""With time stamps from 0 to 30 s."""
HELLO, THERE = 300, 301
"""Places of the two words among the tokens."""


def tiny_whisper(folder: Path) -> Path:
    """Write a checkpoint as Transformers stores it into ``hf``, and what faster-whisper loads into ``ct2``."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    sizes = {"d_model": 16, "num_mel_bins": 80, "tie_word_embeddings": False}
    for part in ("encoder", "decoder"):
        sizes |= {f"{part}_layers": 1, f"{part}_attention_heads": 2, f"{part}_ffn_dim": 16}
    model = WhisperForConditionalGeneration(WhisperConfig(vocab_size=VOCABULARY, **sizes))
    _teach(model)
    codes = {f"<|{code}|>": WORDS + 2 + k for k, code in enumerate(LANGUAGES)}
    model.generation_config = GenerationConfig(lang_to_id=codes, suppress_tokens=[], begin_suppress_tokens=[])
    model.save_pretrained(folder / "hf")
    _tokenizer(folder / "hf")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = TransformersConverter(str(folder / "hf"), copy_files=["tokenizer.json"])
        converter.convert(str(folder / "ct2"))
    return folder


def _teach(model) -> None:
    """After the prompt comes a time stamp, then one word, then the other, then the end."""
    import torch

    with torch.no_grad():
        words, answers = model.model.decoder.embed_tokens.weight, model.proj_out.weight
        words.zero_(), answers.zero_(), model.model.decoder.embed_positions.weight.zero_()
        for direction, tokens, answer in (
            (0, slice(WORDS, STAMPS), slice(STAMPS, STAMPS + 1)),
            (1, slice(STAMPS, VOCABULARY), HELLO),
            (2, HELLO, THERE),
            (3, THERE, WORDS),
        ):
            words[tokens, direction] = 1
            answers[answer, direction] = 8
        answers[WORDS + 2 + LANGUAGES.index("en"), 0] = 4


def _tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    # The runtime knows a model for many languages by its empty word.
    words = [*letters, *(f"\u0120w{k}" for k in range(WORDS - len(letters) - 1)), ""]
    words[HELLO], words[THERE] = "\u0120hello", "\u0120there"
    tokenizer = Tokenizer(models.BPE({word: k for k, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
