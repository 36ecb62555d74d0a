"""The page of a clip: what it holds, and that whatever is written in a dataset stays text."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from clips_dataset import client_of
from told_dataset import HOSTILE, VIDEO, WHOLE, clip_id, told_dataset

from shotlist.reviews.decision import Decision
from shotlist.reviews.log import Log
from shotlist.view.facts.diff import compared, marked


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    dataset = told_dataset(tmp_path_factory.mktemp("clip"))
    log = Log(dataset.store)
    for k, choice in enumerate(("accept", "reject")):
        time = f"2026-01-0{k + 1}T00:00:00+00:00"
        log.add(Decision(f"{k}" * 20, time, "Ann", "first", "judge", clip_id(0), VIDEO, choice, HOSTILE))
    with client_of(dataset, tmp_path_factory.mktemp("cache")) as made:
        yield made


def told(client: Any, k: int = 0, **query: Any) -> Any:
    answer = client.get(f"/clips/{clip_id(k)}", params={**query, "format": "json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


class Tags(HTMLParser):
    """What a browser would see as tags and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        assert dict(attrs).get("src") != "x"


@pytest.mark.parametrize("query", ["", "?against=strip"])
def test_every_page_of_a_hostile_dataset_shows_texts_as_texts(client: Any, query: str) -> None:
    clips = (f"/clips/{clip_id(k)}" for k in range(3))
    for path in (*clips, f"/videos/{VIDEO}", f"/videos/{VIDEO}?part=transcript", "/videos/bad", "/videos", "/failures"):
        page = client.get(path + (query if "?" not in path else "")).text
        found = Tags(page)
        assert not {name for name in found.attributes if name.startswith("on") or name == "style"}, path
        assert "iframe" not in found.names
        assert path in ("/videos/bad",) or "{{7*7}}" in page, path


def test_there_is_no_page_of_a_clip_that_is_not_there(client: Any) -> None:
    answer = client.get("/clips/<b>nothing?format=json")
    assert (answer.status_code, answer.json()["error"]) == (404, "<b>nothing: the dataset has no such clip")


def test_the_shown_caption_is_the_one_that_the_others_went_into(client: Any) -> None:
    captions = told(client)["captions"]
    assert captions["shown"] == captions["against"] == "merge"
    assert [row["table"] for row in captions["rows"]] == ["merge", "polish", "strip", "teacher_b"]
    assert [row["into"] for row in captions["rows"]] == [[], ["merge"], ["polish"], []]
    first = captions["rows"][0]
    assert (first["model"], first["prompt"], first["tokens_in"], first["finish"]) == ("m", "merge", 300, "length")
    assert first["inputs"] == ["captions", "subtitles"]


def test_captions_are_compared_with_the_one_that_was_chosen(client: Any) -> None:
    rows = {row["table"]: row for row in told(client, against="polish")["captions"]["rows"]}
    assert rows["polish"]["compared"] is None
    assert rows["teacher_b"]["compared"] == [
        ["A ", False],
        ["cat sleeps on", True],
        [" red carpets.", False],
    ]
    assert rows["teacher_b"]["shared"] == pytest.approx(6 / 12)
    page = client.get(f"/clips/{clip_id(0)}?against=polish").text
    assert "A <mark>cat sleeps on</mark> red carpets." in page


def test_a_step_that_failed_on_the_clip_says_so_among_the_captions(client: Any) -> None:
    rows = {row["table"]: row for row in told(client, 1)["captions"]["rows"]}
    assert rows["teacher_b"]["text"] is None
    assert rows["teacher_b"]["failure"] == f"the model refused: {HOSTILE}"
    assert told(client, 2)["failures"][0]["may_pass"]


def test_claims_that_no_input_holds_are_marked_with_the_reason(client: Any) -> None:
    evidence = told(client)["evidence"]
    claims = {claim["word"]: claim for claim in evidence["claims"]}
    assert claims["14"]["reason"] == "this number stands in none of the inputs"
    assert claims["Paris"]["reason"] == "none of the inputs has this name"
    assert claims["fresh bread"]["held_by"] == ["transcript"]
    assert {"polish", "colour"} <= set(claims["red"]["held_by"])
    assert [text for text, on in evidence["pieces"] if on] == ["14", "Paris"]
    assert "".join(text for text, _ in evidence["pieces"]) == WHOLE
    assert evidence["unsupported"] == 2


def test_the_texts_that_a_caption_was_made_from_stand_below_it(client: Any) -> None:
    evidence = told(client)["evidence"]
    sources = {source["table"]: source["texts"] for source in evidence["sources"]}
    assert sources["polish"] == ["A dog runs over red carpets."]
    assert sources["transcript"] == ["fresh bread every day"]
    assert HOSTILE in sources["sources"]
    assert evidence["measures"] == ["colour"]


