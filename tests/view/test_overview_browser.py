"""The overview in a browser: brushes by mouse and by keyboard, and links that hold them."""

import re
from typing import Any

import pytest
from until import until

NOW = "document.querySelector('#now').textContent"


@pytest.fixture
def overview(page: Any, server: Any) -> Any:
    page.goto(f"{server.url}/")
    page.wait_for_load_state("networkidle")
    return page


def facet(page: Any, name: str) -> Any:
    return page.locator(f"[data-name='{name}']")


def clips(page: Any) -> int:
    return int(page.evaluate(NOW).split()[0].replace(",", ""))


def counted(page: Any, name: str) -> int:
    rows = facet(page, name).locator(".n").all_inner_texts()
    return sum(int(text.replace(",", "")) for text in rows)


def changed(page: Any, before: int) -> int:
    until(page, f"parseInt({NOW}) !== {before} && !document.querySelector('#selection.waiting')")
    return clips(page)


def drag(page: Any, name: str, start: float, end: float) -> None:
    plot = facet(page, name).locator(".plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    x, y = (lambda part: box["x"] + part * box["width"]), box["y"] + box["height"] / 2
    page.mouse.move(x(start), y)
    page.mouse.down()
    page.mouse.move(x((start + end) / 2), y, steps=4)
    page.mouse.move(x(end), y, steps=4)
    page.mouse.up()


def test_a_brush_by_mouse_moves_everything_else_at_once(overview: Any) -> None:
    before, shape = clips(overview), facet(overview, "light.brightness").locator(".now").get_attribute("d")
    drag(overview, "seconds", 0.06, 0.4)
    now = changed(overview, before)
    assert 0 < now < before == counted_all(overview)
    assert counted(overview, "status") == now
    assert facet(overview, "light.brightness").locator(".now").get_attribute("d") != shape
    until(overview, "/^\\?seconds=[\\d.]+\\.\\.[\\d.]+$/.test(location.search)")
    until(overview, "document.querySelector('#show').getAttribute('href') === '/clips' + location.search")


def counted_all(page: Any) -> int:
    return sum(
        value["all"]
        for value in page.evaluate("JSON.parse(document.querySelector('[data-name=status]').dataset.facet).values")
    )


def test_a_brush_by_keyboard_tells_its_values(overview: Any) -> None:
    before = clips(overview)
    handle = overview.get_by_role("slider", name="seconds, lower limit")
    assert handle.get_attribute("aria-valuetext") == "no lower limit"
    handle.focus()
    for _ in range(4):
        overview.keyboard.press("ArrowRight")
    now = changed(overview, before)
    assert now < before
    assert re.fullmatch(r"at least [\d.]+ seconds", handle.get_attribute("aria-valuetext"))
    upper = overview.get_by_role("slider", name="seconds, upper limit")
    upper.focus()
    overview.keyboard.press("PageDown")
    until(overview, "/seconds=[\\d.]+\\.\\.[\\d.]+$/.test(location.search)")
    overview.keyboard.press("Escape")
    handle.focus()
    overview.keyboard.press("Home")
    until(overview, "location.search === ''")
    until(overview, f"parseInt({NOW}) === {before}")


def test_values_are_ticked_and_cleared(overview: Any) -> None:
    before = clips(overview)
    facet(overview, "status").get_by_role("checkbox", name="dropped").check()
    now = changed(overview, before)
    until(overview, "location.search === '?status=dropped'")
    facet(overview, "status").get_by_role("button", name="Clear status").click()
    assert changed(overview, now) == before


def test_back_brings_the_brush_before(overview: Any) -> None:
    before = clips(overview)
    facet(overview, "status").get_by_role("checkbox", name="kept").check()
    kept = changed(overview, before)
    drag(overview, "seconds", 0.3, 0.9)
    changed(overview, kept)
    overview.go_back()
    until(overview, f"parseInt({NOW}) === {kept}")
    until(overview, lambda: facet(overview, "seconds").locator(".range").input_value() == "")
    until(overview, facet(overview, "status").get_by_role("checkbox", name="kept").is_checked)
    overview.go_back()
    until(overview, f"parseInt({NOW}) === {before}")
    until(overview, lambda: not facet(overview, "status").get_by_role("checkbox", name="kept").is_checked())


def test_the_link_shows_the_same_in_another_tab(overview: Any) -> None:
    before = clips(overview)
    drag(overview, "seconds", 0.2, 0.6)
    now = changed(overview, before)
    tab = overview.context.new_page()
    tab.goto(overview.evaluate("location.href"))
    assert clips(tab) == now
    same = "[...document.querySelectorAll('[data-name=seconds] .handle')].map((h) => h.style.left)"
    until(tab, lambda: tab.evaluate(same) == overview.evaluate(same) != [])
    overview.locator("#show").click()
    overview.locator("#found").wait_for()
    assert overview.locator("#found").inner_text().startswith(f"{now} clip")


def test_charts_further_down_come_when_they_are_near(overview: Any) -> None:
    assert facet(overview, "videos").count() == 0
    group = overview.locator("[data-group=videos]")
    assert group.locator("[data-facet]").count() == 0
    group.scroll_into_view_if_needed()
    group.locator("[data-facet]").first.wait_for()
    assert group.locator(".blank").count() == 0


def test_a_filter_of_a_chart_further_down_can_be_taken_away(page: Any, server: Any) -> None:
    page.goto(f"{server.url}/?loudness_lufs=-90..0")
    page.locator("[data-group=loudness]").scroll_into_view_if_needed()
    facet(page, "loudness.lufs").get_by_role("button", name="Clear loudness.lufs").click()
    until(page, "location.search === ''")
    until(page, "document.querySelector('#clear').hidden")


def test_columns_are_found_by_name_and_by_value(overview: Any) -> None:
    overview.locator("#names").fill("brightness")
    facet(overview, "seconds").wait_for(state="hidden")
    overview.locator("[data-group=borders]").wait_for(state="hidden")
    assert facet(overview, "light.brightness").is_visible()
    overview.locator("#names").fill("static")
    facet(overview, "camera.kind").wait_for()
    until(overview, "!document.querySelector(\"[data-name='camera.speed']:not([hidden])\")")
    overview.locator("#names").fill("no such thing")
    overview.get_by_text("No column or value is called so.").wait_for()


def test_the_page_does_not_jump_nor_scroll_sideways(browser: Any, server: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.add_init_script(SHIFTS)
    page.goto(f"{server.url}/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("window.shifts") < 0.02
    context.close()


SHIFTS = """window.shifts = 0; new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) window.shifts += shift.value;
}).observe({ type: "layout-shift", buffered: true })"""
