"""Reviews: decisions that are never lost, names that never meet, what SQL and rules see of them."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest

from shotlist import Dataset, ShotlistError, build
from shotlist.builder import Options
from shotlist.reviews import shelf
from shotlist.reviews.decision import Decision, Shown
from shotlist.reviews.log import Log
from shotlist.reviews.names import cleaned, file_name
from shotlist.reviews.progress import last_words, progress
from shotlist.reviews.sample import Sample, drawn
from shotlist.reviews.views import stamp
from shotlist.store import Store

_number = itertools.count()


def decided(who: str, clip: str, choice: str, task: str = "judge", **more: Any) -> Decision:
    told = {"id": f"{next(_number):032x}", "time": "2026-01-01T00:00:00.000+00:00", "sample": "first"} | more
    return Decision(who=who, task=task, clip_id=clip, video_id=clip.split("_")[0], choice=choice, **told)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


@pytest.fixture
def in_memory() -> Iterator[Store]:
    """An object store: there are no files that grow, only whole objects."""
    yield Store("memory://bucket/data")
    fsspec.filesystem("memory").rm("/bucket", recursive=True)


# Storing


def test_a_decision_is_a_line_with_all_that_was_said(store: Store, tmp_path: Path) -> None:
    said = decided("ann", "v_0_1", "teacher_b", "pick", shown=(Shown("teacher_b", "Ein Hund 🐕"),), seconds=3.5)
    assert Log(store).add(said)
    line = json.loads((tmp_path / "reviews" / "ann.jsonl").read_text())
    assert line["choice"] == "teacher_b"
    assert line["shown"] == [{"teacher": "teacher_b", "text": "Ein Hund 🐕"}]
    assert "reason" not in line
    assert Log(store).decisions() == [said]


@pytest.mark.parametrize("place", ["store", "in_memory"])
def test_what_is_sent_twice_is_stored_once(place: str, request: pytest.FixtureRequest) -> None:
    store = request.getfixturevalue(place)
    said = decided("ann", "v_0_1", "accept")
    assert [Log(store).add(said), Log(store).add(said)] == [True, False]
    log = Log(store)
    assert [log.add(said), log.add(said)] == [False, False]
    assert log.decisions() == [said]


def test_in_an_object_store_each_decision_is_an_object(in_memory: Store) -> None:
    said = [
        decided(who, f"v_{k}_9", "accept", time=f"2026-01-0{9 - k}") for k in range(3) for who in ("ann", "samples")
    ]
    log = Log(in_memory)
    assert all(map(log.add, said))
    assert len(in_memory.names("reviews/ann")) == 3
    assert sorted(log.decisions(), key=lambda d: d.id) == said
    assert [d.time for d in Log(in_memory).decisions() if d.who == "ann"] == ["2026-01-07", "2026-01-08", "2026-01-09"]


def test_many_at_once_lose_nothing(store: Store) -> None:
    said = [decided(("ann", "bob")[k % 2], f"v_{k}_9", "accept") for k in range(60)]
    logs = [Log(store), Log(store)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda k: logs[k % 2].add(said[k]), range(60)))
    assert {d.id for d in Log(store).decisions()} == {d.id for d in said}
    assert {d.id for d in logs[0].decisions()} == {d.id for d in logs[1].decisions()}


def test_a_line_cut_short_by_a_power_cut_is_told_and_blocks_nothing(store: Store, tmp_path: Path) -> None:
    log = Log(store)
    first, second, third = (decided("ann", f"v_{k}_9", "accept") for k in range(3))
    log.add(first)
    path = tmp_path / "reviews" / "ann.jsonl"
    with path.open("ab") as file:
        file.write(second.line()[:40])
    told = "reviews/ann.jsonl, line 2, can't be read and is left out"
    assert [sentence[: len(told)] for sentence in log.damaged()] == [told]
    assert log.add(third)
    for reader in (log, Log(store)):
        assert reader.decisions() == [first, third]
        assert [sentence[: len(told)] for sentence in reader.damaged()] == [told]
    assert log.add(second)
    assert path.read_bytes().count(b"\n") == 4  # what was cut short is still there to be looked at


def test_a_last_line_that_only_lacks_its_end_counts(store: Store, tmp_path: Path) -> None:
    log = Log(store)
    first, second, third = (decided("ann", f"v_{k}_9", "accept") for k in range(3))
    log.add(first)
    path = tmp_path / "reviews" / "ann.jsonl"
    with path.open("ab") as file:
        file.write(second.line())
    assert log.decisions() == Log(store).decisions() == [first, second]
    assert not log.add(second)
    assert log.add(third)
    assert log.decisions() == Log(store).decisions() == [first, second, third]
    assert log.damaged() == []


@pytest.mark.parametrize("rubbish", [b"\0" * 900, b"\xff\xfe{", b'{"id": 3}', b"[]", b'{"id":"x"}', b'"\\ud800"'])
def test_lines_of_rubbish_are_told(store: Store, tmp_path: Path, rubbish: bytes) -> None:
    said = decided("ann", "v_0_9", "accept")
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "ann.jsonl").write_bytes(rubbish + b"\n\n" + said.line() + b"\n")
    assert Log(store).decisions() == [said]
    assert len(Log(store).damaged()) == 1


def test_a_file_that_was_replaced_is_read_anew(store: Store, tmp_path: Path) -> None:
    log = Log(store)
    first, second = decided("ann", "v_0_9", "accept"), decided("ann", "v_1_9", "reject")
    log.add(first)
    assert log.decisions() == [first]
    aside = tmp_path / "aside"
    aside.write_bytes(second.line() + b"\n")
    aside.replace(tmp_path / "reviews" / "ann.jsonl")
    assert log.decisions() == [second]


def test_a_full_disk_is_told_and_leaves_no_half_line(tmp_path: Path) -> None:
    code = """
