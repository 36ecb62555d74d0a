"""What links stand for, on the web and in stores."""

import io
import zipfile

import pytest

from shotlist.sources.find import find

VIDEO = b"not really a video"


def addresses(found) -> list[str]:
    return [one.uri for one in found.sources]


def test_a_web_link_tells_size_and_stamp_without_a_download(web):
    web.files["/a.mp4?token=x"] = VIDEO
    [one] = find([f"{web.url}/a.mp4?token=x"]).sources
    assert (one.size, one.stamp) == (len(VIDEO), f'"{len(VIDEO)}"')
    assert web.asked == ["HEAD /a.mp4?token=x"]


def test_a_server_that_tells_no_size_is_no_trouble(web):
    web.files["/a.mp4"] = VIDEO
    web.sizes = False
    [one] = find([f"{web.url}/a.mp4"]).sources
    assert (one.size, one.stamp) == (-1, "")


def test_a_web_page_is_no_video(web):
    web.files["/watch?v=1"] = b"<html>"
    web.mimetype = "text/html"
    [problem] = find([f"{web.url}/watch?v=1"]).problems
    assert "web page" in problem.message


@pytest.mark.parametrize(
    ("status", "kind", "may_pass"),
    [(404, "not found", False), (403, "not allowed", False), (503, "server", True), (429, "server", True)],
)
def test_what_a_server_refuses_is_told(web, status, kind, may_pass):
    web.files["/a.mp4"] = VIDEO
    web.status = status
    [problem] = find([f"{web.url}/a.mp4"]).problems
    assert (problem.kind, problem.may_pass) == (kind, may_pass)
    assert str(status) in problem.message


def test_a_list_on_the_web_is_read_relative_to_its_place(web):
    web.files |= {
        "/in/l.csv?key=1": b"file,title\na%20b.mp4,One\n/c.mp4,Two\n",
        "/in/a%20b.mp4": VIDEO,
        "/c.mp4": VIDEO,
    }
    found = find([f"{web.url}/in/l.csv?key=1"])
    assert [(s.uri, s.title) for s in found.sources] == [
        (f"{web.url}/in/a%20b.mp4", "One"),
        (f"{web.url}/c.mp4", "Two"),
    ]


def test_links_keep_their_order_though_asked_side_by_side(web, tmp_path):
    links = [f"{web.url}/{n}.mp4" for n in range(40)]
    web.files |= {f"/{n}.mp4": VIDEO for n in range(0, 40, 2)}
    listed = tmp_path / "l.txt"
    listed.write_text("\n".join(links))
    found = find([str(listed)])
    assert addresses(found) == links[::2]
    assert [problem.address for problem in found.problems] == links[1::2]


def test_a_folder_of_a_store_is_listed_like_a_local_one(stored):
    stored({f"/bin/{name}": VIDEO for name in ["take 10.mp4", "take 2.mp4", "a/x.mkv", ".h.mp4", "n.txt", "film.mp4"]})
    stored({"/bin/film.en.srt": b"", "/bin/film.info.json": b'{"title": "A film"}'})
    stored(
        {
            "/bin/set/dataset.json": b"{}",
            "/bin/set/tables/videos/1.parquet": b"",
            "/bin/set/clips/c.mp4": VIDEO,
        }
    )
    found = find(["memory://bin"])
    assert addresses(found) == [f"memory:///bin/{n}" for n in ["a/x.mkv", "film.mp4", "take 2.mp4", "take 10.mp4"]]
    film = found.sources[1]
    assert (film.size, film.title, film.subtitles) == (len(VIDEO), "A film", ("memory:///bin/film.en.srt",))
    assert film.stamp


def test_one_file_of_a_store_has_its_sidecars_too(stored):
    stored({"/bin/film [1].mp4": VIDEO, "/bin/film [1].de.vtt": b"", "/bin/film [2].de.vtt": b""})
    [film] = find(["memory://bin/film [1].mp4"]).sources
    assert film.subtitles == ("memory:///bin/film [1].de.vtt",)


def test_patterns_work_in_stores(stored):
    stored({"/bin/a.mp4": VIDEO, "/bin/b.mp4": VIDEO, "/bin/a.en.srt": b"", "/bin/c.txt": b""})
    found = find(["memory://bin/*.mp4"])
    assert addresses(found) == ["memory:///bin/a.mp4", "memory:///bin/b.mp4"]
    assert found.sources[0].subtitles == ("memory:///bin/a.en.srt",)
    assert addresses(find(["memory://bin/*"])) == addresses(found)


def test_a_list_in_a_store_is_read_relative_to_its_place(stored):
    stored({"/bin/a.mp4": VIDEO, "/bin/l.jsonl": b'{"path": "a.mp4", "title": "One"}'})
    [one] = find(["memory://bin/l.jsonl"]).sources
    assert (one.uri, one.title) == ("memory:///bin/a.mp4", "One")


def test_videos_inside_an_archive_are_found(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("in/a.mp4", VIDEO)
    (tmp_path / "films.zip").write_bytes(content.getvalue())
    found = find([f"zip://in::{tmp_path}/films.zip"])
    assert addresses(found) == [f"zip://in/a.mp4::{tmp_path}/films.zip"]


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("memory://nothing/here.mp4", "not found"),
        ("memory://nothing/*.mp4", "not found"),
        ("memory://nothing/l.csv", "list"),
        ("nonsense://x/y.mp4", "not supported"),
        ("http://127.0.0.1:9/a.mp4", "connection"),
        ("http:///a.mp4", "not found"),
    ],
)
def test_links_that_lead_nowhere_are_told(link, kind):
    [problem] = find([link]).problems
    assert problem.kind == kind
    assert problem.message.endswith(".")
