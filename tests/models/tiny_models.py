"""Checkpoints of current architectures with random weights, a few hundred kB each, saved as real ones are."""

import io
import json
from pathlib import Path
from typing import Any

SPECIAL = (
    "<pad>", "<eos>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
    "<|video_pad|>", "<image>", "<video>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>",
    "<|AUDIO|>",
)  # fmt: skip
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}"
    "{% if c.type == 'image' %}IMAGE{% elif c.type == 'video' %}VIDEO{% elif c.type == 'audio' %}<|AUDIO|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
PICTURES = {**SIZES, "image_size": 28, "patch_size": 14}


def jpeg(seed: int, size: tuple[int, int] = (80, 60)) -> bytes:
    """A picture of noise."""
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def tokenizer(**named: str) -> Any:
    """Byte pairs learned from one sentence, with the special tokens of all families."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    found.train_from_iterator(["A man walks along the sea and the camera pans to the left."], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=found, pad_token="<pad>", eos_token="<|im_end|>", extra_special_tokens=named
    )


def writer(words: Any, **more: Any) -> dict[str, Any]:
    """The settings of a language model."""
    sizes = {**SIZES, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024}
    return {**sizes, "vocab_size": len(words), "eos_token_id": words.eos_token_id, "pad_token_id": 0, **more}


def save(folder: Path, model: Any, words: Any, template: str | None, *parts: Any, **facts: Any) -> Path:
    """Write a checkpoint as ``save_pretrained`` does."""
    words.chat_template = template
    for part in (model, words, *parts):
        part.save_pretrained(folder)
    if facts:
        (folder / "processor_config.json").write_text(json.dumps(facts))
    return folder


def template(image: str = "", video: str = "") -> str:
    return TEMPLATE.replace("IMAGE", image).replace("VIDEO", video)


def qwen3(folder: Path) -> Path:
    """A writer."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    words = tokenizer()
    return save(folder, Qwen3ForCausalLM(Qwen3Config(**writer(words, head_dim=8))), words, template())


def t5(folder: Path) -> Path:
    """A writer with an encoder and no chat template."""
    from transformers import T5Config, T5ForConditionalGeneration

    words = tokenizer()
    ends = {"eos_token_id": words.eos_token_id, "pad_token_id": 0, "decoder_start_token_id": 0}
    config = T5Config(vocab_size=len(words), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, **ends)
    return save(folder, T5ForConditionalGeneration(config), words, None)


def bart(folder: Path) -> Path:
    """A writer with an encoder that counts places, whose decoder starts with the mark of the end."""
    from transformers import BartConfig, BartForConditionalGeneration

    words = tokenizer()
    sizes = {f"{part}_{name}": n for part in ("encoder", "decoder") for name, n in
             (("layers", 2), ("attention_heads", 2), ("ffn_dim", 64))}  # fmt: skip
    ends = dict.fromkeys(("eos_token_id", "decoder_start_token_id"), words.eos_token_id)
    config = BartConfig(
        vocab_size=len(words), d_model=32, max_position_embeddings=256, pad_token_id=0, bos_token_id=2, **sizes, **ends
    )
    return save(folder, BartForConditionalGeneration(config), words, None)


def qwen25vl(folder: Path) -> Path:
    """A model that takes pictures and video."""
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    words = tokenizer()
    names = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
    names |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
    turning = {"rope_type": "default", "mrope_section": [1, 1, 2]}
    eyes = {**SIZES, "depth": 2, "num_heads": 2, "out_hidden_size": 32, "fullatt_block_indexes": [1], "window_size": 56}
    config = Qwen2_5_VLConfig(
        text_config=writer(words, rope_parameters=turning),
        vision_config=eyes,
        **{name: words.convert_tokens_to_ids(token) for name, token in names.items()},
    )
    pictures = Qwen2VLImageProcessorPil(size={"shortest_edge": 56 * 56, "longest_edge": 112 * 112})
    places = [f"<|vision_start|><|{kind}_pad|><|vision_end|>" for kind in ("image", "video")]
    return save(folder, Qwen2_5_VLForConditionalGeneration(config), words, template(*places), pictures)


