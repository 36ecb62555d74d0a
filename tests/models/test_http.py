import itertools
import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shotlist.errors import MediaError, ModelError
from shotlist.models.http import Call, File, Limits, Reply, Server, said
from shotlist.models.refusals import Refusals

QUICK = Limits(attempts=3, silence_seconds=5, total_seconds=5, first_wait=0.02, longest_wait=5)
numbers = itertools.count()


def chat(model: str, text: str | None = None) -> Call:
    """A call of its own, even where model and text were used before."""
    content = f"{text or 'hello'} {next(numbers)}"
    return Call("chat/completions", {"model": model, "messages": [{"role": "user", "content": content}]})


def words(answer: Reply | MediaError) -> str:
    assert isinstance(answer, Reply), answer
    return str(answer.content["choices"][0]["message"]["content"])


def log(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/log") as answer:
        return list(json.load(answer)["asked"])


def asked(url: str, call: Call) -> list[float]:
    """When a call arrived."""
    return [a["time"] for a in log(url) if a["body"] == call.body]


@pytest.fixture
def server(faulty: str) -> Iterator[Server]:
    with Server(faulty, limits=QUICK) as server:
        yield server


Ask = Callable[[Call], Reply | MediaError]


@pytest.fixture
def ask(server: Server) -> Ask:
    return lambda call: next(server.ask([call]))


def failed(answer: Reply | MediaError) -> MediaError:
    assert isinstance(answer, MediaError), answer
    return answer


def test_answers_come_in_the_order_of_the_questions(server: Server):
    calls = [chat("later=0.2" if k % 7 == 0 else "ok", str(k)) for k in range(60)]
    assert [words(a).split()[1] for a in server.ask(calls)] == [str(k) for k in range(60)]


def test_calls_run_side_by_side_but_never_more_than_allowed(faulty: str):
    with Server(faulty, limits=Limits(in_flight=4)) as server:
        began = time.monotonic()
        assert len(list(server.ask(chat("later=0.1") for _ in range(20)))) == 20
        assert 0.5 <= time.monotonic() - began < 1.2


def test_questions_are_read_only_a_little_ahead(faulty: str):
    read = []

    def calls() -> Iterator[Call]:
        for k in range(100):
            read.append(k)
            yield chat("later=0.02")

    with Server(faulty, limits=Limits(in_flight=2)) as server:
        next(server.ask(calls()))
    assert len(read) <= 9


def test_threads_may_share_a_server(server: Server):
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda k=k: found.update({k: words(next(server.ask([chat("ok", str(k))])))}))
        for k in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[k].split()[1] for k in range(16)] == [str(k) for k in range(16)]


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(ask: Ask, status: int):
    answer = ask(chat(f"{status},{status},ok"))
    assert isinstance(answer, Reply)
    assert answer.attempts == 3


@pytest.mark.parametrize("step", ["cut", "half"])
def test_a_lost_connection_is_opened_again(ask: Ask, step: str):
    assert words(ask(chat(f"{step},ok"))).startswith("echo")
    failure = failed(ask(chat(step)))
    assert (failure.kind, failure.may_pass) == ("connection lost", True)


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refusal_is_not_tried_again_before_its_cause_may_be_mended(ask: Ask, faulty: str, status: int):
    call = chat(f"{status},ok")
    failure = failed(ask(call))
    assert (failure.kind, failure.may_pass) == ("refused", True)
    assert f"{faulty} answered {status}" in str(failure)
    assert "no luck" in str(failure)
    assert len(asked(faulty, call)) == 1


def test_in_the_end_a_failure_that_may_pass_says_so(ask: Ask, faulty: str):
    call = chat("503")
    failure = failed(ask(call))
    assert (failure.kind, failure.may_pass) == ("server error", True)
    assert len(asked(faulty, call)) == 3


def test_waits_grow(faulty: str):
    with Server(faulty, limits=Limits(attempts=4, first_wait=0.1)) as server:
        call = chat("500")
        next(server.ask([call]))
    first, second, third, fourth = asked(faulty, call)
    assert 0.05 <= second - first <= 0.2
    assert 0.1 <= third - second <= 0.3
    assert 0.2 <= fourth - third <= 0.5


