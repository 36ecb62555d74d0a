"""Naming videos by their content."""

import io
import random
import time

import pytest

from shotlist.sources.find import find
from shotlist.sources.identity import MEBIBYTE, WHOLE, identify, video_id

BIG = random.Random(1).randbytes(WHOLE + 5 * MEBIBYTE)


def id_of(content: bytes) -> str:
    return video_id(io.BytesIO(content), len(content))


def test_an_id_is_sixteen_hex_characters_that_never_change():
    assert id_of(b"") == "ca08ea5bca49cc18"
    assert id_of(b"film") == id_of(b"film") != id_of(b"film\0")


def test_of_small_files_every_byte_counts():
    content = bytearray(WHOLE)
    before = id_of(bytes(content))
    content[WHOLE // 2 + 77] = 1
    assert id_of(bytes(content)) != before


@pytest.mark.parametrize("place", [0, MEBIBYTE - 1, MEBIBYTE + 1_300_000, len(BIG) - MEBIBYTE, len(BIG) - 1])
def test_of_large_files_both_ends_and_samples_count(place):
    changed = bytearray(BIG)
    reach = 64 << 10 if MEBIBYTE < place < len(BIG) - MEBIBYTE else 1
    changed[place : place + reach] = bytes(reach)
    assert id_of(bytes(changed)) != id_of(BIG)


def test_a_large_file_is_read_in_part():
    class Counting(io.BytesIO):
        total = 0

        def read(self, size: int = -1) -> bytes:
            piece = super().read(size)
            self.total += len(piece)
            return piece

    file = Counting(BIG)
    video_id(file, len(BIG))
    assert file.total == 2 * MEBIBYTE + 14 * (64 << 10)


def test_a_moved_file_keeps_its_name_and_its_details(films, tmp_path):
    [path] = films(
        "a.mp4",
    )
    [before] = identify(find([str(path)]).sources, {}).sources
    path.rename(tmp_path / "b.mp4")
    (tmp_path / "b.en.srt").write_text("")
    [after] = identify(find([str(tmp_path)]).sources, {}).sources
    assert after.video_id == before.video_id
    assert (after.uri, after.size, after.subtitles) == (f"{tmp_path}/b.mp4", 5, (f"{tmp_path}/b.en.srt",))


def test_what_has_not_changed_is_not_read(films):
    [path] = films("a.mp4")
    candidates = find([str(path)]).sources
    known = {(str(path), 5, candidates[0].stamp): "0123456789abcdef"}
    assert identify(candidates, known).sources[0].video_id == "0123456789abcdef"
    path.write_text("other")
    assert identify(find([str(path)]).sources, {(str(path), 5, "old"): "x"}).sources[0].video_id == id_of(b"other")


def test_the_same_content_twice_is_one_source_and_a_duplicate(films, tmp_path):
    a, b, c = films("a.mp4", "b.mp4", "c.mp4")
    c.write_bytes(a.read_bytes())
    found = find([str(tmp_path)])
    a.unlink()
    a.mkdir()
    result = identify(found.sources, {(str(a), 5, found.sources[0].stamp): id_of(b"a.mp4")})
    assert [s.uri for s in result.sources] == [str(a), str(b)]
    assert [(d.uri, d.kept) for d in result.duplicates] == [(str(c), str(a))]


def test_every_candidate_ends_somewhere(films, tmp_path):
    films("a.mp4", "b.mp4", "empty.mp4", "gone.mp4")
    (tmp_path / "b.mp4").write_text("a.mp4")
    (tmp_path / "empty.mp4").write_text("")
    candidates = find([str(tmp_path)]).sources
    (tmp_path / "gone.mp4").unlink()
    result = identify(candidates, {})
    assert [len(result.sources), len(result.duplicates), len(result.problems)] == [2, 1, 1]
    assert result.problems[0].kind == "not found"


def test_a_thousand_known_files_cost_next_to_nothing(films, tmp_path):
    films(*(f"{n % 10}/{n}.mp4" for n in range(1000)))
    known = {(one.uri, one.size, one.stamp): f"{n:016x}" for n, one in enumerate(find([str(tmp_path)]).sources)}
    start = time.perf_counter()
    result = identify(find([str(tmp_path)]).sources, known)
    assert len(result.sources) == 1000
    assert time.perf_counter() - start < 0.3


def test_the_place_does_not_matter(stored, web, tmp_path):
    stored({"/bin/a.mp4": BIG})
    web.files["/a.mp4"] = BIG
    (tmp_path / "a.mp4").write_bytes(BIG)
    candidates = find([str(tmp_path), "memory://bin", f"{web.url}/a.mp4"]).sources
    result = identify(candidates, {})
    assert [len(result.sources), len(result.duplicates), len(result.problems)] == [1, 2, 0]
    assert sum("GET" in line for line in web.asked) == 16


def test_small_files_need_no_parts_and_no_sizes(web):
    web.files["/a.mp4"] = b"film"
    web.parts = web.sizes = False
    [one] = identify(find([f"{web.url}/a.mp4"]).sources, {}).sources
    assert (one.video_id, one.size) == (id_of(b"film"), -1)


@pytest.mark.parametrize("sizes", [True, False])
def test_large_files_without_parts_are_named_by_link_and_head(web, sizes):
    web.files |= {"/a.mp4": BIG, "/b.mp4": BIG}
    web.parts, web.sizes = False, sizes
    candidates = find([f"{web.url}/{name}.mp4" for name in "ab"]).sources
    result = identify(candidates, {})
    assert len({one.video_id for one in result.sources}) == 2
    assert [one.video_id for one in identify(candidates, {}).sources] == [one.video_id for one in result.sources]
