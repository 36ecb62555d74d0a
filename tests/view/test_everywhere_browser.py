"""What holds on every page: a phone's width, fingers, no scripts, and nothing that jumps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from until import until

from shotlist.dataset import Dataset

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
PATHS = ("/", "/clips", "/videos", "/failures", "/review", "{clip}", "{video}")
NARROWER = """[...document.querySelectorAll("button, .button, .chip[href], select, summary, .facet label, .bar nav a")]
    .filter((each) => each.checkVisibility() && !each.closest("footer, .skip"))
    .map((each) => [each.textContent.trim(), Math.round(each.getBoundingClientRect().height)])
    .filter(([, height]) => height < 32)"""
SHIFTS = """window.shifts = 0; new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts += shift.value;
}).observe({ type: "layout-shift", buffered: true })"""


@pytest.fixture(scope="module")
def paths(dataset: Path) -> dict[str, str]:
    query = "FROM everything WHERE kept AND contains(uri, 'sintel') ORDER BY start_us LIMIT 1"
    clip = Dataset(dataset).sql(query).to_arrow_table().to_pylist()[0]
    return {"clip": f"/clips/{clip['clip_id']}", "video": f"/videos/{clip['video_id']}"}


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    context = browser.new_context(**PHONE)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_on_a_phone_everything_is_in_reach_of_a_finger(phone: Any, server: Any, paths: Any, path: str) -> None:
    phone.goto(server.url + path.format(**paths))
    phone.wait_for_timeout(300)
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    links = phone.get_by_role("navigation", name="Pages").get_by_role("link").all()
    assert all((box := link.bounding_box())["x"] >= 0 and box["x"] + box["width"] <= 360 for link in links)
    assert phone.evaluate(NARROWER) == []


@pytest.mark.parametrize("path", ["{clip}", "{video}"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_player_and_the_lanes_have_their_place_before_they_are_there(
    page: Any, server: Any, paths: Any, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.add_init_script(SHIFTS)
    page.goto(server.url + path.format(**paths))
    until(page, "!document.querySelector('.timeline[aria-busy]')")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") < 0.05


@pytest.mark.parametrize("path", ["{clip}", "{video}"])
def test_without_scripts_a_plain_video_plays(browser: Any, server: Any, paths: Any, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url + path.format(**paths))
    assert page.locator("video.player-plain").is_visible()
    sources = [source.get_attribute("src") for source in page.locator("video source").all()]
    assert sources[0].startswith("/sources/") and "#t=" in sources[0] and sources[1].startswith("/cuts/")
    assert page.request.get(server.url + sources[0]).ok
    assert not page.locator(".player-wait, .timeline, .theme").filter(visible=True).count()
    context.close()