@pytest.mark.parametrize("asked_for", ["1", "@1"])
def test_the_wait_that_a_server_asks_for_is_kept_by_all_calls(server: Server, faulty: str, asked_for: str):
    limited = chat(f"429={asked_for},ok")
    assert words(next(server.ask([chat("ok")])))
    began = time.time()
    answers = server.ask(itertools.chain([limited], _after(0.3, [chat("ok") for _ in range(5)])))
    assert all(words(a) for a in answers)
    assert all(a["time"] - began >= 1 for a in log(faulty)[-6:])


def _after(seconds: float, calls: list[Call]) -> Iterator[Call]:
    time.sleep(seconds)
    yield from calls


def test_a_server_that_asks_for_too_much_patience_ends_the_work(ask: Ask):
    with pytest.raises(ModelError, match="asks for 3600 s of patience; run again then"):
        ask(chat("429=3600"))


def test_silence_ends_after_a_time(faulty: str):
    limits = Limits(attempts=2, silence_seconds=0.2, first_wait=0.01)
    with Server(faulty, limits=limits) as server:
        began = time.monotonic()
        failure = failed(next(server.ask([chat("hang=3")])))
        assert time.monotonic() - began < 1.5
    assert (failure.kind, failure.may_pass) == ("time limit", True)
    assert "did not answer in 0.2" in str(failure)


def test_an_answer_that_drips_ends_after_a_time(faulty: str):
    limits = Limits(attempts=1, total_seconds=0.4)
    with Server(faulty, limits=limits) as server:
        began = time.monotonic()
        assert failed(next(server.ask([chat("drip")]))).kind == "time limit"
        assert time.monotonic() - began < 1.5


def test_a_huge_answer_is_not_read_to_its_end(faulty: str):
    with Server(faulty, limits=Limits(answer_bytes=1_000_000)) as server:
        failure = failed(next(server.ask([chat("large=10000000")])))
        assert (failure.kind, str(failure)) == (
            "bad answer",
            f"the answer of {faulty} is larger than 1 MB and was not read",
        )
        assert words(next(server.ask([chat("large=900000")])))


@pytest.mark.parametrize("step", ["nonsense", "list", "empty"])
def test_an_answer_that_is_no_json_object_is_a_failure(ask: Ask, faulty: str, step: str):
    failure = failed(ask(chat(step)))
    assert failure.kind == "bad answer"
    assert str(failure) == f"{faulty} gave an answer that is no JSON object"


def test_nonsense_is_asked_again(ask: Ask):
    assert words(ask(chat("nonsense,empty,ok"))).startswith("echo")


def test_a_failure_inside_an_answer_is_one_like_any_other(ask: Ask):
    assert words(ask(chat("inside=429,inside=502,ok"))).startswith("echo")
    failure = failed(ask(chat("inside=403")))
    assert (failure.kind, "403 Forbidden: no luck" in str(failure)) == ("refused", True)


def test_a_server_that_takes_few_calls_a_second_answers_all(faulty: str):
    with Server(faulty, limits=Limits(in_flight=64, first_wait=0.1)) as server:
        began = time.monotonic()
        assert all(words(a) for a in server.ask(chat("rate=20") for _ in range(60)))
        assert time.monotonic() - began < 6  # 3 s at best


def test_a_server_that_answers_nothing_ends_the_work(faulty: str):
    limits = Limits(in_flight=4, attempts=1)
    with Server(faulty, limits=limits) as server, pytest.raises(ModelError, match="as 20 calls in a row; run again"):
        list(server.ask(chat("500") for _ in range(100)))
    with Server(faulty, limits=limits) as server:
        answers = list(server.ask(chat("ok" if k % 19 == 18 else "500") for k in range(60)))
    assert sum(isinstance(a, Reply) for a in answers) == 3


def judged(status: int, message: str, secret: str = "sesame", **facts: str) -> MediaError:
    text = json.dumps({"error": {"message": message, **facts}}).encode()
    return failed(Refusals("http://h/v1", "KEY", secret).judge(status, {}, text))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "The response was filtered due to the prompt triggering the content management policy."),
        (400, "Your input was flagged by our safety system."),
        (403, "This model requires moderation, and your API key's input was flagged."),
    ],
)
def test_what_a_server_will_not_look_at_stays_refused(status: int, message: str):
    assert not judged(status, message).may_pass


