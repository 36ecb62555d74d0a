"""How soon the viewer's player plays: real films in a real Chromium on this machine, as a Markdown table.

    python benchmarks/viewer_play.py [--shared ../shared] [--browser /usr/bin/chromium] [--seeks 12]

"open" is the time from the making of a player until a picture of its clip is on the screen, "seek" the time from a jump
to a random place in the whole video until a picture of that place is; medians and the slowest, in milliseconds. Films
that Chromium can't play come as copies that are cut on the fly: "first" where a clip was not cut before. The last
row is a cut of five seconds by itself.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from films import arguments, row
from shotlist import build
from shotlist.builder import Options
from shotlist.dataset import Dataset

AIM = 300.0
FILMS = (
    "sintel_trailer_720p.mp4",
    "slides_talk.mp4",
    "long_compilation.mp4",
    "lecture_pendulum_part1.webm",
    "highway_av1.mp4",
    "space_needle.avi",
    "popeye_sinbad_song.mkv",
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
OPEN = """async (options) => {
  const { spanPlayer } = await import("/static/now/player.js");
  const stage = document.querySelector("main");
  window.player?.close();
  stage.replaceChildren();
  const began = performance.now();
  window.player = spanPlayer(stage, { muted: true, autoplay: true, ...options });
  return new Promise((resolve) => {
    window.player.on("problem", ({ sentence }) => resolve(sentence));
    const look = (now, { mediaTime }) => {
      const time = mediaTime * 1e6 + window.player.source.zero;
      if (time > options.start_us - 1e5 && time < options.end_us) resolve(performance.now() - began);
      else window.player.video.requestVideoFrameCallback(look);
    };
    window.player.video.requestVideoFrameCallback(look);
  });
}"""
SEEK = """async (time_us) => {
  const began = performance.now();
  window.player.seek(time_us);
  return new Promise((resolve) => {
    const look = (now, { mediaTime }) => {
      if (Math.abs(mediaTime * 1e6 + window.player.source.zero - time_us) < 3e5) resolve(performance.now() - began);
      else window.player.video.requestVideoFrameCallback(look);
    };
    window.player.video.requestVideoFrameCallback(look);
  });
}"""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--browser", default=shutil.which("chromium"))
    parser.add_argument("--seeks", type=int, default=12)


def dataset(shared: Path, work: Path) -> Path:
    """The films as a dataset, made once."""
    out = work / "viewer_play"
    build([shared / "media" / name for name in FILMS], out, options=Options(report=False))
    return out


@contextmanager
def viewer(out: Path) -> Iterator[str]:
    """The viewer in a process of its own; its address."""
    command = [sys.executable, "-c", "from shotlist.cli import main; main()", "view", str(out), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[0]
        finally:
            process.kill()


def videos(out: Path) -> list[dict[str, Any]]:
    """Each film with the span of its longest clip."""
    query = """SELECT video_id, uri, codec, width, height, start_us, start_us + duration_us AS end_us, clip FROM videos
        JOIN (SELECT video_id, arg_max({a: start_us, b: end_us, id: clip_id}, seconds) AS clip FROM clips GROUP BY 1)
        USING (video_id) ORDER BY uri"""
    return [dict(r) for r in Dataset(out).sql(query).to_arrow_table().to_pylist()]


def opened(page: Page, video: dict[str, Any], times: int) -> list[float]:
    clip = video["clip"]
    asked = {"video_id": video["video_id"], "clip_id": clip["id"], "start_us": clip["a"], "end_us": clip["b"]}
    return [measured(page, OPEN, asked) for _ in range(times)]


def sought(page: Page, video: dict[str, Any], times: int) -> list[float]:
    name, start, end = video["video_id"], video["start_us"], video["end_us"]
    measured(page, OPEN, {"video_id": name, "start_us": start, "end_us": end})
    if page.evaluate("player.source.isCopy"):  # a copy can be searched once it is whole
        page.wait_for_timeout(6000)
        measured(page, SEEK, start + 1_000_000)
        end = min(end, start + 30_000_000)
    chance = random.Random(1)
    return [measured(page, SEEK, round(chance.uniform(start, end - 1_000_000))) for _ in range(times)]


def cut(address: str, video: dict[str, Any]) -> tuple[float, float]:
    """Milliseconds until the first and the last bytes of a cut that was not made before; five seconds of 720 rows."""
    start = video["start_us"] + random.SystemRandom().randrange(30_000_000)
    query = {"start_us": start, "end_us": start + 5_000_000}
    began = time.perf_counter()
    with httpx.stream("GET", f"{address}cuts/{video['video_id']}.mp4", params=query, timeout=60) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        first = time.perf_counter() - began
        for _ in pieces:
            pass
    return first * 1000, (time.perf_counter() - began) * 1000


def measured(page: Page, script: str, value: object) -> float:
    found = page.evaluate(script, value)
    if isinstance(found, str):
        raise SystemExit(found)
    return float(found)


def told(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} (≤ {max(times):.0f})"


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "", options)
    out = dataset(chosen.shared, chosen.work)
    good = []
    with viewer(out) as address, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chosen.browser, args=FLAGS).new_page()
        page.goto(address)
        found = videos(out)
        opened(page, found[0], 2)  # the browser's own first time
        print("| what | measured | aim | met |\n|---|---|---|---|")
        for video in found:
            first, *again = opened(page, video, 6)
            seeks = sought(page, video, chosen.seeks)
            name = f"{Path(video['uri']).name} ({video['codec']}, {video['width']} × {video['height']})"
            text = f"open {told(again)} ms, first {first:.0f} ms, seek {told(seeks)} ms"
            good.append(row(name, text, f"≤ {AIM:.0f} ms", max(map(statistics.median, (again, seeks))) <= AIM))
        film = next(v for v in found if v["height"] == 720)
        firsts, wholes = zip(*(cut(address, film) for _ in range(5)), strict=True)
        text = f"first bytes {told(firsts)} ms, whole {told(wholes)} ms"
        good.append(row("a cut of 5 s, 1280 × 720", text, f"first ≤ {AIM:.0f} ms", statistics.median(firsts) <= AIM))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