def qwen3vl(folder: Path) -> Path:
    """A model that takes pictures, and video with the time of each pair of frames."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    words = tokenizer()
    names = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
    names |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
    turning = {"rope_type": "default", "mrope_section": [1, 1, 2], "mrope_interleaved": True, "rope_theta": 10000.0}
    eyes = {"hidden_size": 32, "intermediate_size": 64, "depth": 2, "num_heads": 2, "out_hidden_size": 32}
    eyes |= {"patch_size": 14, "deepstack_visual_indexes": [0], "num_position_embeddings": 64}
    config = Qwen3VLConfig(
        text_config=writer(words, head_dim=8, rope_parameters=turning),
        vision_config=eyes,
        **{name: words.convert_tokens_to_ids(token) for name, token in names.items()},
    )
    pictures = Qwen2VLImageProcessorPil(patch_size=14, size={"shortest_edge": 56 * 56, "longest_edge": 112 * 112})
    places = [f"<|vision_start|><|{kind}_pad|><|vision_end|>" for kind in ("image", "video")]
    facts = {"processor_class": "Qwen3VLProcessor"}
    return save(folder, Qwen3VLForConditionalGeneration(config), words, template(*places), pictures, **facts)


def onevision(folder: Path) -> Path:
    """A model that cuts pictures into tiles."""
    from transformers import LlavaOnevisionConfig, LlavaOnevisionForConditionalGeneration
    from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
        LlavaOnevisionImageProcessorPil,
    )

    words = tokenizer(image_token="<image>", video_token="<video>")
    tiles = {"image_grid_pinpoints": [[28, 28], [28, 56], [56, 28]]}
    config = LlavaOnevisionConfig(
        vision_config={**PICTURES, "model_type": "siglip_vision_model"},
        text_config=writer(words, model_type="qwen2"),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        vision_feature_select_strategy="full",
        **tiles,
    )
    pictures = LlavaOnevisionImageProcessorPil(size={"height": 28, "width": 28}, **tiles)
    facts = {"processor_class": "LlavaOnevisionProcessor", "num_image_tokens": 4}
    facts |= {"vision_feature_select_strategy": "full", "vision_aspect_ratio": "anyres_max_9"}
    model = LlavaOnevisionForConditionalGeneration(config)
    return save(folder, model, words, template("<image>\n", "<video>\n"), pictures, **facts)


def internvl(folder: Path) -> Path:
    """A model that cuts pictures into patches, and whose tokenizer names the places of pictures."""
    from transformers import InternVLConfig, InternVLForConditionalGeneration
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

    names = {"start_image_token": "<|vision_start|>", "end_image_token": "<|vision_end|>"}
    words = tokenizer(**names, context_image_token="<image>", video_token="<video>")
    config = InternVLConfig(
        tie_word_embeddings=False,
        vision_config={**SIZES, "image_size": [28, 28], "patch_size": [14, 14]},
        text_config=writer(words, model_type="qwen2"),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        downsample_ratio=0.5,
    )
    pictures = GotOcr2ImageProcessorPil(size={"height": 28, "width": 28}, crop_to_patches=True, max_patches=4)
    facts = {"processor_class": "InternVLProcessor", "image_seq_length": 1}
    model = InternVLForConditionalGeneration(config)
    return save(folder, model, words, template("<image>\n", "<video>\n"), pictures, **facts)


def gemma3(folder: Path) -> Path:
    """A model that tells pictures from words by the types of tokens."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    names = {"boi_token": "<|vision_start|>", "eoi_token": "<|vision_end|>", "image_token": "<image>"}
    words = tokenizer(**names)
    places = {"image": "<image>", "boi": "<|vision_start|>", "eoi": "<|vision_end|>"}
    config = Gemma3Config(
        vision_config=PICTURES,
        text_config=writer(words, head_dim=8, sliding_window=32),
        mm_tokens_per_image=1,
        **{f"{name}_token_index": words.convert_tokens_to_ids(token) for name, token in places.items()},
    )
    pictures = Gemma3ImageProcessorPil(size={"height": 28, "width": 28}, image_seq_length=1)
    facts = {"processor_class": "Gemma3Processor", "image_seq_length": 1}
    return save(folder, Gemma3ForConditionalGeneration(config), words, template("<|vision_start|>"), pictures, **facts)


