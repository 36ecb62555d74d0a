"""An export in a browser: opened from a file, and from a plain web server."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from two_datasets import A, dataset_of
from until import until

from shotlist.view.exporting.run import export

SHOWN = "[...document.querySelectorAll('#cards > li:not([hidden])')].length"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture(scope="module")
def exported(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "a sample"
    export(str(dataset), str(out), query="seconds=2..7", most=6)
    return out


@pytest.fixture(scope="module")
def served(exported: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(exported)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["file", "server"])
def sample(request: Any, page: Any, exported: Path, served: str) -> Any:
    page.goto((exported / "index.html").as_uri() if request.param == "file" else served)
    until(page, "document.documentElement.classList.contains('scripted')")
    return page


def test_clips_are_found_and_put_in_order(sample: Any) -> None:
    every = sample.evaluate(SHOWN)
    assert every == 6
    sample.keyboard.press("/")
    sample.keyboard.type("friday")
    until(sample, f"{SHOWN} === 1")
    until(sample, "document.querySelector('#found').textContent === '1 of 6 clips'")
    sample.get_by_role("button", name="Clear").click()
    sample.get_by_label("Order").select_option("-seconds")
    lengths = "[...document.querySelectorAll('#cards .length')].map((each) => parseFloat(each.textContent))"
    until(sample, f"{lengths}.length === 6 && {lengths}.every((each, k, all) => !k || each <= all[k - 1])")
    sample.get_by_role("searchbox").fill("nothing is like this")
    until(sample, f"{SHOWN} === 0")
    sample.get_by_text("No clip fits").wait_for()


def test_a_filter_counts_what_is_left(sample: Any) -> None:
    sample.locator("#filters").evaluate("details => (details.open = true)")
    first = sample.locator("#facets label").first
    number = int(first.locator("small").inner_text())
    first.locator("input").check()
    until(sample, f"{SHOWN} === {number}")
    until(sample, "location.hash.includes('f.')")


def test_a_clip_plays_and_keys_lead_to_the_next(sample: Any) -> None:
    sample.locator("a.shot").first.click()
    until(sample, "document.querySelector('dialog video')?.currentTime > 0.2")
    assert sample.evaluate("document.querySelector('dialog video').videoWidth") > 0
    title = sample.locator("#clip-title").inner_text()
    sample.keyboard.press("n")
    until(sample, lambda: sample.locator("#clip-title").inner_text() != title)
    sample.keyboard.press("p")
    until(sample, lambda: sample.locator("#clip-title").inner_text() == title)
    assert sample.locator("dialog .final").inner_text()
    assert sample.locator("dialog .numbers div").count() > 10
    sample.keyboard.press("Escape")
    until(sample, "!document.querySelector('dialog').open")
    until(sample, "document.activeElement.classList.contains('shot')")


def test_a_link_leads_to_one_clip(sample: Any) -> None:
    sample.locator("a.shot").nth(2).click()
    until(sample, "location.hash.includes('clip=')")
    title = sample.locator("#clip-title").inner_text()
    sample.reload()
    until(sample, "document.querySelector('dialog').open")
    assert sample.locator("#clip-title").inner_text() == title


def test_pictures_arrive_and_a_film_plays_under_the_pointer(sample: Any) -> None:
    until(sample, "document.querySelector('#cards img').naturalWidth > 100")
    sample.locator("a.shot").first.hover()
    until(sample, "document.querySelector('#cards video')?.currentTime > 0.1")
    sample.mouse.move(2, 2)
    until(sample, "!document.querySelector('#cards video')")


def test_the_transcript_follows_the_film(sample: Any) -> None:
    sample.get_by_role("searchbox").fill("friday")
    until(sample, f"{SHOWN} === 1")
    sample.locator("#cards > li:not([hidden]) a.shot").click()
    until(sample, "document.querySelectorAll('dialog .said li').length > 0")
    sample.locator("dialog .said button").last.click()
    until(sample, "document.querySelector('dialog .said li:last-child[aria-current]') !== null")


def test_it_fits_a_phone_and_works_without_scripts(browser: Any, exported: Path) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = phone.new_page()
    page.goto((exported / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("a.shot").first.click()
    until(page, "document.querySelector('dialog').open")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    phone.close()
    bare = browser.new_context(java_script_enabled=False)
    page = bare.new_page()
    page.goto((exported / "index.html").as_uri())
    assert page.locator("a.shot").count() == 6
    assert page.locator("a.shot").first.get_attribute("href").startswith("films/")
    assert not page.locator("#find").is_visible()
    bare.close()


def test_hostile_texts_run_nothing(page: Any, tmp_path: Path) -> None:
    dataset_of(tmp_path / "set", A, 2.0)
    export(str(tmp_path / "set"), str(tmp_path / "out"), query="")
    page.goto((tmp_path / "out" / "index.html").as_uri())
    until(page, f"{SHOWN} === 6")
    page.locator("a.shot").nth(2).click()
    assert "onerror=alert(1)" in page.locator("dialog").inner_text()
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