def test_differential_captions_come_with_their_times_and_key_frames(client: Any) -> None:
    values = told(client)
    (pieces,) = values["captions"]["pieces"]
    assert [piece["time_us"] for piece in pieces["pieces"]] == [0, 2_000_000]
    assert [frame["similarity"] for frame in values["key_frames"]] == [None, 0.5]


def test_the_transcript_has_a_track_for_each_source_and_words_where_they_are_known(client: Any) -> None:
    tracks = told(client)["transcript"]
    assert [track["name"] for track in tracks] == ["recognised speech", "subtitle file"]
    assert [word["text"] for word in tracks[0]["lines"][0]["words"]] == ["fresh", "bread"]
    assert tracks[0]["lines"][0]["speaker"] == "speaker 1"
    assert [line["text"] for line in told(client, 2)["transcript"][0]["lines"]] == ["Last"]


def test_a_dropped_clip_tells_the_rule_its_condition_and_the_value(client: Any) -> None:
    rules = {rule["rule"]: rule for rule in told(client, 1)["rules"]}
    assert rules["bright"]["fulfilled"]
    assert not rules["odd<b>"]["fulfilled"]
    assert rules["odd<b>"]["values"] == {"clips.seconds": 5.0}
    assert rules["bright"]["values"] == {"light.brightness": 0.2, "clips.seconds": 5.0}
    page = client.get(f"/clips/{clip_id(1)}").text
    assert "Dropped by the rule odd&lt;b&gt;" in page


def test_measures_tell_where_the_clip_lies_and_what_rules_want(client: Any) -> None:
    measures = {m["label"]: m for m in told(client, 1)["measures"]}
    light = measures["light.brightness"]
    assert (light["value"], light["below"], light["same"]) == (0.2, pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert sum(light["bins"]) == 3
    assert light["rules"] == [{"rule": "bright", "at": 0.15}]
    assert measures["clips.mark"]["value"] is None
    assert not any(label.startswith(("merge", "polish")) for label in measures)


def test_the_clips_beside_it_are_those_of_the_video_and_of_the_query(client: Any) -> None:
    values = told(client, 1)
    assert values["in_video"] == {"previous": clip_id(0), "next": clip_id(2), "place": 2, "total": 3}
    assert values["in_query"] is None
    walked = told(client, 1, sort="-seconds", seconds="4..")
    assert walked["query"] == {"sort": "-seconds", "seconds": "4.."}
    assert walked["in_query"] == {"previous": None, "next": clip_id(0), "place": 1, "total": 2}
    page = client.get(f"/clips/{clip_id(1)}?sort=-seconds&seconds=4..").text
    assert f"/clips/{clip_id(0)}?sort=-seconds&amp;seconds=4.." in page


def test_a_wrong_query_does_not_hide_the_clip(client: Any) -> None:
    assert told(client, 1, nothing="7", view="list")["in_query"] is None


def test_decisions_of_people_stand_there_the_last_one_counting(client: Any) -> None:
    reviews = told(client)["reviews"]
    assert [(review["choice"], review["counts"]) for review in reviews] == [("reject", True), ("accept", False)]
    assert told(client, 1)["reviews"] == []


def test_lines_to_copy_are_safe_to_paste_into_a_shell(client: Any) -> None:
    lines = {line["name"]: line["line"] for line in told(client)["copy"]}
    assert lines["clip id"] == clip_id(0)
    assert "'/films/a'\"'\"'s </script>" in lines["cut it out"]
    assert "-ss 0.000000" in lines["cut it out"] and "-t 4.000000" in lines["cut it out"]
    assert lines["ask about it"].endswith(f"\"SELECT * FROM everything WHERE clip_id = '{clip_id(0)}'\"")


def test_a_part_that_can_not_be_read_costs_nothing_but_itself(client: Any, tmp_path: Path) -> None:
    dataset = told_dataset(tmp_path / "broken")
    with client_of(dataset, tmp_path) as visitor:
        assert visitor.get(f"/clips/{clip_id(0)}").status_code == 200
        assert dataset.local is not None
        (dataset.local / "tables/transcript/0.f.parquet").write_bytes(b"PAR1 no")
        answer = visitor.get(f"/clips/{clip_id(0)}?format=json").json()
        assert "tables/transcript/0.f.parquet can't be read" in answer["problems"][0]
        assert answer["captions"]["rows"][0]["text"] == WHOLE
        assert json.dumps(answer)


def test_texts_are_compared_by_words_not_by_signs() -> None:
    assert compared("The CAT, sat!", "the cat sat") == ([("The CAT, sat!", False)], 1.0)
    assert compared("Ein Bär\u2019s Haus", "ein bär's Hof")[0] == [("Ein Bär\u2019s ", False), ("Haus", True)]
    assert compared("", "x") == ([("", False)], 0.0)
    assert compared("犬が走る", "猫が走る")[0] == [("犬", True), ("が走る", False)]


def test_marks_that_overlap_become_one() -> None:
    assert marked("abcdef", [(3, 5), (1, 4)]) == [("a", False), ("bcde", True), ("f", False)]
