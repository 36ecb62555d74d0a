"""Captions of single frames and of channels: which frames, and one row for each clip."""

from pathlib import Path

import pytest
from clips_seen import note, shown

from servers.digits import number_in
from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.captions.channels import Background, Objects, named
from shotlist.captions.frames import FrameCaptions, seen
from shotlist.captions.merge_text import Merge, Polish
from shotlist.captions.teacher import Teacher
from shotlist.engine.film import Clip, StillInfo
from shotlist.errors import MediaError, ShotlistError
from shotlist.models.contracts import Answer, Still


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    return shown(tmp_path_factory.mktemp("clips"), 201, 202)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return shown(tmp_path, 201)[0]


def refused(may_pass: bool = False) -> Answer:
    return Answer(None, MediaError("refused", "it would not say", may_pass), "m")


def stills(step: FrameCaptions, clip: Clip) -> list[Still]:
    return [part for request in step.requests(clip) for part in request.parts if isinstance(part, Still)]


def test_first_middle_and_last_frame_are_captioned_each_by_itself(clips: list[Clip]) -> None:
    found = stills(FrameCaptions(model="fake:"), clips[1])
    assert [still.time_us for still in found] == [1_000_000, 1_500_000, 1_900_000]
    assert {number_in(still.jpeg) for still in found} == {"202"}
    [row] = FrameCaptions(model="fake:").answers(clips[1:])
    assert row.times_us == (1_000_000, 1_500_000, 1_900_000)
    assert len(set(row.texts)) == 3
    assert row.text == " ".join(f"{text}." for text in row.texts)


def test_tokens_of_all_frames_are_summed_up(clips: list[Clip]) -> None:
    one, three = (FrameCaptions(model="fake:", places=p).answers(clips[:1]) for p in ((0.5,), (0, 0.5, 1)))
    assert next(three).tokens_in == 3 * next(one).tokens_in


def test_a_clip_with_a_single_still_is_asked_about_once_and_has_three_captions(tmp_path: Path) -> None:
    [clip] = shown(tmp_path, 201, seconds=0.1)
    assert len(stills(FrameCaptions(model="fake:"), clip)) == 1
    [row] = FrameCaptions(model="fake:").answers([clip])
    assert row.texts == (row.text,) * 3


def test_a_frame_that_is_refused_is_noted_and_the_others_are_kept(clips: list[Clip]) -> None:
    answers = [Answer("a dog", None, "m", 10, 2, finish="stop"), refused(), Answer("the sea", None, "m", 10, 2)]
    step = FrameCaptions(model="fake:")
    assert step.failure(answers) is None
    row = step.told(clips[0], answers)
    assert (row.texts, row.text, row.tokens_in) == (("a dog", None, "the sea"), "a dog. the sea.", 20)
    assert row.failures == (None, "it would not say", None)


def test_frames_that_all_fail_or_may_be_answered_later_are_the_clips_failure() -> None:
    step, late = FrameCaptions(model="fake:"), Answer(None, MediaError("time limit", "too slow", True), "m")
    assert step.failure([refused(), refused()]).kind == "refused"
    assert step.failure([Answer("a dog"), refused(may_pass=True)]) is None
    assert step.failure([Answer("a dog"), late]) is late.failure


def test_what_is_known_of_some_frames_is_merged(clip: Clip) -> None:
    note(clip, "frame_captions", texts=[None, None, "the sea"])
    [request] = Merge(model="fake:").requests(clip)
    assert "Its last frame" in request.parts[-1] and "Its first frame" not in request.parts[-1]
    [row] = Merge().answers([clip])
    assert row.text == "the sea."


def test_frames_come_at_a_rate_if_that_is_asked_for(tmp_path: Path) -> None:
    [clip] = shown(tmp_path, 201, seconds=3.0)
    assert [s.time_us for s in stills(FrameCaptions(per_second=1.0), clip)] == [500_000, 1_500_000, 2_500_000]
    assert len(stills(FrameCaptions(per_second=0.1), clip)) == 1


def test_settings_that_name_no_frame_are_refused() -> None:
    from shotlist.recipes.mmtrail import recipe

    with pytest.raises(ShotlistError, match="places lie between 0, the first frame, and 1, the last"):
        recipe.with_settings(["frame_captions.places=[0, 2]"])
    with pytest.raises(ShotlistError, match="a teacher sees at least one frame"):
        recipe.with_settings(["strip.frames=0"])


def test_without_a_model_a_frame_is_its_colours(clips: list[Clip]) -> None:
    [row] = FrameCaptions().answers(clips[:1])
    assert (row.texts, row.text) == (("Mostly dark yellow and white.",) * 3, "Mostly dark yellow and white.")
    black = StillInfo(0, 0, 0.0, (0, 0, 0, 0), (False,) * 4, False, (0,), (1.0,))
    assert seen(black) == "All black."