@pytest.mark.parametrize(
    ("status", "message", "type_"),
    [
        (403, "Forbidden", "authentication_error"),
        (403, "You have insufficient permissions for this operation.", ""),
        (400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
    ],
)
def test_a_key_that_is_refused_ends_the_work_whatever_the_status(status: int, message: str, type_: str):
    with pytest.raises(ModelError, match="refuses the key in KEY"):
        judged(status, message, type=type_)
    with pytest.raises(ModelError, match="asks for a key: put it into the environment variable KEY"):
        judged(status, message, "", type=type_)


def test_a_server_that_refuses_its_first_calls_all_for_one_reason_is_asked_no_more(faulty: str):
    with Server(faulty, limits=Limits(in_flight=4)) as server, pytest.raises(ModelError) as caught:
        list(server.ask(chat("400") for _ in range(1000)))
    assert "400 Bad Request: no luck" in str(caught.value)
    assert "and so to each of the first 20 calls; mend the cause and run again" in str(caught.value)
    with Server(faulty, limits=Limits(in_flight=4)) as server:
        answers = list(server.ask(chat("ok" if k == 3 else "400") for k in range(60)))
    assert sum(isinstance(a, Reply) for a in answers) == 1


def test_a_server_that_is_pinned_to_another_model_is_told_by_its_refusal(ask: Ask, faulty: str):
    with pytest.raises(ModelError, match=f"{faulty} has no model pinned; it has: ok, other .*Server is pinned to 'ok'"):
        ask(chat("pinned"))


@pytest.mark.parametrize(
    ("param", "advice"), [("max_tokens", "limit=max_completion_tokens"), ("temperature", "sampling=false")]
)
def test_a_parameter_that_a_server_does_not_know_ends_the_work_with_advice(param: str, advice: str):
    text = json.dumps({"error": {"message": "Unknown.", "param": param, "code": "unsupported_parameter"}}).encode()
    with pytest.raises(ModelError, match=f"Unknown; add {advice} to the model's string"):
        Refusals("http://h/v1", "KEY", "").judge(400, {}, text)


def test_a_proxy_is_not_asked_for_this_machine(ask: Ask):
    os.environ["HTTP_PROXY"] = "http://127.0.0.1:9"
    try:
        assert words(ask(chat("ok")))
    finally:
        del os.environ["HTTP_PROXY"]


def test_a_proxy_of_an_unknown_kind_is_told():
    os.environ["HTTP_PROXY"] = "carrier-pigeon://127.0.0.1:9"
    try:
        with Server("http://example.invalid/v1", limits=QUICK) as server, pytest.raises(ModelError, match="the proxy"):
            list(server.ask([chat("ok")]))
    finally:
        del os.environ["HTTP_PROXY"]


def completion(message: dict[str, Any], finish: str = "stop") -> Reply:
    return Reply({"choices": [{"message": message, "finish_reason": finish}]}, 0.1)


def test_text_may_come_in_parts():
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "A "}, {"type": "text", "text": "cat."}]
    assert said(completion({"content": parts}), "h") == "A cat."


@pytest.mark.parametrize(
    ("message", "finish", "kind", "sentence"),
    [
        ({"content": None, "refusal": "I can't."}, "stop", "refused", "the model behind h refuses: I can't."),
        ({"content": "A c"}, "content_filter", "refused", "h holds its answer back"),
        ({"content": None, "reasoning_content": "Hm"}, "length", "empty answer", "came to max_tokens"),
        ({}, "stop", "empty answer", "without text"),
    ],
)
def test_an_answer_without_text_says_why(message: dict[str, Any], finish: str, kind: str, sentence: str):
    failure = said(completion(message, finish), "h")
    assert isinstance(failure, MediaError)
    assert failure.kind == kind
    assert sentence in str(failure)


@pytest.mark.parametrize(("step", "sentence"), [("nochoices", "without choices"), ("null", "without text")])
def test_a_completion_that_says_nothing_is_a_failure(ask: Ask, step: str, sentence: str):
    reply = ask(chat(step))
    assert isinstance(reply, Reply)
    assert sentence in str(said(reply, "the server"))
    assert isinstance(said(reply, "the server"), MediaError)


