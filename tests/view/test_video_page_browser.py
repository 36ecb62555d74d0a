"""The page of a video in a browser: the timeline is zoomed and walked through, the transcript searched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from told_dataset import VIDEO, long_dataset
from until import until

from shotlist.dataset import Dataset

CLIPS = "document.querySelectorAll('.tl-clips a').length"
PIXEL = """(() => {{
    const canvas = document.querySelector('.tl-clips canvas');
    return canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height * {part}, 1, 1).data.join();
}})()"""
SEEN = "document.querySelector('#window').textContent"


def video_of(dataset: Path, film: str) -> str:
    found = Dataset(dataset).sql("SELECT video_id FROM videos WHERE contains(uri, ?)", [film]).fetchall()
    return str(found[0][0])


def opened(page: Any, server: Any, dataset: Path, film: str, query: str = "") -> Any:
    page.goto(f"{server.url}/videos/{video_of(dataset, film)}{query}")
    until(page, f"{CLIPS} > 0")
    return page


@pytest.fixture
def trailer(page: Any, server: Any, dataset: Path) -> Any:
    return opened(page, server, dataset, "sintel")


def test_the_whole_video_is_drawn_with_its_clips(trailer: Any, dataset: Path) -> None:
    clips = Dataset(dataset).sql("SELECT count(*) FROM everything WHERE contains(uri, 'sintel')").fetchall()[0][0]
    assert trailer.locator(".cliplist li").count() == clips
    until(trailer, lambda: trailer.locator(".tl-clips a.kept").count() > 2)
    assert trailer.locator(".tl-clips a.dropped").first.get_attribute("aria-label").count("by the rule") == 1
    until(trailer, lambda: trailer.locator(".tl-film img").count() > 5)


def test_zooming_shows_less_in_more_detail_and_the_link_holds_it(trailer: Any) -> None:
    trailer.get_by_label("Show it in more detail").click()
    until(trailer, f"{SEEN}.includes(' of ')")
    until(trailer, "location.search.includes('from=')")
    before = trailer.evaluate(SEEN)
    box = trailer.locator(".tl-film").bounding_box()
    trailer.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    trailer.keyboard.down("Control")
    trailer.mouse.wheel(0, -200)
    trailer.keyboard.up("Control")
    until(trailer, f"{SEEN} !== '{before}'")
    trailer.reload()
    until(trailer, f"{SEEN}.includes(' of ')")
    trailer.get_by_role("button", name="Whole").click()
    until(trailer, f"{SEEN} === ''")


def test_keys_zoom_and_move_along(trailer: Any) -> None:
    trailer.locator(".tl-slider").focus()
    trailer.keyboard.press("+")
    trailer.keyboard.press("+")
    until(trailer, f"{SEEN}.startsWith('0:00.0')")
    trailer.keyboard.press("PageDown")
    until(trailer, f"{SEEN} !== '' && !{SEEN}.startsWith('0:00.0')")
    trailer.keyboard.press("0")
    until(trailer, f"{SEEN} === ''")


def test_a_click_in_the_timeline_plays_from_there_and_tells_the_clip(trailer: Any) -> None:
    clip = trailer.locator(".tl-clips a.kept").nth(2)
    box = clip.bounding_box()
    trailer.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    label = clip.get_attribute("aria-label").removeprefix("Clip ").partition(" to ")[0]
    until(trailer, f"document.querySelector('#chosen').textContent.includes('{label}')")
    until(trailer, "document.querySelector('video').currentTime > 1")
    until(trailer, "document.querySelector('.cliplist li[aria-current]') !== null")
    until(trailer, "location.search.includes('t=')")
    until(trailer, "document.querySelector('#chosen .text')?.textContent.length > 10")


def test_clips_are_walked_through_by_keyboard_and_opened(trailer: Any) -> None:
    first = trailer.locator(".tl-clips a[tabindex='0']")
    assert first.count() == 1
    first.focus()
    name = first.get_attribute("data-clip")
    trailer.keyboard.press("ArrowRight")
    until(trailer, f"document.activeElement.dataset.clip !== '{name}' && document.activeElement.dataset.clip")
    chosen = trailer.evaluate("document.activeElement.dataset.clip")
    trailer.keyboard.press("Enter")
    trailer.wait_for_url(f"**/clips/{chosen}")


def test_the_transcript_is_searched_and_follows(page: Any, server: Any, dataset: Path) -> None:
    opened(page, server, dataset, "friday_dialogue")
    lines = page.locator("#transcript li")
    lines.first.wait_for()
    word = max(lines.last.locator("p").inner_text().split(), key=len)
    page.get_by_label("Find in the transcript").fill(word)
    until(page, "document.querySelector('#found-said').textContent.includes(' of ')")
    assert 0 < lines.filter(visible=True).count() < lines.count() or lines.count() == 1
    assert page.locator("#transcript mark").first.inner_text().lower() == word.lower()
    lines.filter(visible=True).last.locator("button").click()
    until(page, "document.querySelector('#transcript li[aria-current]') !== null")


def test_a_codec_that_the_browser_can_not_play_is_played_all_the_same(page: Any, server: Any, dataset: Path) -> None:
    opened(page, server, dataset, "space_needle")
    page.locator("#player").get_by_label("Play", exact=True).click()
    until(page, "document.querySelector('video').currentTime > 0.1")


@pytest.mark.parametrize("path", ["/videos", "/failures", "{video}"])
def test_nothing_is_wider_than_a_phone(page: Any, server: Any, dataset: Path, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(server.url + path.format(video=f"/videos/{video_of(dataset, 'sintel')}"))
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_ten_hours_are_seen_at_once_and_walked_through(browser: Any, start: Callable[..., Any], tmp_path: Path) -> None:
    with start(Path(long_dataset(tmp_path).address)) as server, browser.new_page() as page:
        page.goto(f"{server.url}/videos/{VIDEO}")
        strip = page.locator(".tl-clips")
        until(page, "document.querySelector('.tl-clips').tabIndex === 0")
        until(page, f"({PIXEL.format(part=0.1)}) !== '0,0,0,0'")
        assert strip.locator("a").count() == 0
        # Of every column of pixels two thirds have the one colour, one third the other.
        dropped, kept, also_kept = (page.evaluate(PIXEL.format(part=part)) for part in (0.1, 0.6, 0.9))
        assert dropped != kept == also_kept
        strip.focus()
        page.keyboard.press("ArrowRight")
        until(page, "document.activeElement.dataset.clip !== undefined")
        until(page, f"{SEEN}.endsWith('of 10:00:00')")
