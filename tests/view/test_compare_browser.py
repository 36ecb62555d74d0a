"""Two builds of the same films compared in a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from until import until

from shotlist import build
from shotlist.builder import Options

TRAILER = "sintel_trailer_720p.mp4"
NOW = "document.querySelector('[data-kind][aria-current]')"


@pytest.fixture(scope="module")
def other(dataset: Path, films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same films with other settings: only what comes after the scan is made anew."""
    out = Path(shutil.copytree(dataset, tmp_path_factory.mktemp("other") / "coarse"))
    settings = ["shots.rise=12", "shots.different=40", "clips.min_seconds=2.5"]
    build([films], out, settings=settings, options=Options(report=False))
    return out


@pytest.fixture(scope="module")
def compared(dataset: Path, other: Path, start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("compared"))
    with start(dataset, "--compare", str(other), "--port", "0") as running:
        yield running


@pytest.fixture
def glance(page: Any, compared: Any) -> Any:
    page.goto(f"{compared.url}/compare")
    page.locator(".glance").wait_for()
    return page


@pytest.fixture
def trailer(glance: Any) -> Any:
    """The page of the trailer in both datasets."""
    glance.get_by_role("link", name=TRAILER).first.click()
    glance.wait_for_url("**/compare/*")
    until(glance, "document.querySelectorAll('.tl-clips > span').length > 2")
    return glance


def test_the_first_page_comes_by_itself_and_tells_what_differs(glance: Any) -> None:
    assert "agree within 0.1 s" in glance.locator("#cuts-title ~ .big").inner_text()
    settings = glance.locator(".settings tbody").first.inner_text()
    assert "shots.rise" in settings
    assert "clips.min_seconds" in settings
    assert glance.locator("svg.mini").count() > 0


def test_how_far_cuts_may_lie_apart_is_chosen_and_stays_in_the_address(glance: Any) -> None:
    glance.get_by_label("Cuts are the same within").select_option("0.5")
    glance.wait_for_url("**within=0.5**")
    glance.locator(".glance").wait_for()
    assert "agree within 0.5 s" in glance.locator("#cuts-title ~ .big").inner_text()
    glance.get_by_role("link", name="Captions", exact=True).click()
    glance.wait_for_url("**sort=-captions**")
    assert "within=0.5" in glance.url


def test_keys_go_from_difference_to_difference_and_the_player_follows(trailer: Any) -> None:
    places = trailer.locator("[data-kind]").count()
    assert places > 2
    trailer.keyboard.press("n")
    until(trailer, f"{NOW} === document.querySelectorAll('[data-kind]')[0]")
    trailer.keyboard.press("n")
    trailer.keyboard.press("n")
    until(trailer, f"{NOW} === document.querySelectorAll('[data-kind]')[2]")
    start = int(trailer.evaluate(f"{NOW}.dataset.start"))
    until(trailer, f"Math.abs(document.querySelector('video').currentTime * 1e6 - {start}) < 7e5")
    trailer.keyboard.press("p")
    until(trailer, f"{NOW} === document.querySelectorAll('[data-kind]')[1]")
    until(trailer, "location.search.includes('at=')")


def test_a_cut_that_one_has_shows_every_frame_around_it(trailer: Any) -> None:
    trailer.locator("li.cut .go").first.click()
    until(trailer, "document.querySelectorAll('#now .frames img').length > 3")
    names = trailer.locator("#now .frames img").evaluate_all("all => all.map((img) => img.alt)")
    assert sum("before" in name for name in names) >= 2
    assert sum("after" in name for name in names) >= 2
    assert trailer.locator("#now .frames img.first").count() == 1


def test_both_timelines_zoom_together(trailer: Any) -> None:
    before = trailer.evaluate(
        "[...document.querySelectorAll('.tl-clips')].map((strip) => strip.firstChild.style.width)"
    )
    trailer.get_by_role("button", name="Show it in more detail").click()
    trailer.get_by_role("button", name="Show it in more detail").click()
    until(trailer, "document.querySelector('#window').textContent.includes('of 0:52')")
    widths = "[...document.querySelectorAll('.tl-clips')].map((strip) => strip.firstChild.style.width)"
    until(trailer, f"JSON.stringify({widths}) !== '{str(before).replace(chr(39), chr(34)).replace(', ', ',')}'")


def test_an_address_leads_back_to_the_place(trailer: Any) -> None:
    trailer.keyboard.press("n")
    until(trailer, "location.search.includes('at=')")
    start = trailer.evaluate(f"{NOW}.dataset.start")
    trailer.goto(trailer.evaluate("location.href"))
    until(trailer, f"{NOW} !== null")
    until(trailer, f"{NOW}.dataset.start === '{start}'")


def test_it_fits_a_phone(browser: Any, compared: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{compared.url}/compare")
    page.locator(".glance").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name=TRAILER).first.click()
    until(page, "document.querySelectorAll('.tl-clips > span').length > 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