def smolvlm(folder: Path) -> Path:
    """A model that takes pictures, and video only with torchvision."""
    from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    names = {"image_token": "<image>", "fake_image_token": "<fake_token_around_image>", "video_token": "<video>"}
    words = tokenizer(**names, global_image_token="<global-img>", end_of_utterance_token="<end_of_utterance>")
    config = SmolVLMConfig(
        vision_config={**PICTURES, "image_size": 56},
        text_config=writer(words, model_type="llama"),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        pad_token_id=0,
    )
    pictures = SmolVLMImageProcessorPil(size={"longest_edge": 56}, max_image_size={"longest_edge": 56})
    facts = {"processor_class": "SmolVLMProcessor", "image_seq_len": 4}
    model = SmolVLMForConditionalGeneration(config)
    return save(folder, model, words, template("<image>", "<video>"), pictures, **facts)


def llava(folder: Path) -> Path:
    """A model that takes pictures, whose processor needs no torchvision."""
    from transformers import LlavaConfig, LlavaForConditionalGeneration
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    words = tokenizer(image_token="<image>")
    config = LlavaConfig(
        vision_config={**PICTURES, "model_type": "clip_vision_model", "projection_dim": 16},
        text_config=writer(words, model_type="llama"),
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    pictures = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    facts = {"processor_class": "LlavaProcessor", "patch_size": 14, "num_additional_image_tokens": 1}
    facts["vision_feature_select_strategy"] = "default"
    return save(folder, LlavaForConditionalGeneration(config), words, template("<image>\n"), pictures, **facts)


def blip2(folder: Path) -> Path:
    """A model that describes one picture, without a chat template."""
    from transformers import Blip2Config, Blip2ForConditionalGeneration
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

    words = tokenizer()
    text = {"model_type": "opt", "vocab_size": len(words), "ffn_dim": 64, "word_embed_proj_dim": 32, **SIZES}
    config = Blip2Config(
        vision_config=PICTURES,
        qformer_config={**SIZES, "encoder_hidden_size": 32, "vocab_size": 50},
        text_config={**text, "max_position_embeddings": 256, "pad_token_id": 0, "eos_token_id": words.eos_token_id},
        num_query_tokens=4,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    pictures = BlipImageProcessorPil(size={"height": 28, "width": 28})
    facts = {"processor_class": "Blip2Processor", "num_query_tokens": 4}
    return save(folder, Blip2ForConditionalGeneration(config), words, None, pictures, **facts)


def qwen2audio(folder: Path) -> Path:
    """A model that listens."""
    from transformers import Qwen2AudioConfig, Qwen2AudioForConditionalGeneration, WhisperFeatureExtractor

    words = tokenizer()
    ears = {"d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 64}
    config = Qwen2AudioConfig(
        audio_config={**ears, "num_mel_bins": 128, "max_source_positions": 1500},
        text_config=writer(words, model_type="qwen2"),
        audio_token_index=words.convert_tokens_to_ids("<|AUDIO|>"),
    )
    sound = WhisperFeatureExtractor(feature_size=128)
    facts = {"processor_class": "Qwen2AudioProcessor"}
    return save(folder, Qwen2AudioForConditionalGeneration(config), words, template(), sound, **facts)


def vit(folder: Path) -> Path:
    """A model that does not write."""
    from transformers import ViTConfig, ViTModel

    words = tokenizer()
    return save(folder, ViTModel(ViTConfig(**PICTURES)), words, None)
