import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from media_dataset import client, dataset_of, ids, put, sources_of
from starlette.testclient import TestClient

from films import write
from servers.digits import numbered
from shotlist.dataset import Dataset
from shotlist.view.media.mime import file_type


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return write(tmp_path / "films" / "a film #1.mp4", (numbered(k) for k in range(30)))


@pytest.fixture
def dataset(film: Path, tmp_path: Path) -> Dataset:
    return dataset_of(tmp_path / "set", {film: [(0, 1_000_000)]})


@pytest.fixture
def asked(dataset: Dataset, tmp_path: Path) -> TestClient:
    return client(dataset, tmp_path)


@pytest.fixture
def address(dataset: Dataset) -> str:
    return f"/sources/{ids(dataset)[0]}"


def test_a_file_is_given_as_it_is(asked: TestClient, address: str, film: Path) -> None:
    answer = asked.get(address)
    assert (answer.status_code, answer.content) == (200, film.read_bytes())
    assert answer.headers["content-type"] == 'video/mp4; codecs="avc1.640028"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert asked.head(address).headers["content-length"] == str(film.stat().st_size)


@pytest.mark.parametrize(
    ("asked_for", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-50", slice(-50, None)),
        ("bytes=7-7", slice(7, 8)),
        ("bytes=0-99999999", slice(0, None)),
    ],
)
def test_parts_of_a_file_are_given_as_asked(
    asked: TestClient, address: str, film: Path, asked_for: str, part: slice
) -> None:
    content = film.read_bytes()
    answer = asked.get(address, headers={"range": asked_for})
    assert (answer.status_code, answer.content) == (206, content[part])
    first, last, _ = part.indices(len(content))
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(content)}"


def test_a_part_beyond_the_end_is_refused(asked: TestClient, address: str, film: Path) -> None:
    answer = asked.get(address, headers={"range": "bytes=99999999-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{film.stat().st_size}")


def test_a_part_of_another_version_is_not_mixed_in(asked: TestClient, address: str) -> None:
    tag = asked.head(address).headers["etag"]
    assert asked.get(address, headers={"range": "bytes=0-9", "if-range": tag}).status_code == 206
    assert asked.get(address, headers={"range": "bytes=0-9", "if-range": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "%2e%2e",
        "dataset.json",
        "file:%2f%2f%2fetc%2fpasswd",
        "%00",
        "x" * 9000,
    ],
)
def test_nothing_but_the_videos_of_the_dataset_is_given(asked: TestClient, name: str) -> None:
    for address in (f"/sources/{name}", f"/stills/{name}/0.jpg", f"/lanes/{name}", f"/cuts/{name}.mp4"):
        answer = asked.get(address)
        assert answer.status_code in (400, 404), address
        assert "root:" not in answer.text and "made_by" not in answer.text


def test_a_file_that_a_hostile_dataset_names_is_not_given(film: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody's business")
    dataset = Dataset.create(tmp_path / "theirs")
    put(dataset, "sources", [{**sources_of(film)[0], "uri": str(secret)}])
    answer = client(dataset, tmp_path).get(f"/sources/{ids(dataset)[0]}")
    assert answer.status_code == 410 and "nobody" not in answer.text


def test_a_file_that_is_gone_is_told_by_its_name(asked: TestClient, address: str, film: Path) -> None:
    film.unlink()
    answer = asked.get(address, headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json()["error"] == (
        f"{film}: There is no such file; put it back there, or build again where the videos are now"
    )


def test_another_file_in_its_place_is_not_given(asked: TestClient, address: str, film: Path, tmp_path: Path) -> None:
    assert asked.get(address).status_code == 200
    write(film, (numbered(k + 7) for k in range(30)))
    answer = asked.get(address, headers={"accept": "application/json"})
    assert answer.status_code == 410 and "has changed since it was scanned" in answer.json()["error"]


def test_a_file_that_was_only_touched_is_the_same(asked: TestClient, address: str, film: Path) -> None:
    os.utime(film, (1, 1))
    assert asked.get(address, headers={"range": "bytes=0-9"}).status_code == 206


def test_a_file_in_a_store_is_read_part_by_part(film: Path, tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("/films/a.mp4", film.read_bytes())
    dataset = Dataset.create(tmp_path / "remote")
    put(dataset, "sources", [{**sources_of(film)[0], "uri": "memory://films/a.mp4"}])
    asked, address, content = client(dataset, tmp_path), f"/sources/{ids(dataset)[0]}", film.read_bytes()
    whole = asked.get(address)
    assert (whole.status_code, whole.content) == (200, content)
    part = asked.get(address, headers={"range": "bytes=-50", "if-range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, content[-50:])
    assert part.headers["content-range"] == f"bytes {len(content) - 50}-{len(content) - 1}/{len(content)}"
    assert asked.get(address, headers={"range": "bytes=99999999-"}).status_code == 416
    assert asked.head(address).headers["content-length"] == str(len(content))


class Plain(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_of_a_server_that_sends_no_parts_only_the_beginning_or_the_whole_is_given(film: Path, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    plain = film.with_name("plain.mp4")
    plain.write_bytes(film.read_bytes() + bytes(5 << 20))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Plain, directory=str(film.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        dataset = Dataset.create(tmp_path / "web")
        uri = f"http://127.0.0.1:{server.server_port}/plain.mp4"
        put(dataset, "sources", [{**sources_of(plain)[0], "uri": uri}])
        asked, address = client(dataset, tmp_path), f"/sources/{ids(dataset)[0]}"
        answers = {part: asked.get(address, headers={"range": part}) for part in ("bytes=0-", "bytes=0-9", "bytes=9-")}
        server.shutdown()
    content = plain.read_bytes()
    assert [a.status_code for a in answers.values()] == [206, 206, 200]
    assert [len(a.content) for a in answers.values()] == [len(content), 10, len(content)]
    assert "accept-ranges" not in answers["bytes=9-"].headers


def test_a_broken_part_of_sources_hides_no_clip(dataset: Dataset, asked: TestClient) -> None:
    video = ids(dataset)[0]
    clip = ids(dataset, "clips", "clip_id")[0]
    for path in (Path(dataset.address) / "tables" / "sources").iterdir():
        path.unlink()
    assert asked.get(f"/clips/{clip}?format=json").status_code == 200
    assert asked.get(f"/videos/{video}?format=json").status_code == 200
    answer = asked.get(f"/sources/{video}", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert "build again" in answer.json()["error"]


def test_a_codec_s_name_puts_nothing_into_the_headers() -> None:
    row = {"container": "mov,mp4", "codec": "h264", "audio_codec": 'x"\r\nset-cookie: a=b'}
    assert file_type(row) == 'video/mp4; codecs="avc1.640028"'
