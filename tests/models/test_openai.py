import base64
import io
import json
import urllib.request
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shotlist.errors import ModelError
from shotlist.models.cache import Cache, key_of
from shotlist.models.chat import open_model
from shotlist.models.contracts import Answer, Footage, Heard, Request, Still
from shotlist.models.http import Reply
from shotlist.models.names import parse
from shotlist.models.openai import OpenAIModel
from shotlist.models.thoughts import spoken

JPEG = b"\xff\xd8 a picture"
FOOTAGE = Footage((Still(2_000_000, JPEG), Still(3_500_000, b"next")), 1_000_000)


@pytest.fixture
def answered(faulty: str):
    """An answer of the server to a request, and the body that it got."""

    def answered(request: Request, settings: str = "", model: str = "ok") -> tuple[Answer, dict[str, Any]]:
        client = OpenAIModel(parse(f"openai:{model}@{faulty}?attempts=1&{settings}"))
        (answer,) = client.caption([request])
        client.server.close()
        with urllib.request.urlopen(f"{faulty}/log") as log:
            return answer, json.load(log)["asked"][-1]["body"]

    return answered


def test_text_is_sent_as_text_with_its_settings(answered):
    request = Request(("Hello.", "And more."), "Be brief.", 50, 0.5, 3)
    answer, body = answered(request)
    assert body == {
        "model": "ok",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello.\n\nAnd more."},
        ],
        "max_tokens": 50,
        "temperature": 0.5,
        "seed": 3,
    }
    assert answer.text == "echo: Hello.\n\nAnd more."
    assert (answer.tokens_in, answer.tokens_out, answer.finish, answer.model) == (7, 3, "stop", "ok")
    assert 0 < answer.seconds < 5


def test_pictures_travel_as_data_links(answered):
    _, body = answered(Request(("Look:", Still(0, JPEG))))
    text, picture = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "Look:"}
    assert picture["type"] == "image_url"
    assert base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")) == JPEG


def test_footage_is_stills_with_their_true_times(answered):
    _, body = answered(Request((FOOTAGE, "What happens?")))
    kinds = [part["type"] for part in body["messages"][0]["content"]]
    assert kinds == ["text", "image_url", "text", "image_url", "text"]
    assert [p["text"] for p in body["messages"][0]["content"] if "text" in p] == ["1.00 s:", "2.50 s:", "What happens?"]


