"""The player in a real browser: films of several codecs, spans, keys, grids."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from media_dataset import SECOND, dataset_of, ids, put
from PIL import Image
from until import until

from shotlist.dataset import Dataset

SPANS = {
    "sintel_trailer_720p.mp4": (24 * SECOND, 26 * SECOND),
    "lecture_pendulum_part1.webm": (30_014_000, 32_014_000),
    "highway_av1.mp4": (10_010_000, 12_012_000),
    "space_needle.avi": (5 * SECOND, 7 * SECOND),
}
Clip = Callable[[str], dict[str, Any]]
START = """async (options) => {
  const { spanPlayer } = await import("/static/now/player.js");
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "/static/now/player.css";
  document.head.append(style);
  const stage = document.querySelector("main");
  stage.replaceChildren();
  window.times = [];
  window.frames_seen = [];
  window.looks = [];
  window.problems = [];
  window.ends = 0;
  window.stall = 0;
  let before = performance.now();
  const watch = (now) => {
    stall = Math.max(stall, now - before);
    before = now;
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
  const player = (window.player = spanPlayer(stage, { muted: true, ...options }));
  player.on("time", ({ time_us, playing }) => playing && times.push(time_us));
  player.on("problem", ({ sentence }) => problems.push(sentence)).on("end", () => (ends += 1));
  const canvas = new OffscreenCanvas(16, 9).getContext("2d", { willReadFrequently: true });
  const look = (now, { mediaTime }) => {
    if (player.video.classList.contains("shown")) {
      frames_seen.push(Math.round(mediaTime * 1e6) + player.source.zero);
      canvas.drawImage(player.video, 0, 0, 16, 9);
      looks.push([...canvas.getImageData(0, 0, 16, 9).data].join());
    }
    player.video.requestVideoFrameCallback(look);
  };
  player.video.requestVideoFrameCallback(look);
}"""
GRID = """async (clips) => {
  const { hoverPlay } = await import("/static/now/player.js");
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "/static/now/player.css";
  document.head.append(style);
  const stage = document.querySelector("main");
  stage.replaceChildren();
  for (const clip of clips) {
    const link = document.createElement("a");
    link.href = "#followed";
    link.className = "cell";
    Object.assign(link.dataset, clip);
    link.style.display = "inline-block";
    const image = document.createElement("img");
    image.width = 320;
    image.height = 180;
    image.src = `/stills/${clip.video}/0.jpg`;
    link.append(image);
    stage.append(link);
  }
  hoverPlay(stage);
}"""
PLAYING = "document.querySelector('video.shown') !== null && !document.querySelector('video').paused"


def jpeg() -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (320, 180), "teal").save(packed, "JPEG")
    return packed.getvalue()


@pytest.fixture(scope="module")
def films(shared_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One clip of each film, of which a browser can't play the last."""
    spans = {shared_media / name: [span] for name, span in SPANS.items()}
    dataset = dataset_of(tmp_path_factory.mktemp("played") / "set", spans)
    put(dataset, "frames", [{"video_id": v, "time_us": 0, "jpeg": jpeg()} for v in ids(dataset)])
    return dataset


@pytest.fixture(scope="module")
def viewer(films: Dataset, start: Callable[..., AbstractContextManager[Any]]) -> Iterator[str]:
    with start(Path(films.address)) as server:
        yield server.url


@pytest.fixture
def clip(films: Dataset) -> Clip:
    """What a player is told about the clip of a film."""
    found = films.sql(
        "SELECT uri, clip_id, video_id, c.start_us, c.end_us FROM clips AS c JOIN videos USING (video_id)"
    )
    rows = {Path(r["uri"]).name: r for r in found.to_arrow_table().to_pylist()}
    return lambda name: {k: v for k, v in rows[name].items() if k != "uri"}


def inside(page: Any, start_us: int, end_us: int) -> bool:
    """Whether all pictures were from a span, but for those that came while a busy machine let no script run."""
    late_us = 120_000 + 1000 * float(page.evaluate("stall"))
    return all(start_us - 20_000 <= frame < end_us + late_us for frame in page.evaluate("frames_seen"))


@pytest.mark.parametrize("name", SPANS)
def test_a_span_is_played_from_its_first_to_its_last_picture(viewer: str, page: Any, clip: Clip, name: str) -> None:
    start_us, end_us = SPANS[name]
    page.goto(viewer + "/failures")
    page.evaluate(START, {**clip(name), "autoplay": True})
    until(page, f"ends > 0 && frames_seen.at(-1) < {end_us} && frames_seen.at(-1) > {end_us} - 2e5")
    times, frames = page.evaluate("times"), page.evaluate("frames_seen")
    assert start_us <= min(times) and max(times) <= end_us
    assert inside(page, start_us, end_us)
    assert max(frames) - min(frames) > 1.5 * SECOND and len(frames) > 10
    assert len(set(page.evaluate("looks"))) > 5, "the pictures move"
    assert page.evaluate("player.source.isCopy") is name.endswith(".avi")
    assert (page.evaluate("player.playing"), page.evaluate("player.time_us")) == (False, end_us)
    page.evaluate("times.length = 0, player.play()")
    until(page, f"times.some((time) => time < {start_us + SECOND})")


@pytest.mark.parametrize("name", ["sintel_trailer_720p.mp4", "space_needle.avi"])
def test_a_loop_begins_again(viewer: str, page: Any, clip: Clip, name: str) -> None:
    page.goto(viewer + "/failures")
    page.evaluate(START, {**clip(name), "autoplay": True, "loop": True})
    until(page, "times.some((time, k) => k && time < times[k - 1] - 1e6 && times.length > k + 10)")
    start_us, end_us = SPANS[name]
    assert inside(page, start_us, end_us)
    assert page.evaluate("ends") == 0


def test_the_keyboard_does_it_all(viewer: str, page: Any, clip: Clip) -> None:
    page.goto(viewer + "/failures")
    page.evaluate(START, {**clip("sintel_trailer_720p.mp4"), "fps": 24})
    until(page, "player.video.classList.contains('shown')")
    page.locator(".player").focus()
    page.keyboard.press("Space")
    until(page, "player.playing && times.length > 5")
    page.keyboard.press("k")
    until(page, "player.video.paused")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    until(page, "!player.video.seeking && player.source.shown_us === 25000000")
    page.keyboard.press(".")
    until(page, "player.source.shown_us === 25041667")
    page.keyboard.press(",")
    page.keyboard.press(",")
    until(page, "player.source.shown_us === 24958333")
    page.keyboard.press("End")
    until(page, "player.source.shown_us === 25958333")
    page.keyboard.press("l")
    page.keyboard.press("m")
    page.get_by_role("button", name="Loop", pressed=True).wait_for()
    page.get_by_role("button", name="Mute", pressed=False).wait_for()
    page.keyboard.press("ArrowLeft")
    told = page.get_by_role("slider", name="Position")
    until(page, lambda: told.get_attribute("aria-valuetext") == "0:01.0 of 0:02.0, 0:25.0 in the video")
    assert page.get_by_role("group", name="Clip").count() == 1


def test_the_bar_goes_to_any_place(viewer: str, page: Any, clip: Clip) -> None:
    page.goto(viewer + "/failures")
    for name in ("sintel_trailer_720p.mp4", "space_needle.avi"):
        page.evaluate(START, clip(name))
        until(page, "player.video.classList.contains('shown')")
        box = page.get_by_role("slider", name="Position").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
        wanted = SPANS[name][0] + 1.5 * SECOND
        until(page, f"Math.abs(player.source.shown_us - {wanted}) < 1e5")
        page.evaluate("player.close()")
        assert page.locator("video").count() == 0


def test_another_span_of_the_same_video_can_be_told(viewer: str, page: Any, clip: Clip) -> None:
    page.goto(viewer + "/failures")
    page.evaluate(START, {**clip("sintel_trailer_720p.mp4"), "autoplay": True})
    page.evaluate("player.span(30e6, 31e6)")
    # A busy machine shows one more, and steps back.
    until(page, "ends > 0 && frames_seen.at(-1) > 30.9e6 && frames_seen.at(-1) < 31e6")


def test_a_long_video_is_copied_piece_by_piece(viewer: str, page: Any, clip: Clip) -> None:
    """Whole videos are longer than clips: only what is played is copied, as if the browser could not play it."""
    page.goto(viewer + "/failures")
    video = clip("lecture_pendulum_part1.webm")["video_id"]
    page.evaluate(START, {"video_id": video, "start_us": 14_000, "end_us": 600 * SECOND, "type": "video/none"})
    until(page, "player.video.classList.contains('shown')")
    page.evaluate("player.seek(65e6)")
    until(page, "Math.abs(player.source.shown_us - 65e6) < 1e5")
    assert page.evaluate("[player.source.from, player.source.to]") == [65 * SECOND, 125 * SECOND]


def test_a_film_that_is_gone_is_told_in_the_player(
    shared_media: Path, tmp_path: Path, browser: Any, start: Callable[..., AbstractContextManager[Any]]
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes((shared_media / "friday_dialogue.mp4").read_bytes())
    dataset = dataset_of(tmp_path / "set", {film: [(0, SECOND)]})
    film.unlink()
    page = browser.new_page()
    with start(tmp_path / "set") as server:
        page.goto(server.url + "/failures")
        options = {
            "video_id": ids(dataset)[0],
            "clip_id": ids(dataset, "clips", "clip_id")[0],
            "start_us": 0,
            "end_us": SECOND,
        }
        page.evaluate(START, options)
        until(page, "problems.length > 0")
        assert f"{film}: There is no such file" in page.get_by_role("status").inner_text()
    page.close()


def grid(viewer: str, page: Any, films: Dataset) -> list[dict[str, str]]:
    rows = films.read(films.parts("clips")["000000"]).to_pylist()
    clips = [
        {"video": r["video_id"], "clip": r["clip_id"], "start": str(r["start_us"]), "end": str(r["end_us"])}
        for r in rows
    ]
    page.goto(viewer + "/failures")
    page.evaluate(GRID, clips)
    return clips


def test_a_clip_plays_over_its_still_while_it_is_pointed_at(viewer: str, page: Any, films: Dataset) -> None:
    for k in range(len(grid(viewer, page, films))):
        page.locator(".cell").nth(k).hover()
        until(page, PLAYING + f" && document.querySelectorAll('.cell')[{k}].querySelector('video') !== null")
        assert page.locator("video").count() == 1
        assert page.evaluate("document.querySelector('video').muted")
        still, video = page.locator(".cell img").nth(k).bounding_box(), page.locator("video").bounding_box()
        assert video == pytest.approx(still, abs=1)
    page.mouse.move(2, 2)
    until(page, "document.querySelector('video') === null")


def test_a_clip_plays_while_it_has_the_focus(viewer: str, page: Any, films: Dataset) -> None:
    grid(viewer, page, films)
    page.locator(".cell").first.evaluate("cell => cell.focus({ focusVisible: true })")
    until(page, PLAYING)
    page.keyboard.press("Tab")
    until(page, PLAYING + " && document.querySelectorAll('.cell')[1].querySelector('video') !== null")
    assert page.locator("video").count() == 1


def test_on_a_touch_screen_the_first_tap_plays_and_the_second_opens(viewer: str, browser: Any, films: Dataset) -> None:
    context = browser.new_context(has_touch=True, viewport={"width": 360, "height": 740})
    page = context.new_page()
    grid(viewer, page, films)
    page.locator(".cell").first.tap()
    until(page, PLAYING)
    assert not page.url.endswith("#followed")
    page.locator(".cell").first.tap()
    until(page, "location.hash === '#followed'")
    context.close()
