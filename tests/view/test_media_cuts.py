import io
import os
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import fsspec
import numpy as np
import pytest
from media_dataset import SECOND, client, dataset_of, ids, put, sources_of

from films import write
from servers.digits import number_in, numbered
from shotlist.dataset import Dataset
from shotlist.view.media.cuts import tidy

Span = tuple[int, int]
Options = dict[str, object]
Cut = Callable[..., bytes]


@pytest.fixture
def cut(tmp_path: Path) -> Cut:
    """The cut of a film's span as the viewer gives it once it is whole."""

    def make(film: Path, span: Span, query: str = "whole=1") -> bytes:
        dataset = dataset_of(tmp_path / f"set of {film.name}", {film: [span]})
        answer = client(dataset, tmp_path).get(f"/cuts/{ids(dataset, 'clips', 'clip_id')[0]}.mp4?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "video/mp4"
        return answer.content

    return make


def numbers(content: bytes) -> list[tuple[int, int]]:
    """(time in microseconds, number in the picture) of every frame."""
    with av.open(io.BytesIO(content)) as file:
        return [(round(f.time * SECOND), int(number_in(_jpeg(f)))) for f in file.decode(video=0)]


def _jpeg(frame: av.VideoFrame) -> bytes:
    packed = io.BytesIO()
    frame.to_image().save(packed, "JPEG")
    return packed.getvalue()


def film_of(path: Path, frames: int = 100, **options: object) -> Path:
    return write(path, (numbered(k) for k in range(frames)), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("b-frames.mp4", {"g": 50, "bf": 3}),
        ("transport.ts", {"g": 40, "bf": 2}),
        ("old.avi", {"codec": "mpeg4", "g": 30, "bf": 0}),
        ("ten bit.mkv", {"codec": "libx265", "pix_fmt": "yuv420p10le", "x265-params": "log-level=error"}),
        ("matroska.mkv", {"codec": "libvpx-vp9", "g": 60, "deadline": "realtime"}),
    ],
)
def test_a_cut_has_exactly_the_frames_of_its_clip(
    cut: Cut, tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    film = film_of(tmp_path / name, **options)
    with av.open(str(film)) as file:
        stream = file.streams.video[0]
        first = round((stream.start_time or 0) * stream.time_base * SECOND)
    found = numbers(cut(film, (first + 37 * 40_000, first + 62 * 40_000)))
    assert [number for _, number in found] == list(range(37, 62))
    assert [time for time, _ in found] == [40_000 * k for k in range(25)]


def test_frames_of_uneven_length_keep_their_times(cut: Cut, tmp_path: Path) -> None:
    times = [0, 100, 140, 1000, 1040, 1900, 2000, 2040]
    film = write(tmp_path / "uneven.mkv", map(numbered, range(8)), pts=times, time_base=Fraction(1, 1000))
    assert numbers(cut(film, (140_000, 2_000_000))) == [(0, 2), (860_000, 3), (900_000, 4), (1_760_000, 5)]


def test_sound_stays_with_the_picture(cut: Cut, tmp_path: Path) -> None:
    sound = np.zeros((2, 4 * 48_000), np.float32)
    sound[:, 2 * 48_000 : 2 * 48_000 + 4800] = 0.5
    film = write(tmp_path / "click.mp4", map(numbered, range(100)), sound=sound, g=250)
    with av.open(io.BytesIO(cut(film, (1_480_000, 3_000_000)))) as file:
        heard = [(f.time, f.to_ndarray()) for f in file.decode(audio=0)]
    samples = np.concatenate([s for _, s in heard], axis=1)
    begins = heard[0][0] + int(np.argmax(np.abs(samples[0]) > 0.1)) / 48_000
    assert abs(begins - 0.52) < 0.01
    assert abs(samples.shape[1] / 48_000 - 1.52) < 0.03


def test_a_cut_is_upright_and_of_even_size_and_not_too_large(cut: Cut, shared_media: Path) -> None:
    for name, rows, size in (("bbb_rotated90.mp4", 720, (404, 720)), ("screen_vfr.mp4", 360, (786, 360))):
        content = cut(shared_media / name, (500_000, 900_000), f"whole=1&rows={rows}")
        with av.open(io.BytesIO(content)) as file:
            context = file.streams.video[0].codec_context
            assert (context.width, context.height) == size
            assert (context.name, context.pix_fmt) == ("h264", "yuv420p")


def test_a_film_that_is_damaged_is_cut_as_far_as_it_can_be_read(cut: Cut, shared_media: Path) -> None:
    for name, span in (("bit_flips.mp4", (0, 3_000_000)), ("truncated_tail.mp4", (1_000_000, 8_000_000))):
        with av.open(io.BytesIO(cut(shared_media / "broken" / name, span))) as file:
            assert sum(1 for _ in file.decode(video=0)) > 30


def test_a_cut_is_sent_while_it_is_made_and_kept_when_it_is(tmp_path: Path) -> None:
    film = film_of(tmp_path / "film.mp4")
    dataset = dataset_of(tmp_path / "set", {film: [(0, 2 * SECOND)]})
    asked, address = client(dataset, tmp_path), f"/cuts/{ids(dataset, 'clips', 'clip_id')[0]}.mp4"
    first = asked.get(address)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    again = asked.get(address + "?whole=1", headers={"range": "bytes=0-99"})
    assert (again.status_code, len(again.content)) == (206, 100)
    assert numbers(first.content) == numbers(asked.get(address).content)
    assert len(list((tmp_path / "cuts").iterdir())) == 1


def test_a_cut_that_many_ask_for_at_once_is_made_once(tmp_path: Path) -> None:
    film = film_of(tmp_path / "film.mp4", 300)
    dataset = dataset_of(tmp_path / "set", {film: [(0, 10 * SECOND)]})
    asked, address = client(dataset, tmp_path), f"/cuts/{ids(dataset, 'clips', 'clip_id')[0]}.mp4?whole=1"
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(asked.get(address).headers["etag"])) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 5 and len(set(answers)) == 1


