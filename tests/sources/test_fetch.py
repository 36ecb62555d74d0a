"""Getting hold of a file, wherever it is."""

import pickle

import pytest

from shotlist.sources.fetch import SourceError, local_copy, read_bytes

VIDEO = bytes(range(256)) * 10_000


def test_a_local_file_is_used_where_it_is(films, tmp_path):
    [path] = films("a #1.mp4")
    with local_copy(str(path), tmp_path / "scratch") as copy:
        assert copy == path
    assert path.exists()
    assert not (tmp_path / "scratch").exists()


def test_a_remote_file_is_lent_and_taken_back(web, stored, tmp_path):
    web.files["/a.mp4?key=1"] = VIDEO
    stored({"/bin/a.mp4": VIDEO})
    for uri in (f"{web.url}/a.mp4?key=1", "memory://bin/a.mp4"):
        with local_copy(uri, tmp_path) as copy:
            assert copy.read_bytes() == VIDEO
            assert copy.suffix == ".mp4"
        assert not list(tmp_path.iterdir())


def test_a_server_without_sizes_is_no_trouble(web, tmp_path):
    web.files["/a.mp4"] = VIDEO
    web.sizes = web.parts = False
    with local_copy(f"{web.url}/a.mp4", tmp_path) as copy:
        assert copy.read_bytes() == VIDEO
    assert read_bytes(f"{web.url}/a.mp4") == VIDEO


def test_the_copy_goes_when_its_reader_fails(stored, tmp_path):
    stored({"/bin/a.mp4": VIDEO})
    with pytest.raises(RuntimeError), local_copy("memory://bin/a.mp4", tmp_path):
        raise RuntimeError("codec")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("status", "kind", "may_pass"),
    [(404, "not found", False), (403, "not allowed", False), (500, "server", True)],
)
def test_a_refusal_is_a_plain_sentence(web, tmp_path, status, kind, may_pass):
    web.files["/a.mp4"] = VIDEO
    web.status = status
    with pytest.raises(SourceError) as caught, local_copy(f"{web.url}/a.mp4", tmp_path):
        pass
    assert (caught.value.kind, caught.value.may_pass) == (kind, may_pass)
    assert str(caught.value).endswith(".")
    assert not list(tmp_path.iterdir())


def test_a_transfer_that_breaks_off_may_pass(web, tmp_path):
    web.files["/a.mp4"] = VIDEO
    web.breaks_off = True
    with pytest.raises(SourceError) as caught, local_copy(f"{web.url}/a.mp4", tmp_path):
        pass
    assert (caught.value.kind, caught.value.may_pass) == ("connection", True)


@pytest.mark.parametrize("uri", ["/no/such.mp4", "memory://no/such.mp4", "/"])
def test_what_is_not_there_is_not_found(tmp_path, uri):
    with pytest.raises(SourceError) as caught, local_copy(uri, tmp_path):
        pass
    assert caught.value.kind == "not found"


def test_small_files_are_read_up_to_a_limit(films):
    [path] = films("a.srt")
    assert read_bytes(str(path)) == b"a.srt"
    with pytest.raises(SourceError) as caught:
        read_bytes(str(path), limit=4)
    assert caught.value.kind == "too large"


def test_errors_travel_between_processes():
    error = pickle.loads(pickle.dumps(SourceError("server", "It is down.", True)))
    assert (error.kind, str(error), error.may_pass) == ("server", "It is down.", True)