@pytest.mark.parametrize(
    "text",
    [
        "a dog, a red ball, The Sea, a dog, sand.",
        "1. a dog\n2. a red ball\n3. The Sea\n4. A dog\n5. sand",
        "- a dog;\n- a red ball;\n\n- The Sea\n- sand",
    ],
)
def test_objects_are_taken_out_of_lists_of_all_kinds(text: str) -> None:
    assert [name.lower() for name in named(text)] == ["a dog", "a red ball", "the sea", "sand"]
    assert named("3.5 mm film, 2 cats") == ["3.5 mm film", "2 cats"]


def test_objects_keep_their_answer_and_no_more_than_five_names(clips: list[Clip]) -> None:
    answer = Answer("one, two, three, four, five, six", model="m")
    row = Objects(model="fake:").told(clips[0], [answer])
    assert (row.text, row.objects) == (answer.text, ("one", "two", "three", "four", "five"))


def test_without_a_model_place_and_objects_are_not_known(clips: list[Clip]) -> None:
    assert list(Background().answers(clips)) == list(Objects().answers(clips)) == [None, None]


def test_a_strip_is_told_how_many_frames_it_has_and_how_long_they_span(clips: list[Clip]) -> None:
    [request] = Teacher(title="strip", model="fake:", prompt="strip", frames=4).requests(clips[0])
    assert "The 4 frames span 1.0 seconds." in request.parts[-1]


def test_polish_is_asked_with_the_caption_as_a_quotation_and_changes_nothing_without_a_model(clip: Clip) -> None:
    note(clip, "strip", **vars(next(Teacher(title="strip").answers([clip]))))
    [row] = Polish().answers([clip])
    assert row.text == clip.row("strip")["text"]
    [request] = Polish(model="fake:").requests(clip)
    assert f"> {row.text}" in request.parts[-1]


def test_merge_is_told_all_channels(clip: Clip) -> None:
    note(clip, "frame_captions", texts=["a beach", "a dog runs", "the sea"])
    note(clip, "polish", text="A dog runs to the sea.", model="m")
    note(clip, "objects", objects=["a dog", "a ball"])
    note(clip, "music", text="A calm piano.")
    note(clip, "heard", tags=[{"label": "Waves", "score": 0.9}])
    note(clip, "transcript", text="Come back!", source="speech", sounds="barking")
    [request] = Merge(model="fake:").requests(clip)
    lines = [line for line in request.parts[-1].splitlines() if line.startswith(">")]
    assert lines == [
        "> a beach", "> a dog runs", "> the sea", "> A dog runs to the sea.", "> a dog, a ball", "> A calm piano.",
        "> Waves, barking", "> Come back!",
    ]  # fmt: skip
    [told] = Merge(model="fake:").answers([clip])
    assert told.inputs == "C+A+S"


def test_without_a_model_what_was_seen_comes_first_and_music_and_speech_follow(clip: Clip) -> None:
    note(clip, "polish", text="A dog runs to the sea.", model="m")
    note(clip, "background", text="a beach")
    note(clip, "music", text="A calm piano.")
    note(clip, "transcript", text="Come back!", source="subtitles", sounds=None)
    [row] = Merge().answers([clip])
    assert row.text == "A dog runs to the sea. Place: a beach. A calm piano. Subtitles read: “Come back!”"


@pytest.mark.parametrize("what", ["V", "V+S"])
def test_the_describer_does_not_tell_twice_what_is_heard(clip: Clip, what: str) -> None:
    note(clip, "transcript", text="Come back!", source="subtitles", sounds="barking")
    note(clip, "polish", **vars(next(Teacher(shown=what).answers([clip]))))
    [row] = Merge().answers([clip])
    assert row.text.count("Come back!") == 1 and "barking" not in row.text


def test_nothing_is_merged_where_nothing_was_seen(clip: Clip) -> None:
    assert list(Merge(model="fake:").answers([clip])) == [None]
    assert list(Merge().answers([clip])) == [None]


def test_the_recipe_mmtrail_keeps_every_channel(tiny_films: Path, tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    build([tiny_films / "coast.mp4"], tmp_path / "data", "mmtrail", options=Options(workers=1, report=False))
    found = Dataset(tmp_path / "data").sql(
        "SELECT len(frame_captions.texts), strip.text, polish.text, merge.text FROM frame_captions"
        " JOIN strip USING (clip_id) JOIN polish USING (clip_id) JOIN merge USING (clip_id)"
        " JOIN background USING (clip_id) JOIN objects USING (clip_id) WHERE background.text IS NULL"
    )
    rows = found.fetchall()
    assert rows
    assert all(frames == 3 and strip == polish and merge.startswith(strip) for frames, strip, polish, merge in rows)