def test_a_span_near_the_clip_can_be_asked_for(tmp_path: Path) -> None:
    film = film_of(tmp_path / "film.mp4")
    dataset = dataset_of(tmp_path / "set", {film: [(1 * SECOND, 2 * SECOND)]})
    asked, name = client(dataset, tmp_path), ids(dataset, "clips", "clip_id")[0]
    wider = asked.get(f"/cuts/{name}.mp4?start_us=800000&end_us=2200000&whole=1").content
    assert [number for _, number in numbers(wider)] == list(range(20, 55))
    video = asked.get(f"/cuts/{ids(dataset)[0]}.mp4?start_us=0&end_us=120000&whole=1").content
    assert [number for _, number in numbers(video)] == [0, 1, 2]
    for query in ("start_us=x", "start_us=3000000", "end_us=90000000", "start_us=-70000000"):
        assert asked.get(f"/cuts/{name}.mp4?{query}").status_code == 400, query


def test_a_film_in_a_store_is_cut_without_a_copy_of_it(tmp_path: Path) -> None:
    film = film_of(tmp_path / "film.mp4")
    fsspec.filesystem("memory").pipe_file("/cut/film.mp4", film.read_bytes())
    dataset = dataset_of(tmp_path / "set", {film: [(0, 2 * SECOND)]})
    put(dataset, "sources", [{**sources_of(film)[0], "uri": "memory://cut/film.mp4"}])
    film.unlink()
    answer = client(dataset, tmp_path).get(f"/cuts/{ids(dataset, 'clips', 'clip_id')[0]}.mp4?start_us=0&end_us=80000")
    assert [number for _, number in numbers(answer.content)] == [0, 1]


@pytest.mark.parametrize(
    ("spoil", "status", "told"),
    [
        (lambda film: film.unlink(), 404, "There is no such file"),
        (lambda film: film.write_bytes(b"x" * 999), 410, "has changed since it was scanned"),
    ],
)
def test_what_can_not_be_cut_is_told_in_a_sentence(
    tmp_path: Path, spoil: Callable[[Path], object], status: int, told: str
) -> None:
    film = film_of(tmp_path / "film.mp4")
    dataset = dataset_of(tmp_path / "set", {film: [(0, 2 * SECOND)]})
    spoil(film)
    answer = client(dataset, tmp_path).get(
        f"/cuts/{ids(dataset, 'clips', 'clip_id')[0]}.mp4", headers={"accept": "application/json"}
    )
    assert answer.status_code == status
    assert answer.json()["error"].startswith(f"{film}: ") and told in answer.json()["error"]


def test_a_span_without_pictures_is_told_in_a_sentence(tmp_path: Path) -> None:
    film = film_of(tmp_path / "film.mp4")
    dataset = dataset_of(tmp_path / "set", {film: [(8 * SECOND, 9 * SECOND)]})
    answer = client(dataset, tmp_path).get(f"/cuts/{ids(dataset, 'clips', 'clip_id')[0]}.mp4")
    assert answer.status_code == 422 and "there is no picture from 0:08.0 to 0:09.0" in answer.text


def test_a_clip_that_is_not_in_the_dataset_is_not_there(tmp_path: Path) -> None:
    film = film_of(tmp_path / "film.mp4")
    dataset = dataset_of(tmp_path / "set", {film: [(0, 2 * SECOND)]})
    video = ids(dataset)[0]
    for name in (f"{video}_0_999", f"{video}_", "_", "x_0_1"):
        assert client(dataset, tmp_path).get(f"/cuts/{name}.mp4").status_code == 404


def test_cuts_that_were_not_played_for_longest_make_room(tmp_path: Path) -> None:
    for k in range(4):
        (tmp_path / f"{k}.mp4").write_bytes(bytes(1000))
        os.utime(tmp_path / f"{k}.mp4", (k, k))
    tidy(tmp_path, 2500)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2.mp4", "3.mp4"]


def test_a_dataset_without_clips_has_no_cuts(tmp_path: Path) -> None:
    assert client(Dataset.create(tmp_path / "set"), tmp_path).get("/cuts/a_0_1.mp4").status_code == 404
