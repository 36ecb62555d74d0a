from dataclasses import dataclass

import pytest

from shotlist.errors import ModelError
from shotlist.models.names import ModelName, known_as, parse, settings_of
from shotlist.models.openai import ChatSettings


@dataclass(frozen=True)
class Settings:
    batch: int = 4
    dtype: str = "auto"
    video: bool = False


def test_names_are_taken_apart():
    assert parse("builtin") == ModelName("builtin")
    assert parse("hf:org/name") == ModelName("hf", "org/name")
    assert parse("hf:/models/a b") == ModelName("hf", "/models/a b")
    assert parse("openai:org/m@v1@https://h:8000/v1/") == ModelName("openai", "org/m@v1", "https://h:8000/v1")


def test_settings_follow_a_question_mark():
    model = parse("hf:org/name?batch=8&video=true")
    assert settings_of(model, Settings) == Settings(batch=8, video=True)
    assert parse("openai:m@http://h/v1?key=MY_KEY").url == "http://h/v1"
    assert settings_of(parse("hf:x"), Settings) == Settings()


def test_wrong_settings_are_named():
    with pytest.raises(ModelError, match="did you mean batch"):
        settings_of(parse("hf:x?bacth=8"), Settings)
    with pytest.raises(ModelError, match="batch=many: Input should be a valid integer"):
        settings_of(parse("hf:x?batch=many"), Settings)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("openai:cap@http://a:8000/v1?key=MY_KEY&in_flight=8&price_in=1&limit=max_tokens", "openai:cap"),
        ("openai:cap@https://b/v1?video=true&revision=2", "openai:cap?revision=2&video=true"),
        ("hf:org/name?batch=4&dtype=bfloat16&device=cuda:1", "hf:org/name?dtype=bfloat16"),
        ("whisper:large?beam=5", "whisper:large?beam=5"),
        ("builtin", "builtin"),
    ],
)
def test_a_model_is_known_by_what_its_answers_depend_on(text: str, known: str):
    assert known_as(text) == known


@pytest.mark.parametrize("text", ["", ":x", "openai:m", "openai:m@host/v1", "openai:@http://h"])
def test_what_names_no_model(text: str):
    with pytest.raises(ModelError):
        parse(text)


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(ModelError) as caught:
        parse("openai:m@http://me:sesame@h/v1")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-sesame", "gsk_sesame", ""])
def test_a_key_in_a_name_is_refused_and_not_repeated(key: str):
    with pytest.raises(ModelError, match="the name of an environment variable") as caught:
        parse(f"openai:m@http://h/v1?key={key}")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("setting", ["in_flight=0", "attempts=0", "seconds=0", "seconds=nan", "price_in=-1"])
def test_numbers_that_make_no_sense_are_refused(setting: str):
    with pytest.raises(ModelError, match=r"^m: "):
        settings_of(parse(f"openai:m@http://h/v1?{setting}"), ChatSettings)
