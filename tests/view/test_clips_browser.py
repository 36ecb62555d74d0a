"""Clips in a browser: searched, filtered, sorted, walked through and played."""

import json
from typing import Any

import pytest
from until import until

SHOWN = "[...document.querySelectorAll('#cards [data-clip]')].map((card) => card.dataset.clip)"


@pytest.fixture
def grid(page: Any, server: Any) -> Any:
    page.goto(f"{server.url}/clips")
    page.wait_for_load_state("networkidle")
    return page


def found(page: Any) -> int:
    return int(page.locator("#found").inner_text().split()[0])


def settled(page: Any, part: str) -> None:
    """Wait until the address holds a text and the answer is there."""
    until(page, f"location.search.includes('{part}') && !document.querySelector('.waiting')")


def test_the_search_marks_its_hits_and_keeps_the_filters(grid: Any) -> None:
    grid.get_by_role("checkbox", name="kept").check()
    settled(grid, "status=kept")
    kept = found(grid)
    grid.keyboard.press("Escape")
    grid.locator("h1").click()
    grid.keyboard.press("/")
    grid.keyboard.type("camera")
    grid.keyboard.press("Enter")
    grid.wait_for_url("**q=camera**")
    assert "status=kept" in grid.url
    assert 0 < found(grid) <= kept
    assert grid.locator(".chips .chip").all_text_contents()[:2] == ["“camera” ×", "status: kept ×"]


def test_a_filter_changes_the_cards_without_a_new_page(grid: Any) -> None:
    grid.evaluate("window.here = true")
    before = found(grid)
    grid.get_by_role("checkbox", name="dropped").check()
    settled(grid, "status=dropped")
    dropped = found(grid)
    assert 0 < dropped < before
    assert grid.locator(".clip.dropped").count() == len(grid.evaluate(SHOWN))
    assert grid.evaluate("window.here")
    grid.locator(".chips .chip").first.click()
    until(grid, f"document.querySelector('#found').textContent.startsWith('{before} ')")
    assert not grid.get_by_role("checkbox", name="dropped").is_checked()


def test_a_range_is_typed_or_brushed(grid: Any) -> None:
    before = found(grid)
    field = grid.locator("[data-name=seconds] .range")
    field.fill("2..")
    field.press("Enter")
    settled(grid, "seconds=2..")
    long = found(grid)
    assert 0 < long < before
    assert grid.get_by_role("slider", name="seconds, lower limit").get_attribute("aria-valuenow") == "2"
    grid.locator("[data-name=seconds] .clear").click()
    until(grid, "location.search === ''")


def test_any_column_sorts(grid: Any) -> None:
    sort = grid.locator(".sort input")
    sort.fill("seconds")
    sort.press("Enter")
    settled(grid, "sort=seconds")
    shown = grid.evaluate(SHOWN)
    grid.locator(".turn").click()
    settled(grid, "sort=-seconds")
    turned = grid.evaluate(SHOWN)
    assert turned != shown
    assert {c.rsplit("_", 1)[0] for c in turned} & {c.rsplit("_", 1)[0] for c in shown}


def test_keys_walk_through_the_cards_and_pages(page: Any, server: Any) -> None:
    page.goto(f"{server.url}/clips?size=6")
    shown = page.evaluate(SHOWN)
    focused = "document.activeElement.dataset.clip"
    page.keyboard.press("j")
    until(page, f"{focused} === '{shown[0]}'")
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    until(page, f"{focused} === '{shown[2]}'")
    page.keyboard.press("k")
    until(page, f"{focused} === '{shown[1]}'")
    page.keyboard.press("ArrowDown")
    until(page, f"{focused} === '{shown[4]}'")
    page.keyboard.press("n")
    settled(page, "page=2")
    assert not set(page.evaluate(SHOWN)) & set(shown)
    page.keyboard.press("p")
    until(page, "!location.search.includes('page')")
    until(page, f"{SHOWN}[0] === '{shown[0]}'")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clips/{shown[0]}")


def test_a_card_that_is_pointed_at_moves(grid: Any) -> None:
    grid.locator("#names").click()
    card = grid.locator(".clip.kept .shot").first
    card.scroll_into_view_if_needed()
    card.hover()
    video = card.locator("video")
    video.wait_for(state="attached")
    until(
        grid, "document.querySelector('.shot video')?.currentTime > 0 && !document.querySelector('.shot video').paused"
    )
    first = grid.evaluate(PICTURE)
    until(grid, lambda: grid.evaluate(PICTURE) != first)
    grid.mouse.move(5, 5)
    video.wait_for(state="detached")


PICTURE = """() => {
    const canvas = document.createElement("canvas");
    canvas.width = 64; canvas.height = 36;
    const context = canvas.getContext("2d");
    context.drawImage(document.querySelector(".shot video"), 0, 0, 64, 36);
    return [...context.getImageData(0, 0, 64, 36).data].join();
}"""