def test_the_key_comes_from_the_environment_and_is_never_shown(faulty: str):
    os.environ["FAULTY_KEY"] = "sk-very-secret"
    try:
        with Server(faulty, key="FAULTY_KEY", limits=QUICK) as server:
            assert words(next(server.ask([chat("ok")])))
            assert log(faulty)[-1]["headers"]["authorization"] == "Bearer sk-very-secret"
            with pytest.raises(ModelError, match="refuses the key in FAULTY_KEY") as caught:
                list(server.ask([chat("401")]))
            failure = failed(next(server.ask([chat("400")])))
            shown = [str(caught.value), str(failure), repr(server), repr(vars(server))]
            assert not any("secret" in text for text in shown)
    finally:
        del os.environ["FAULTY_KEY"]


def test_a_key_that_can_not_be_one_is_not_sent(faulty: str):
    os.environ["FAULTY_KEY"] = "sk-“quoted”"
    try:
        with Server(faulty, key="FAULTY_KEY") as server, pytest.raises(ModelError, match="in FAULTY_KEY is no key"):
            list(server.ask([chat("ok")]))
    finally:
        del os.environ["FAULTY_KEY"]


def test_a_missing_key_is_asked_for(faulty: str):
    key = os.environ.pop("OPENAI_API_KEY", None)
    try:
        with Server(faulty) as server, pytest.raises(ModelError, match="put it into the environment variable OPENAI"):
            list(server.ask([chat("401")]))
    finally:
        os.environ.update({"OPENAI_API_KEY": key} if key else {})


def test_a_key_that_is_named_must_be_there(faulty: str):
    told = "the environment variable NO_SUCH_KEY is not set"
    with Server(faulty, key="NO_SUCH_KEY") as server, pytest.raises(ModelError, match=told):
        list(server.ask([chat("ok")]))


def test_what_a_server_says_comes_without_control_characters(ask: Ask):
    assert "\x1b" not in str(failed(ask(chat("400"))))


def test_an_unknown_model_is_answered_with_those_that_there_are(ask: Ask, faulty: str):
    with pytest.raises(ModelError, match=f"{faulty} has no model 404=missing; it has: ok, other"):
        ask(chat("404=missing"))


def test_a_wrong_path_is_told_apart_from_a_wrong_model(faulty: str):
    with Server(faulty) as server, pytest.raises(ModelError, match="usually ends in /v1"):
        list(server.ask([Call("nowhere", {"model": "ok", "messages": [{"content": "x"}]})]))


@pytest.mark.parametrize(
    ("step", "said"), [("402", "pays for no more"), ("429=insufficient_quota", "pays for no more")]
)
def test_an_empty_account_ends_the_work(ask: Ask, step: str, said: str):
    with pytest.raises(ModelError, match=said):
        ask(chat(step))


def test_a_server_that_moved_is_not_followed(ask: Ask):
    with pytest.raises(ModelError, match="to which it points: https://elsewhere"):
        ask(chat("301=https://elsewhere.example/v1"))


def test_nobody_at_the_address_ends_the_work():
    with Server("http://127.0.0.1:9/v1", limits=QUICK) as server, pytest.raises(ModelError, match="nothing answers at"):
        list(server.ask([chat("ok")]))


@pytest.mark.parametrize(
    "url",
    ["ftp://host/v1", "localhost:8000", "http://", "http://ho\nst/v1", "http://xn--/v1", "http://user:pass@host/v1"],
)
def test_an_address_that_is_none(url: str):
    with pytest.raises(ModelError) as caught:
        Server(url)
    assert "pass@" not in str(caught.value)


def test_a_form_with_a_file(ask: Ask, faulty: str):
    form = {"model": "ok", "prompt": "listen", "language": "en"}
    assert words(ask(Call("audio/transcriptions", form=form, files={"file": File("a.wav", b"RIFF" * 9, "audio/wav")})))
    note = log(faulty)[-1]
    assert note["path"] == "/v1/audio/transcriptions"
    assert note["body"] == {**form, "file": "a.wav 36"}


def test_a_forked_worker_opens_connections_of_its_own(server: Server):
    assert words(next(server.ask([chat("ok")])))
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if words(next(server.ask([chat("ok")]))) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0


def test_leaving_early_lets_go_of_what_is_under_way(faulty: str):
    with Server(faulty, limits=QUICK) as server:
        answers = server.ask(chat("later=0.05") for _ in range(1000))
        next(answers)
        answers.close()
        assert all(words(a) for a in server.ask(chat("ok") for _ in range(100)))
