"""Who describes music in words, and who takes the singing out: tiny models with random weights, saved and loaded."""

import numpy as np
import pytest

from shotlist.errors import MediaError, ModelError
from shotlist.models.fake import FakeModel
from shotlist.models.music import Describer, describer, separator

SOUND = (np.random.default_rng(0).standard_normal((2, 3 * 16_000)) * 0.1).astype(np.float32)
TEMPLATE = (
    "{% for m in messages %}{% for c in m['content'] %}"
    "{% if c['type'] == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>{% else %}{{ c['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}"
)


def test_each_sound_is_asked_about_by_itself():
    model = FakeModel()
    first, second = Describer(model).describe([SOUND, SOUND / 2], "What is heard?")
    assert first != second
    assert [part for part in model.asked[0].parts if isinstance(part, str)] == ["What is heard?"]


def test_of_long_sound_half_a_minute_is_heard():
    model = FakeModel()
    Describer(model).describe([np.tile(SOUND, (1, 20))], "What is heard?")
    assert model.asked[0].parts[0].samples.shape == (2, 30 * 16_000)


def test_a_sound_without_an_answer_is_an_error_of_its_clip():
    deaf = FakeModel(lambda request: MediaError("empty answer", "it said nothing"))
    with pytest.raises(MediaError, match="it said nothing"):
        Describer(deaf).describe([SOUND], "What is heard?")


def test_nobody_is_needed_where_measures_are_told():
    assert describer("builtin") is None
    assert separator("none") is None


@pytest.mark.parametrize("name", ["nonsense", "demucs:nothing.th", "demucs:nothing.safetensors"])
def test_an_unknown_separator_is_a_sentence(name):
    if name.startswith("demucs"):
        pytest.importorskip("demucs")
    with pytest.raises(ModelError, match=r"takes no singing out|no such file of Demucs weights"):
        separator(name)


def qwen2_audio(folder):
    """A folder with a Qwen2-Audio whose networks have a few numbers each."""
    transformers, tokenizers = pytest.importorskip("transformers"), pytest.importorskip("tokenizers")
    words = ["<unk>", "<|endoftext|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "what", "is", "heard", "?", "."]
    words += [f"word{k}" for k in range(22)]
    core = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: k for k, w in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=words[1], pad_token=words[1], additional_special_tokens=words[2:5]
    )
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}
    text = {"model_type": "qwen2", "vocab_size": 32, "hidden_size": 8, "intermediate_size": 8, **sizes}
    ears = {"d_model": 8, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 8, "num_mel_bins": 8}
    config = transformers.Qwen2AudioConfig(text_config=text, audio_config=ears, audio_token_index=2)
    transformers.set_seed(3)
    transformers.Qwen2AudioForConditionalGeneration(config).save_pretrained(folder)
    extractor = transformers.WhisperFeatureExtractor(feature_size=8)
    transformers.Qwen2AudioProcessor(extractor, tokenizer, chat_template=TEMPLATE).save_pretrained(folder)
    return folder


def test_an_audio_language_model_describes_what_it_hears(tmp_path):
    model = describer(f"hf:{qwen2_audio(tmp_path)}?check=false")
    texts = model.describe([SOUND, np.zeros_like(SOUND)], "what is heard ?")
    assert len(texts) == 2
    assert all(texts)
    assert model.describe([SOUND, np.zeros_like(SOUND)], "what is heard ?") == texts


def hybrid(folder, sources=("drums", "bass", "other", "vocals")):
    """A file with a Demucs whose layers have four channels."""
    torch, demucs = pytest.importorskip("torch"), pytest.importorskip("demucs.hdemucs")
    settings = {"sources": list(sources), "channels": 4, "dconv_attn": 9, "dconv_lstm": 9, "segment": 2}
    torch.manual_seed(1)
    model = demucs.HDemucs(**settings)
    path = folder / "tiny.th"
    torch.save({"klass": demucs.HDemucs, "args": (), "kwargs": settings, "state": model.state_dict()}, path)
    return path


@pytest.mark.parametrize("channels", [1, 2])
def test_demucs_takes_the_singing_out(tmp_path, channels):
    rest = separator(f"demucs:{hybrid(tmp_path)}").without_vocals(SOUND[:channels])
    assert rest.shape == SOUND[:channels].shape
    assert np.isfinite(rest).all()
    assert rest.any()


def test_weights_without_vocals_are_refused(tmp_path):
    with pytest.raises(ModelError, match="separates drums, bass, but no vocals"):
        separator(f"demucs:{hybrid(tmp_path, ('drums', 'bass'))}")


def test_damaged_weights_are_named(tmp_path):
    path = hybrid(tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"tiny\.th can't be loaded as Demucs weights"):
        separator(f"demucs:{path}")


def test_weights_that_would_run_code_are_refused(tmp_path):
    torch, _ = pytest.importorskip("torch"), pytest.importorskip("demucs")
    path = tmp_path / "evil.th"
    torch.save({"klass": print, "args": (), "kwargs": {}, "state": {}}, path)
    with pytest.raises(ModelError, match=r"evil\.th can't be loaded as Demucs weights"):
        separator(f"demucs:{path}")
