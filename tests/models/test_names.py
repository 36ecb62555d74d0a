from dataclasses import dataclass

import pytest

from shotlist.errors import ModelError
from shotlist.models.names import ModelName, parse, settings_of


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


@pytest.mark.parametrize("text", ["", ":x", "openai:m", "openai:m@host/v1", "openai:@http://h"])
def test_what_names_no_model(text: str):
    with pytest.raises(ModelError):
        parse(text)


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(ModelError) as caught:
        parse("openai:m@http://me:sesame@h/v1")
    assert "sesame" not in str(caught.value)
