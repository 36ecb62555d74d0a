"""The page of a clip in a browser: it plays, the transcript and the lanes follow, captions are compared."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from told_dataset import HOSTILE, clip_id, told_dataset
from until import until

from shotlist.dataset import Dataset

TIME = "Number(document.querySelector('.tl-slider').getAttribute('aria-valuenow'))"
FOLLOW = """() => {
    window.said = [];
    const tell = () => said.push(document.querySelector('.lines li[aria-current] p')?.textContent);
    new MutationObserver(tell).observe(document.body, { subtree: true, attributeFilter: ["aria-current"] });
}"""
"""Keeps every line that was marked: while a film plays, the next one may come before anybody looks."""
PLAYED = "(({ played }) => played.length > 0 && played.end(0) - played.start(0) > 0.2)(document.querySelector('video'))"


def clip_of(dataset: Path, film: str) -> dict[str, Any]:
    rows = Dataset(dataset).sql("FROM everything WHERE contains(uri, ?) AND kept ORDER BY seconds DESC", [film])
    return dict(rows.to_arrow_table().to_pylist()[0])


@pytest.fixture
def dialogue(page: Any, server: Any, dataset: Path) -> Any:
    page.goto(f"{server.url}/clips/{clip_of(dataset, 'friday_dialogue')['clip_id']}")
    until(page, "document.querySelectorAll('.tl-row:not([hidden]) canvas').length > 2")
    until(page, "document.querySelector('video').readyState > 1")
    return page


def test_it_plays_and_the_transcript_follows(dialogue: Any) -> None:
    lines = dialogue.locator(".lines li")
    assert lines.count() > 1
    wanted = lines.nth(1).locator("p").inner_text()
    dialogue.evaluate(FOLLOW)
    lines.nth(1).locator("button").click()
    until(dialogue, f"said.includes({wanted!r})")
    until(dialogue, PLAYED)
    until(dialogue, f"said.slice(said.indexOf({wanted!r})).some((line) => line && line !== {wanted!r})")


def test_what_was_searched_for_is_marked_and_played_from_its_line(page: Any, server: Any, dataset: Path) -> None:
    page.goto(f"{server.url}/clips/{clip_of(dataset, 'friday_dialogue')['clip_id']}?q=universes")
    until(page, "CSS.highlights.get('sought')?.size > 0")
    marked = "[...CSS.highlights.get('sought')].map((range) => String(range))"
    assert set(page.evaluate(marked)) == {"universe"}
    line = page.locator(".lines li").filter(has_text="universe")
    page.evaluate(FOLLOW)
    line.click()
    until(page, "said.some((line) => line?.includes('universe'))")
    until(page, PLAYED)


def test_a_click_on_a_lane_goes_there(dialogue: Any, dataset: Path) -> None:
    seconds = clip_of(dataset, "friday_dialogue")["seconds"]
    lane = dialogue.locator(".tl-row canvas").filter(visible=True).first
    box = lane.bounding_box()
    dialogue.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    until(dialogue, f"Math.abs(document.querySelector('video').currentTime - {0.75 * seconds}) < 0.2")
    until(dialogue, f"Math.abs({TIME} - {0.75 * seconds}) <= 1")
    dialogue.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 4)
    dialogue.locator(".tl-tip").wait_for()


def test_the_timeline_is_walked_by_keyboard(dialogue: Any, dataset: Path) -> None:
    dialogue.get_by_role("slider", name="Position").nth(1).focus()
    dialogue.keyboard.press("End")
    until(dialogue, f"{TIME} >= {int(clip_of(dataset, 'friday_dialogue')['seconds']) - 1}")
    dialogue.keyboard.press("Home")
    until(dialogue, f"{TIME} === 0")
    until(dialogue, "document.querySelector('.tl-slider').getAttribute('aria-valuetext').includes('0:00.0')")


def test_a_codec_that_the_browser_can_not_play_is_played_all_the_same(page: Any, server: Any, dataset: Path) -> None:
    page.goto(f"{server.url}/clips/{clip_of(dataset, 'space_needle')['clip_id']}")
    page.get_by_label("Play", exact=True).click()
    until(page, "document.querySelector('video').currentTime > 0.1")


def test_keys_lead_to_the_next_clip_and_keep_the_query(page: Any, server: Any, dataset: Path) -> None:
    ids = [c["clip_id"] for c in Dataset(dataset).clips("kept AND contains(uri, 'sintel')")]
    page.goto(f"{server.url}/clips/{ids[0]}?status=kept&sort=start_us&uri=sintel")
    assert f"of {len(ids)} found" in page.locator(".steps").inner_text()
    page.keyboard.press("n")
    page.wait_for_url(f"**/clips/{ids[1]}?**status=kept**")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Any, server: Any, dataset: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{server.url}/clips/{clip_of(dataset, 'vertical')['clip_id']}")
    until(page, "document.querySelector('.tl-row:not([hidden]) canvas') !== null")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def told(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    dataset = told_dataset(tmp_path_factory.mktemp("told"))
    with start(Path(dataset.address)) as server:
        yield server


@pytest.fixture
def bare(browser: Any) -> Iterator[Any]:
    """A page that may have failures in its console: the dataset's films are not there."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, errors


def test_another_caption_is_compared_with_while_the_page_stays(bare: Any, told: Any) -> None:
    bare.goto(f"{told.url}/clips/{clip_id(0)}")
    bare.evaluate("window.here = true")
    marks = bare.locator("[data-table=teacher_b] .text mark")
    assert "cat sleeps on" in " ".join(marks.all_inner_texts())
    bare.locator("a[data-against=teacher_b]").click()
    until(bare, "document.querySelector('[data-table=teacher_b]').classList.contains('chosen')")
    until(bare, "location.search.includes('against=teacher_b')")
    assert bare.evaluate("window.here")
    assert marks.count() == 0
    assert "dog runs over" in bare.locator("[data-table=polish] .text mark").inner_text()


def test_what_nothing_bears_out_is_marked(bare: Any, told: Any) -> None:
    bare.goto(f"{told.url}/clips/{clip_id(0)}")
    assert bare.locator(".final mark").all_inner_texts() == ["14", "Paris"]
    assert "none of the inputs has this name" in bare.locator(".claims.bad").inner_text()


def test_words_are_marked_as_they_are_said_and_tracks_exchanged(bare: Any, told: Any) -> None:
    bare.goto(f"{told.url}/clips/{clip_id(0)}")
    bare.locator("#track").select_option("1")
    bare.locator(".lines").nth(0).wait_for(state="hidden")
    assert "Fresh bread!" in bare.locator(".lines").nth(1).inner_text()


def test_a_film_that_is_gone_is_told_in_the_player(bare: Any, told: Any) -> None:
    bare.goto(f"{told.url}/clips/{clip_id(0)}")
    note = bare.locator(".player-note.bad")
    note.wait_for()
    assert ".mp4" in note.inner_text()


def test_hostile_texts_never_run(bare: Any, told: Any) -> None:
    for path in (f"/clips/{clip_id(0)}", "/failures", "/videos", f"/videos/{clip_id(0).split('_')[0]}?t=2"):
        bare.goto(told.url + path)
        bare.wait_for_timeout(300)
        assert bare.locator("img[src=x]").count() == 0
        assert HOSTILE[:12] in bare.content().replace("&lt;", "<").replace("&gt;", ">")
