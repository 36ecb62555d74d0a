"""Building: nothing is done twice, what changed is done again, what may pass is tried again."""

import csv
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from shotlist import Dataset, ShotlistError, build
from shotlist.builder import Options
from shotlist.chosen import choose, named
from shotlist.engine.recipe import load
from shotlist.engine.step import MediaStep
from shotlist.summary import Summary

QUIET = Options(workers=2, report=False)
RETRY = Options(workers=2, report=False, retry=True)
Twisted = Callable[..., str]
Contents = Callable[[Path], object]


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    """A copy of the built dataset, to be changed."""
    shutil.copytree(built, tmp_path / "data")
    return tmp_path / "data"


def stamps(out: Path) -> dict[str, int]:
    """When each part was written."""
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.glob("tables/*/*.parquet")}


def rewritten(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Tables of which a part was written anew."""
    return {Path(name).parts[1] for name, stamp in after.items() if before.get(name) != stamp}


def readers_of(table: str) -> set[str]:
    """Tables that are made from a table of the default recipe, directly or not, by what the steps declare."""
    found = {table}
    for step in load("default").steps:
        if found.intersection(step.inputs()):
            found.update(step.writes)
    return found - {table}


def test_a_build_adds_up(built: Path, tiny_films: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_films, tmp_path / "films")
    (tmp_path / "films" / "copy.mp4").write_bytes((tiny_films / "coast.mp4").read_bytes())
    (tmp_path / "films" / "broken.mp4").write_text("no film")
    summary = build([tmp_path / "films", tmp_path / "nowhere.mp4"], tmp_path / "out", options=QUIET)
    assert summary.adds_up
    assert (summary.files_named, summary.videos_added, summary.duplicates) == (6, 4, 1)
    assert (summary.videos_ok, summary.videos_failed) == (3, 1)
    assert (summary.clips, summary.clips_kept) == (6, 6)
    assert "nowhere.mp4" in summary.problems[0]
    assert summary.footage_seconds == pytest.approx(6)


def test_a_second_run_does_nothing(out: Path, tiny_films: Path) -> None:
    before = stamps(out)
    summary = build([tiny_films], out, options=QUIET)
    assert summary.nothing_to_do
    assert (summary.videos_known, summary.videos_added, summary.clips_kept) == (3, 0, 6)
    assert stamps(out) == before
    assert build([], out, options=QUIET).files_named == 0


def test_a_new_video_leaves_the_other_shards_alone(out: Path, tiny_films: Path, tmp_path: Path) -> None:
    before = stamps(out)
    new = tmp_path / "new.mp4"
    new.write_bytes((tiny_films / "coast.mp4").read_bytes() + b"\0\0\0\x08free")
    summary = build([tiny_films, new], out, options=QUIET)
    assert (summary.videos_added, summary.videos, summary.clips) == (1, 4, 8)
    after = stamps(out)
    old = {name: stamp for name, stamp in before.items() if "000000" in name}
    assert {name: after[name] for name in old} == old
    assert {p.shard for p in Dataset(out).parts("clips").values()} == {"000000", "000001"}


@pytest.mark.parametrize(
    ("setting", "tables"),
    [
        ("rules.not_too_dark=light.brightness >= 0.9", {"decisions"}),
        ("caption.subtitles=false", {"caption", "decisions"}),
        ("clips.min_seconds=1.5", {"clips", "decisions"} | readers_of("clips")),
        ("scan.segment_seconds=1", set()),
    ],
)
def test_a_changed_setting_redoes_what_depends_on_it(
    out: Path, tiny_films: Path, setting: str, tables: set[str]
) -> None:
    before = stamps(out)
    build([tiny_films], out, settings=[setting], options=QUIET)
    assert rewritten(before, stamps(out)) == tables
    assert len(Dataset(out).parts("decisions")) == 1


def test_settings_may_go_back_and_forth(out: Path, built: Path, tiny_films: Path, contents: Contents) -> None:
    build([], out, settings=["clips.max_seconds=0.5", "clips.slack_seconds=0.1"], options=QUIET)
    assert Dataset(out).sql("SELECT count(*) FROM clips").fetchall() == [(12,)]
    build([], out, "default", options=QUIET)
    assert contents(out) == contents(built)


def test_a_new_title_redoes_only_what_reads_the_sources(out: Path, tiny_films: Path) -> None:
    before = stamps(out)
    listed = out.parent / "list.csv"
    with listed.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "title"), (tiny_films / "coast.mp4", "At the sea")])
    build([listed], out, options=QUIET)
    # What failed may have changed too, so the clips are judged again.
    assert rewritten(before, stamps(out)) == {"sources", "decisions"} | readers_of("sources")
    titles = Dataset(out).sql("SELECT DISTINCT title FROM everything WHERE title IS NOT NULL").fetchall()
    assert titles == [("At the sea",)]


def test_moved_films_are_found_again_and_nothing_is_redone(built: Path, tiny_films: Path, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for film in tiny_films.glob("*.mp4"):
        shutil.copy(film, films)
    out = tmp_path / "out"
    build([films], out, options=QUIET)
    before = stamps(out)
    films.rename(tmp_path / "moved")
    summary = build([tmp_path / "moved"], out, options=QUIET)
    assert summary.videos_known == 3
    assert rewritten(before, stamps(out)) == {"sources"}
    assert all(c["uri"].startswith(str(tmp_path / "moved")) for c in Dataset(out).clips())


def test_a_film_that_became_another_is_not_taken_for_the_old_one(tiny_films: Path, tmp_path: Path) -> None:
    film, out = tmp_path / "film.mp4", tmp_path / "out"
    shutil.copy(tiny_films / "coast.mp4", film)
    build([film], out, options=QUIET)
    shutil.copy(tiny_films / "sand.mp4", film)
    summary = build([], out, settings=["scan.still_quality=8"], options=QUIET)
    assert [f["kind"] for f in summary.failures if f["step"] == "scan"] == ["changed"]
    assert summary.failures[0]["message"] == "film.mp4: the file has another content than when it was added"


def test_every_part_tells_what_it_was_made_of(built: Path) -> None:
    dataset, steps = Dataset(built), {t: s for s in load("default").steps for t in s.writes}
    for table, parts in dataset.listing().items():
        for part in parts.values():
            receipt = dataset.receipt(part)
            if table in steps:
                assert receipt.step == steps[table].name
                assert receipt.settings == {f.name: getattr(steps[table], f.name) for f in fields(steps[table])}
            for source, fingerprint in receipt.inputs.items():
                assert dataset.parts(source)[part.shard].fingerprint == fingerprint


def test_long_films_in_pieces_give_the_same_tables(
    built: Path, tiny_films: Path, tmp_path: Path, contents: Contents
) -> None:
    build([tiny_films], tmp_path / "out", settings=["scan.segment_seconds=0.5"], options=QUIET)
    assert contents(tmp_path / "out") == contents(built)


# Trying again


def test_retry_does_only_what_failed(tiny_films: Path, tmp_path: Path, twisted: Twisted, contents: Contents) -> None:
    recipe = twisted(
        "with (marks / 'seen').open('a') as seen: seen.write(name + ' ')",
        "if name == 'coast' and not (marks / 'well').exists(): os._exit(1)",
    )
    out, marks = tmp_path / "out", tmp_path / "marks"
    assert build([tiny_films], out, recipe, options=QUIET).videos_failed == 1
    assert build([tiny_films], out, recipe, options=QUIET).nothing_to_do  # failures are not tried over and over
    (marks / "well").touch()
    (marks / "seen").unlink()
    scanned = {n: s for n, s in stamps(out).items() if "/videos/" in n or "/clips/" in n or "/light/" in n}
    summary = build([], out, recipe, options=RETRY)
    assert (summary.videos_ok, summary.clips_kept, list(summary.failures)) == (3, 6, [])
    assert (marks / "seen").read_text().split() == ["coast", "coast"]
    assert scanned.items() <= stamps(out).items()
    build([tiny_films], tmp_path / "fresh", recipe, options=QUIET)
    assert contents(out) == contents(tmp_path / "fresh")


def test_retry_reads_only_the_videos_that_could_not_be_read(
    tmp_path: Path, tiny_films: Path, contents: Contents
) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    shutil.copytree(tiny_films, films)
    build([films], out, settings=["clips.min_seconds=0.2"], options=QUIET)
    (films / "coast.mp4").rename(tmp_path / "away.mp4")
    (films / "hills.mp4").rename(tmp_path / "hills.mp4")
    changed = ["clips.min_seconds=0.2", "scan.still_quality=7"]
    summary = build([], out, settings=changed, options=QUIET)
    assert (summary.videos_ok, summary.videos_failed, summary.clips) == (1, 2, 2)
    assert {f["kind"] for f in summary.failures if f["step"] == "scan"} == {"not found"}
    (tmp_path / "away.mp4").rename(films / "coast.mp4")
    (films / "sand.mp4").rename(tmp_path / "sand.mp4")  # it is not needed: what it gave is taken over
    summary = build([], out, settings=changed, options=RETRY)
    assert (summary.videos_ok, summary.videos_failed, summary.clips) == (2, 1, 4)
    assert summary.adds_up
    for name in ("hills.mp4", "sand.mp4"):
        (tmp_path / name).rename(films / name)
    assert build([], out, settings=changed, options=RETRY).videos_ok == 3
    build([films], tmp_path / "fresh", settings=changed, options=QUIET)
    assert contents(out) == contents(tmp_path / "fresh")


def test_an_interrupted_retry_is_completed_without_being_asked(
    tiny_films: Path, tmp_path: Path, twisted: Twisted, contents: Contents
) -> None:
    from shotlist.engine.again import set_aside

    recipe, out = (
        twisted("if name == 'coast' and not (marks / 'well').exists(): os._exit(1)"),
        tmp_path / "out",
    )
    build([tiny_films], out, recipe, options=QUIET)
    (tmp_path / "marks" / "well").touch()
    set_aside(Dataset(out), load(recipe), {"000000"})  # and then the lights went out
    assert {"odd", "decisions"}.isdisjoint(Dataset(out).tables())
    assert build([], out, recipe, options=QUIET).videos_ok == 3
    build([tiny_films], tmp_path / "fresh", recipe, options=QUIET)
    assert contents(out) == contents(tmp_path / "fresh")


def test_retry_with_nothing_to_hope_for_does_nothing(out: Path) -> None:
    before = stamps(out)
    assert build([], out, options=RETRY).nothing_to_do
    assert stamps(out) == before


# What is remembered


def test_settings_are_remembered_until_they_are_said_again_or_a_recipe_is_named(out: Path) -> None:
    build([], out, settings=["rules.long=clips.seconds > 0.5", "clips.max_seconds=7"], options=QUIET)
    data = Dataset(out)
    assert choose(data, None, ["clips.max_seconds=8"]).settings == (
        "rules.long=clips.seconds > 0.5",
        "clips.max_seconds=8",
    )
    assert choose(data, None, ["rules.long=off"]).settings == ("clips.max_seconds=7",)
    assert choose(data, None, ["rules.long_enough=off"]).settings[-1] == "rules.long_enough=off"
    assert choose(data, "default", ()).settings == ()


@pytest.mark.parametrize(
    ("recipe", "table", "column"),
    [
        ("default", "caption", "caption"),
        ("sharegpt4video", "caption", "caption_text"),
        ("panda70m", "teacher_a", "teacher_a_text"),
        ("internvid", "fine", "fine_text"),
        ("mmtrail", "merge", "merge_text"),
    ],
)
def test_the_table_with_the_captions_follows_from_the_recipe(recipe: str, table: str, column: str) -> None:
    chosen = named(None, recipe, ())
    assert (chosen.caption, chosen.shown, chosen.plain()["caption"]) == (table, column, table)
    assert named(None, recipe, (), ["builtin"]).caption == "teacher_builtin"


def test_only_captions_that_nothing_reads_are_spared() -> None:
    assert load("default").spared() == []
    assert load("mmtrail").spared() == ["merge"]
    needed = named(None, "panda70m", ["rules.told=teacher_b.text IS NOT NULL"]).recipe
    assert needed.spared() == [f"teacher_{letter}" for letter in "acdefgh"]


# Wrong words


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("clip.max_seconds=3", "no step 'clip'; did you mean clips?"),
        ("clips.max_second=3", "no such setting; did you mean max_seconds?"),
        ("clips.max_seconds=long", "clips.max_seconds=long: input should be a valid number"),
        ("clips.max_seconds", "write step.field=value, for example"),
        ("rules.bright=ligt.brightness > 0.5", "rules reads ligt, which no step before it writes; did you mean light?"),
        ("rules.bright=light.brightnes > 0.5", "light has no column brightnes; it has: brightness, contrast"),
        ("rules.bright=light.brightness >", "is no DuckDB condition"),
        ("rules.bright=clips.mark > 3 + 'a'", "the rules can't be judged"),
        ("rules.shiny=off", "no such rule"),
    ],
)
def test_a_wrong_setting_is_told_before_any_work(tiny_films: Path, tmp_path: Path, setting: str, told: str) -> None:
    with pytest.raises(ShotlistError, match=told.replace("?", r"\?").replace("+", r"\+")):
        build([tiny_films], tmp_path / "out", settings=[setting], options=QUIET)
    assert not (tmp_path / "out").exists()


def test_a_recipe_without_clips_adds_up_too(tiny_films: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "scan_only.py"
    recipe.write_text(
        "from shotlist.engine.recipe import Recipe\nfrom shotlist.scan.scan import Scan\nrecipe = Recipe((Scan(),))\n"
    )
    summary = build([tiny_films], tmp_path / "out", str(recipe), options=QUIET)
    assert (summary.videos_ok, summary.clips) == (3, 0)
    assert summary.adds_up


def test_the_recipe_is_kept_as_it_was_used(out: Path) -> None:
    build([], out, settings=["clips.max_seconds=7"], options=QUIET)
    steps = {s["name"]: s["settings"] for s in Dataset(out).read_json("recipe.json")["steps"]}
    assert steps["clips"]["max_seconds"] == 7
    assert set(steps) == {s.name for s in load("default").steps}


def test_the_summary_is_kept(out: Path, tiny_films: Path) -> None:
    stored = Summary(**Dataset(out).read_json("summary.json"))
    assert stored.adds_up
    assert stored.videos == 3


def test_only_media_steps_read_media() -> None:
    assert {s.name for s in load("default").steps if isinstance(s, MediaStep)} == {"scan", "subtitles"}


def test_a_retry_over_a_part_that_was_cut_short_says_so(out: Path) -> None:
    [path] = (out / "tables" / "light").iterdir()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ShotlistError, match=path.name):
        build([], out, options=Options(report=False, retry=True))
    path.unlink()
    assert build([], out, options=QUIET).clips_failed == 0