import resource, sys
from shotlist.errors import StorageError
from shotlist.reviews.decision import Decision
from shotlist.reviews.log import Log
from shotlist.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
log = Log(Store(sys.argv[1]))
try:
    for k in range(9):
        log.add(Decision(f"{k:032x}", "t", "ann", "first", "judge", f"v_{k}_9", "v", "accept"))
except StorageError as error:
    print(k, error)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    kept, sentence = done.stdout.split(maxsplit=1)
    assert "can't write there" in sentence
    assert len(Log(Store(str(tmp_path))).decisions()) == int(kept) > 0
    assert (tmp_path / "reviews" / "ann.jsonl").read_bytes().endswith(b"}\n")


def test_a_killed_process_has_kept_all_that_it_said_it_kept(tmp_path: Path) -> None:
    code = """
import itertools, sys
from shotlist.reviews.decision import Decision
from shotlist.reviews.log import Log
from shotlist.store import Store
log = Log(Store(sys.argv[1]))
for k in itertools.count():
    log.add(Decision(f"{k:032x}", "t", "ann", "first", "judge", f"v_{k}_9", "v", "accept"))
    print(k, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(20)]
        writer.kill()
        lines += writer.stdout.readlines()
    told = [int(line) for line in lines if line.endswith("\n")]
    kept = {d.clip_id for d in Log(Store(str(tmp_path))).decisions()}
    assert {f"v_{k}_9" for k in told} <= kept


# Names


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a/b", "con", ".", "..", "~", "Ann", "ÄÖ", "安娜", "a\\b", "x" * 60, "🐕" * 60, "samples"],
)
def test_a_name_is_never_a_path(name: str, tmp_path: Path) -> None:
    file = file_name(cleaned(name))
    assert file.encode().isalnum() or set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_~")
    assert file != "samples"
    assert len(file) < 60
    Log(Store(str(tmp_path))).add(decided(cleaned(name), "v_0_9", "accept"))
    assert [path.parent for path in tmp_path.rglob("*.jsonl")] == [tmp_path / "reviews"]
    assert Log(Store(str(tmp_path))).decisions()[0].who == cleaned(name)


def test_names_that_differ_in_case_or_odd_signs_don_t_meet() -> None:
    names = ["ann", "Ann", "ANN", "a.n.n", "a n n", "änn", "ann~", "ann/", "ann-", "\u0430nn"]
    files = [file_name(cleaned(name)) for name in names]
    assert len({file.lower() for file in files}) == len(names)
    assert file_name("ann") == "ann"


def test_a_name_is_the_same_however_it_was_typed() -> None:
    assert cleaned("  Zoe\u0301  B ") == cleaned("Zo\u00e9 B")


@pytest.mark.parametrize(
    ("name", "told"),
    [("", "empty"), (" \u2028 ", "empty"), ("x" * 61, "61"), ("a\0b", "shown"), ("\ud800", "shown"), (None, "missing")],
)
def test_what_is_no_name_is_refused_with_a_sentence(name: object, told: str) -> None:
    with pytest.raises(ShotlistError, match=told):
        cleaned(name)


# Samples


def sample(name: str = "First look", clips: tuple[str, ...] = ("v_0_9", "v_1_9"), **more: Any) -> Sample:
    return Sample(name, more.pop("task", "judge"), more.pop("made", "2026-01-01T00:00:00+00:00"), "ann", clips, **more)


@pytest.mark.parametrize("place", ["store", "in_memory"])
def test_a_sample_is_found_by_its_key_and_never_replaced(place: str, request: pytest.FixtureRequest) -> None:
    store = request.getfixturevalue(place)
    made = sample(reasons=("dark",), seed=7)
    assert shelf.keep(store, made)
    assert not shelf.keep(store, sample(clips=("w_0_9",)))
    assert shelf.sample(store, made.key) == made
    assert shelf.samples(store) == ([made], [])
    for key in ("nothing", "../dataset", "..", "", "%2e%2e"):
        assert shelf.sample(store, key) is None


def test_a_damaged_sample_is_told(store: Store, tmp_path: Path) -> None:
    shelf.keep(store, sample())
    (tmp_path / "reviews" / "samples" / "torn.json").write_text('{"name": "to')
    found, damaged = shelf.samples(store)
    assert len(found) == 1
    assert damaged == ["reviews/samples/torn.json can't be read; delete that file and draw the sample anew"]


CLIPS = [f"{video}_{k}_9" for video, number in (("a", 20), ("b", 3), ("c", 1)) for k in range(number)]


def test_without_a_seed_the_order_of_the_query_counts() -> None:
    assert drawn(CLIPS, 3, None, balanced=False) == CLIPS[:3]
    assert drawn(CLIPS, 4, None, balanced=True) == ["a_0_9", "b_0_9", "c_0_9", "a_1_9"]


def test_a_seed_draws_the_same_clips_again() -> None:
    assert drawn(CLIPS, 5, 7, balanced=False) == drawn(CLIPS[::-1], 5, 7, balanced=False)
    assert drawn(CLIPS, 5, 7, balanced=False) != drawn(CLIPS, 5, 8, balanced=False)
    assert sorted(drawn(CLIPS, 99, 7, balanced=False)) == sorted(CLIPS)


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_balanced_takes_one_of_every_video_before_a_second_one(seed: int | None) -> None:
    videos = [clip.split("_")[0] for clip in drawn(CLIPS, 9, seed, balanced=True)]
    assert {video: videos.count(video) for video in "abc"} == {"a": 5, "b": 3, "c": 1}


def test_progress_counts_the_last_word_on_each_clip() -> None:
    said = [
        decided("ann", "v_0_9", "reject", seconds=9.0),
        decided("ann", "v_0_9", "accept", seconds=2.0),
        decided("ann", "v_1_9", "accept"),
        decided("ann", "v_1_9", "withdrawn"),
        decided("bob", "v_1_9", "skipped"),
        decided("bob", "v_0_9", "accept", sample="another"),
        decided("bob", "w_0_9", "accept"),
    ]
    words = last_words(sample("first"), said)
    found = progress(words)
    assert (found["ann"].decided, found["ann"].skipped, found["ann"].seconds) == (1, 0, 2.0)
    assert (found["bob"].decided, found["bob"].skipped) == (0, 1)


# SQL


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "set")


def say(dataset: Dataset, *decisions: Decision) -> None:
    log = Log(dataset.store)
    assert all(map(log.add, decisions))
    dataset.refresh()


def test_before_any_decision_the_views_are_there_and_empty(dataset: Dataset) -> None:
    assert dataset.sql("FROM reviews").fetchall() == []
    assert dataset.sql("FROM review_log").fetchall() == []


def test_a_clip_is_accepted_by_most_and_nothing_on_a_tie(dataset: Dataset) -> None:
    say(
        dataset,
        *(decided(who, "v_0_9", choice) for who, choice in (("a", "accept"), ("b", "accept"), ("c", "reject"))),
        *(decided(who, "v_1_9", choice) for who, choice in (("a", "accept"), ("b", "reject"))),
        *(decided(who, "v_2_9", "reject", reason=why) for who, why in (("a", "dark"), ("b", "cut"), ("c", "dark"))),
        decided("a", "v_3_9", "skipped"),
    )
    rows = dataset.sql("SELECT clip_id, people, accepted, accepts, rejects, reason FROM reviews ORDER BY 1").fetchall()
    assert rows == [
        ("v_0_9", 3, True, 2, 1, None),
        ("v_1_9", 2, None, 1, 1, None),
        ("v_2_9", 3, False, 0, 3, "dark"),
    ]


def test_only_the_last_word_of_each_person_counts(dataset: Dataset) -> None:
    say(
        dataset,
        decided("a", "v_0_9", "reject"),
        decided("a", "v_0_9", "accept", sample="again"),
        decided("b", "v_0_9", "reject"),
        decided("b", "v_0_9", "withdrawn"),
    )
    assert dataset.sql("SELECT people, accepted FROM reviews").fetchall() == [(1, True)]
    assert dataset.sql("SELECT who, choice, counts FROM review_log ORDER BY id").fetchall() == [
        ("a", "reject", False),
        ("a", "accept", True),
        ("b", "reject", False),
        ("b", "withdrawn", False),
    ]


def test_the_best_caption_is_the_one_most_people_picked(dataset: Dataset) -> None:
    picks = {"v_0_9": "xxy", "v_1_9": "xy", "v_2_9": "-x-"}
    for clip, teachers in picks.items():
        for who, teacher in enumerate(teachers):
            choice = "all bad" if teacher == "-" else f"teacher_{teacher}"
            say(dataset, decided(f"p{who}", clip, choice, "pick", shown=(Shown(choice, "…"),)))
    rows = dataset.sql("SELECT clip_id, best, all_bad FROM reviews ORDER BY 1").fetchall()
    assert rows == [("v_0_9", "teacher_x", 0), ("v_1_9", None, 0), ("v_2_9", "teacher_x", 2)]
    assert dataset.sql("SELECT shown[1].teacher FROM review_log LIMIT 1").fetchall() == [("teacher_x",)]


def test_the_last_edit_and_the_last_cut_count(dataset: Dataset) -> None:
    say(
        dataset,
        decided("a", "v_0_9", "edited", "edit", text="A dog.", time="2026-01-01"),
        decided("b", "v_0_9", "right", "edit", text="A brown dog.", time="2026-01-02"),
        decided("b", "v_0_9", "moved", "cut", start_us=5, end_us=9, time="2026-01-03"),
        decided("a", "v_0_9", "right", "cut", start_us=0, end_us=9, time="2026-01-04"),
    )
    assert dataset.sql("SELECT people, caption, start_us, end_us FROM reviews").fetchall() == [
        (2, "A brown dog.", 0, 9)
    ]


# Rules

QUIET = Options(report=False)
LIKED = ["rules.liked=coalesce(reviews.accepted, true)"]


@pytest.fixture
def films_set(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "data"))


def statuses(out: Path) -> dict[str, str]:
    return dict(Dataset(out).sql("SELECT clip_id, status FROM decisions").fetchall())


def test_a_rule_over_reviews_is_judged_again_after_new_decisions(films_set: Path) -> None:
    before = statuses(films_set)
    liked = next(clip for clip, status in sorted(before.items()) if status == "kept")
    assert build([], films_set, settings=LIKED, options=QUIET).clips_kept == list(before.values()).count("kept")
    assert build([], films_set, settings=LIKED, options=QUIET).nothing_to_do
    say(Dataset(films_set), decided("ann", liked, "reject", reason="dark"))
    after = build([], films_set, settings=LIKED, options=QUIET)
    assert not after.nothing_to_do
    row = Dataset(films_set).sql("SELECT status, rule, value FROM decisions WHERE clip_id = ?", [liked]).fetchall()
    assert row == [("dropped", "liked", "reviews.accepted = false")]
    assert build([], films_set, settings=LIKED, options=QUIET).nothing_to_do
    say(Dataset(films_set), decided("ann", liked, "accept"))
    build([], films_set, settings=LIKED, options=QUIET)
    assert statuses(films_set) == before


def test_other_rules_are_not_judged_again_because_of_a_review(films_set: Path) -> None:
    build([], films_set, options=QUIET)
    say(Dataset(films_set), decided("ann", next(iter(statuses(films_set))), "reject"))
    assert build([], films_set, options=QUIET).nothing_to_do


def test_a_wrong_column_of_reviews_is_told(films_set: Path) -> None:
    with pytest.raises(ShotlistError, match="reviews has no column acepted; it has: people, accepted"):
        build([], films_set, settings=["rules.liked=reviews.acepted"], options=QUIET)


def test_what_nobody_reviewed_says_so(films_set: Path) -> None:
    build([], films_set, settings=["rules.liked=reviews.people > 0"], options=QUIET)
    told = Dataset(films_set).sql("SELECT DISTINCT value FROM decisions WHERE rule = 'liked'").fetchall()
    assert told == [("reviews.people = not reviewed",)]


def test_everything_has_what_people_said(films_set: Path) -> None:
    clip = next(iter(statuses(films_set)))
    assert "reviews_accepted" not in next(Dataset(films_set).clips())
    say(Dataset(films_set), decided("ann", clip, "accept"), decided("ann", "gone_0_9", "reject"))
    rows = {row["clip_id"]: row for row in Dataset(films_set).clips()}
    assert (rows[clip]["reviews_accepted"], rows[clip]["reviews_people"]) == (True, 1)
    assert len(rows) == len(statuses(films_set))


def test_decisions_about_clips_that_were_cut_anew_do_no_harm(films_set: Path) -> None:
    clips = list(statuses(films_set))
    say(Dataset(films_set), *(decided("ann", clip, "reject") for clip in clips))
    build([], films_set, settings=[*LIKED, "clips.trim_seconds=0.2"], options=QUIET)
    assert not {clip for clip, status in statuses(films_set).items() if status == "dropped"} & set(clips)
    assert Dataset(films_set).sql("SELECT count(*) FROM reviews").fetchall() == [(len(clips),)]


def test_the_stamp_changes_with_decisions_and_not_with_samples(store: Store, in_memory: Store) -> None:
    for place in (store, in_memory):
        stamps = [stamp(place)]
        shelf.keep(place, sample())
        stamps.append(stamp(place))
        for who in ("ann", "ann", "bob"):
            Log(place).add(decided(who, "v_0_9", "accept"))
            stamps.append(stamp(place))
        assert stamps[0] == stamps[1]
        assert len(set(stamps)) == 4


def test_ten_thousand_decisions_are_read_quickly(store: Store, tmp_path: Path) -> None:
    lines = b"".join(decided("ann", f"v_{k}_9", "accept").line() + b"\n" for k in range(10_000))
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "ann.jsonl").write_bytes(lines)
    log = Log(store)
    assert len(log.decisions()) == 10_000
    before = os.times().user
    for k in range(5):
        assert log.add(decided("ann", f"w_{k}_9", "accept"))
    assert os.times().user - before < 2