def test_back_brings_the_cards_before(grid: Any) -> None:
    all_of_them = grid.evaluate(SHOWN)
    grid.get_by_role("checkbox", name="kept").check()
    settled(grid, "status=kept")
    kept = grid.evaluate(SHOWN)
    grid.get_by_role("link", name="List").click()
    settled(grid, "view=list")
    grid.go_back()
    settled(grid, "status=kept")
    until(grid, "document.querySelector('#results').dataset.view === 'large'")
    until(grid, lambda: grid.evaluate(SHOWN) == kept)
    until(grid, grid.get_by_role("checkbox", name="kept").is_checked)
    grid.go_back()
    until(grid, f"{SHOWN}.length === {len(all_of_them)}")
    until(grid, lambda: not grid.get_by_role("checkbox", name="kept").is_checked())
    # And from another page.
    grid.go_forward()
    settled(grid, "status=kept")
    until(grid, lambda: grid.evaluate(SHOWN) == kept)
    grid.locator(".clip .shot").first.click()
    grid.wait_for_url("**/clips/*?status=kept")
    grid.go_back()
    grid.wait_for_url("**/clips?status=kept")
    until(grid, lambda: grid.evaluate(SHOWN) == kept)


def test_the_link_shows_the_same_in_another_tab(grid: Any) -> None:
    grid.get_by_role("checkbox", name="kept").check()
    settled(grid, "status=kept")
    grid.get_by_role("link", name="Shuffle").click()
    settled(grid, "sort=random.")
    tab = grid.context.new_page()
    tab.goto(grid.evaluate("location.href"))
    assert tab.evaluate(SHOWN) == grid.evaluate(SHOWN)


def test_a_group_that_is_opened_is_filled(grid: Any) -> None:
    group = grid.locator("[data-group=light]")
    assert group.locator("[data-facet]").count() == 0
    group.locator("summary").click()
    group.locator("[data-facet]").first.wait_for()
    group.locator(".range").first.fill("0.2..")
    group.locator(".range").first.press("Enter")
    settled(grid, "=0.2..")
    assert group.evaluate("(group) => group.open")


def test_what_is_ticked_while_a_group_is_filled_stays_ticked(grid: Any) -> None:
    waiting: list[Any] = []

    def hold_the_first(route: Any) -> None:
        waiting.append(route)
        if len(waiting) > 1:
            route.continue_()

    grid.route("**part=facets**", hold_the_first)
    group = grid.locator("[data-group=light]")
    group.locator("summary").click()
    until(grid, lambda: waiting)
    grid.get_by_role("checkbox", name="kept").check()
    settled(grid, "status=kept")
    waiting[0].continue_()
    group.locator("[data-facet]").first.wait_for()
    assert grid.get_by_role("checkbox", name="kept").is_checked()
    kept = found(grid)
    bars = group.locator("[data-name='light.brightness']")
    until(grid, lambda: sum(json.loads(bars.get_attribute("data-facet"))["now"]) == kept)


def test_a_wrong_condition_is_told_and_can_be_mended(page: Any, server: Any) -> None:
    loose = page.context.browser.new_page()  # its console may say that an answer was 400
    loose.goto(f"{server.url}/clips?where=secnds+%3E+1")
    assert "secnds" in loose.get_by_role("alert").inner_text()
    loose.get_by_role("textbox", name="Condition", exact=True).fill("seconds > 1")
    loose.get_by_role("button", name="Try again").click()
    until(loose, "document.querySelectorAll('#cards > li').length > 0")
    until(loose, "location.search.includes('where=seconds')")
    loose.close()


def test_the_page_works_without_scripts(browser: Any, server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{server.url}/clips")
    page.get_by_role("checkbox", name="kept").check()
    page.locator("[data-name=seconds] .range").fill("1..20")
    page.get_by_role("button", name="Apply", exact=True).click()
    page.wait_for_url("**/clips?status=kept&seconds=1..20")
    page.locator("[data-group=light] summary").click()
    page.get_by_role("link", name="Show 6 columns").first.click()
    page.locator("[data-name='light.brightness'] .range").fill("0.1..")
    page.get_by_role("button", name="Apply", exact=True).click()
    page.wait_for_url("**light_brightness=0.1..**")
    assert "status=kept" in page.url
    assert found(page) > 0
    context.close()


def test_filters_are_behind_a_button_on_a_phone(browser: Any, server: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{server.url}/clips")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert not page.get_by_role("checkbox", name="kept").is_visible()
    page.get_by_role("link", name="Filters").click()
    page.get_by_role("checkbox", name="kept").check()
    settled(page, "status=kept")
    page.locator(".done .button").click()
    page.get_by_role("checkbox", name="kept").wait_for(state="hidden")
    assert page.locator(".clip.dropped").count() == 0
    context.close()


def test_the_page_does_not_jump(browser: Any, server: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(
        """window.shifts = 0; new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) window.shifts += shift.value;
        }).observe({ type: "layout-shift", buffered: true })"""
    )
    page.goto(f"{server.url}/clips")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifts") < 0.02
    page.close()
