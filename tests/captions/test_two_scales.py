"""Captions of two scales: the middle frame, and a summary of frames at one per second."""

from pathlib import Path

import pytest
from clips_seen import note, shown

from shotlist import Dataset, build
from shotlist.builder import Options
from shotlist.captions.frames import FrameCaptions
from shotlist.captions.two_scales import Summary, in_order
from shotlist.engine.film import Clip
from shotlist.engine.recipe import Recipe
from shotlist.errors import ShotlistError
from shotlist.recipes.internvid import recipe


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """The second of two clips, two seconds long, with both scales' captions."""
    _, clip = shown(tmp_path, 301, 302, seconds=2.0)
    for step in (FrameCaptions(title="coarse", places=(0.5,)), FrameCaptions(per_second=1.0)):
        [row] = step.answers([clip])
        note(clip, step.title, **vars(row))
    return clip


def test_the_summary_is_made_from_frames_with_their_times_and_the_middle_one(clip: Clip) -> None:
    [request] = Summary(model="fake:", middle="coarse").requests(clip)
    colours = clip.row("coarse")["text"]
    assert f"<middle>\n> {colours}\n</middle>" in request.parts[0]
    assert f"<frames>\n> 0.50 s: {colours}\n</frames>" in request.parts[0]  # the second says the same
    assert "<middle>" not in Summary(model="fake:").requests(clip)[0].parts[0]


def test_without_a_model_the_first_the_commonest_and_the_last_caption_are_kept(clip: Clip) -> None:
    [row] = Summary().answers([clip])
    assert (row.text, row.model, row.inputs) == (clip.row("coarse")["text"], "builtin", "C")
    assert in_order(["X.", "Y", "Y", "X", "Y", "Z"]) == "X. Later: Y. Later: Z."


def test_captions_become_sentences_and_names_stay_names() -> None:
    assert in_order(["a dog runs . ", "The dog sits", "The dog sits", "Anna laughs!"]) == (
        "a dog runs. Later: the dog sits. Later: Anna laughs!"
    )


def test_of_more_captions_than_a_prompt_holds_an_even_choice_is_shown(tmp_path: Path) -> None:
    [clip] = shown(tmp_path, 301)
    texts = [f"caption {k} {'x' * 90}" for k in range(1000)]
    note(clip, "frame_captions", texts=texts, times_us=[k * 1000 for k in range(1000)], text="", model="m")
    [request] = Summary(model="fake:").requests(clip)
    lines = [line for line in request.parts[0].splitlines() if "caption " in line and line.startswith(">")]
    assert 100 < len(lines) < 200
    assert "caption 0 " in lines[0] and "caption 992 " in lines[-1]


def test_a_clip_without_captions_has_no_summary(tmp_path: Path) -> None:
    [clip] = shown(tmp_path, 301)
    assert list(Summary().answers([clip])) == list(Summary(model="fake:").answers([clip])) == [None]


def test_tables_are_named_by_settings() -> None:
    assert recipe.step("fine").inputs() == ("videos", "clips", "frame_captions", "coarse", "shortlist")
    with pytest.raises(ShotlistError, match="fine reads elsewhere, which no step before it writes"):
        recipe.with_settings(["fine.frames=elsewhere"])
    assert isinstance(recipe.with_settings(["fine.middle=none"]), Recipe)


def test_the_recipe_internvid_has_both_scales_for_every_clip(tiny_films: Path, tmp_path: Path) -> None:
    build([tiny_films], tmp_path / "data", "internvid", options=Options(workers=1, report=False))
    rows = Dataset(tmp_path / "data").sql(
        "SELECT coarse.text, fine.text, len(frame_captions.texts), clips.seconds FROM clips"
        " JOIN coarse USING (clip_id) JOIN fine USING (clip_id) JOIN frame_captions USING (clip_id)"
    )
    for coarse, fine, frames, seconds in rows.fetchall():
        assert coarse and fine
        assert frames == max(1, round(seconds))