def test_footage_is_one_video_where_the_model_takes_it(answered):
    _, body = answered(Request((FOOTAGE,)), "video=true")
    told, video = body["messages"][0]["content"]
    assert told["text"] == "The frames of this video were taken at 1.00, 2.50 s."
    frames = video["video_url"]["url"].removeprefix("data:video/jpeg;base64,").split(",")
    assert [base64.b64decode(f) for f in frames] == [JPEG, b"next"]


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_sent_as_wav(answered, channels: int):
    samples = np.linspace(-1, 1, 1600 * channels, dtype=np.float32).reshape(channels, 1600)
    _, body = answered(Request((Heard(samples if channels == 2 else samples[0]), "What is heard?")))
    sound = body["messages"][0]["content"][0]
    assert (sound["type"], sound["input_audio"]["format"]) == ("input_audio", "wav")
    with wave.open(io.BytesIO(base64.b64decode(sound["input_audio"]["data"]))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (channels, 16_000, 1600)


def test_settings_change_what_is_sent(answered):
    settings = 'limit=max_completion_tokens&sampling=false&extra={"top_k":1,"chat_template_kwargs":{"thinking":false}}'
    _, body = answered(Request(("x",), json=True), settings)
    assert body["max_completion_tokens"] == 512
    assert not {"max_tokens", "temperature", "seed"} & set(body)
    assert body["response_format"] == {"type": "json_object"}
    assert (body["top_k"], body["chat_template_kwargs"]) == (1, {"thinking": False})


def test_instructions_may_stand_before_the_question(answered):
    _, body = answered(Request(("x", Still(0, JPEG)), "Be brief."), "system=false")
    (message,) = body["messages"]
    assert (message["role"], [p.get("text") for p in message["content"]]) == ("user", ["Be brief.", "x", None])


def test_settings_that_change_answers_change_the_identity():
    def identity(settings: str) -> str:
        return OpenAIModel(parse(f"openai:m@http://h/v1?{settings}")).identity

    assert identity("in_flight=3&price_in=1") == identity("")
    assert identity("video=true") != identity("") != identity('extra={"top_k":1}')
    assert identity("system=false") != identity("") != identity("revision=2")


def test_a_server_that_moved_serves_the_same_model(faulty: str, tmp_path: Path):
    gone = OpenAIModel(parse("openai:ok@http://gone:8000/v1"))
    cache, request = Cache(tmp_path / "answers.sqlite"), Request(("x",))
    cache.put(key_of(gone.identity, request), Answer("kept"))
    (answer,) = open_model(f"openai:ok@{faulty}", cache).caption([request])
    assert (answer.text, answer.cached) == ("kept", True)
    (other,) = open_model(f"openai:ok@{faulty}?revision=2", cache).caption([request])
    assert other.text == "echo: x"


@pytest.mark.parametrize(
    ("model", "kind"), [("nochoices", "bad answer"), ("null", "empty answer"), ("500", "server error")]
)
def test_a_failure_is_an_answer_with_a_reason(answered, model: str, kind: str):
    answer, _ = answered(Request(("x",)), model=model)
    assert answer.text is None
    assert answer.failure is not None and answer.failure.kind == kind


def test_a_model_that_never_says_anything_is_not_asked_for_ever(faulty: str):
    model = open_model(f"openai:null@{faulty}?in_flight=8&revision=silent")
    answers = []
    with pytest.raises(ModelError, match=r"null: .* gave an answer without text; so it was with each of the first 100"):
        answers += model.caption(Request((f"frame {k}",)) for k in range(1000))
    mixed = open_model(f"openai:ok,null@{faulty}?in_flight=8")
    answers = [a.text for k in range(3) for a in mixed.caption([Request(("the same",), seed=k)] * 60)]
    assert len(answers) == 180 and answers.count(None) > 170


def test_thoughts_are_no_part_of_an_answer():
    assert spoken("<think>Hm, a cat.</think>\n\nA cat.") == "A cat."
    assert spoken("Hm, a cat.</think> A cat.") == "A cat."
    assert spoken(" A cat. ") == "A cat."
    for text in ("<think>Hm, a", "<think>Hm</think> "):
        assert "came to max_tokens before it gave an answer" in str(spoken(text))


def test_an_answer_can_be_stored():
    assert spoken("A\x00 cat\x1b \ud83d\nsits.") == "A cat \nsits."
    assert str(spoken("\x00 \x1b", "h")) == "h gave an answer without text"


@pytest.mark.parametrize(
    ("usage", "finish", "found"),
    [
        ({"prompt_tokens": 10**30, "completion_tokens": True}, "x" * 999, (None, None, None)),
        (None, "MAX_TOKENS", (None, None, "length")),
        ([], None, (None, None, None)),
    ],
)
def test_counts_that_make_no_sense_are_not_taken(usage: Any, finish: Any, found: Any):
    choice = {"message": {"content": "A cat."}, "finish_reason": finish}
    answer = OpenAIModel(parse("openai:m@http://h/v1"))._answer(Reply({"choices": [choice], "usage": usage}, 0.1))
    assert (answer.tokens_in, answer.tokens_out, answer.finish) == found


def test_each_answer_belongs_to_its_request_though_servers_are_slow_and_fail(faulty: str, tmp_path: Path):
    steps = "later=0.05", "500,ok", "ok", "null", "later=0.15", "cut,ok"
    models = [open_model(f"openai:{s}@{faulty}?in_flight=8", Cache(tmp_path / "answers.sqlite")) for s in steps]
    requests = [Request((f"frame {k}",)) for k in range(30)]
    for model, step in zip(models, steps, strict=True):
        for _ in range(2):  # the second time from the cache
            answers = list(model.caption(requests))
            expected = [None] * 30 if step == "null" else [f"echo: frame {k}" for k in range(30)]
            assert [a.text for a in answers] == expected
        assert all(a.cached for a in answers) == (step != "null")
