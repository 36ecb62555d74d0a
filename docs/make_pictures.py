"""Takes the pictures of the viewer's pages that stand in the docs: each wide and narrow, light and dark.

Run: python docs/make_pictures.py DATASET OTHER_DATASET (of the same videos, for the page that compares). Needs
Playwright (extra ``dev``) and a Chromium on the path.
"""

import io
import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent / "images" / "viewer"
SIZES = {"wide": (1280, 900), "narrow": (360, 740)}
SCHEMES = ("light", "dark")
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SETTLED_MS = 2500


def main(dataset: str, other: str) -> None:
    """Take all pictures."""
    with viewer(dataset, "--compare", other) as url:
        take(url, pages(url) | desks(url))
    with viewer(other) as url:  # that of the two with several teachers
        take(url, {"clip-teachers": f"/clips/{best(url)['clip_id']}"} | desks(url))


def take(url: str, addresses: dict[str, str]) -> None:
    """Take pictures of pages in each size and scheme."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                view: Any = {"width": width, "height": height}
                context = browser.new_context(viewport=view, color_scheme=scheme)
                for name, path in addresses.items():
                    page = context.new_page()
                    page.goto(url + path)
                    page.wait_for_timeout(SETTLED_MS)
                    save(page, FOLDER / f"{name}-{size}-{scheme}.webp")
                    page.close()
                context.close()
        browser.close()


@contextmanager
def viewer(*arguments: str) -> Iterator[str]:
    """The address of a viewer that runs as long as the block."""
    command = [sys.executable, "-c", "from shotlist.cli import main; main()", "view", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[0].rstrip("/")
        finally:
            process.kill()


def pages(url: str) -> dict[str, str]:
    """An address for each kind of page."""
    clip = best(url)
    return {
        "overview": "/",
        "clips": "/clips",
        "search": "/clips?q=camera",
        "clip": f"/clips/{clip['clip_id']}",
        "videos": "/videos",
        "video": f"/videos/{clip['video_id']}",
        "compare": "/compare",
        "compare-video": f"/compare/{clip['video_id']}",
        "failures": "/failures",
        "review": "/review",
    }


def best(url: str) -> Any:
    """A clip of which there is much to see."""
    return ask(url, "/clips?where=seconds+between+3+and+15&sort=-seconds&size=1")["clips"][0]


def desks(url: str) -> dict[str, str]:
    """A desk for each task of which there is a sample."""
    return {f"review-{s['task']}": f"/review/{s['key']}?who=docs" for s in ask(url, "/review")["samples"]}


def ask(url: str, path: str) -> Any:
    """A page's values."""
    request = urllib.request.Request(url + path, headers={"accept": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def save(page: Page, place: Path) -> None:
    """Store what the page shows now."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(place, "WEBP", quality=72, method=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
