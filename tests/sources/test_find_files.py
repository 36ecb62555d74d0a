"""What local names stand for: files, folders, patterns."""

import os
from pathlib import Path

import pytest

from shotlist.sources.candidates import Findings
from shotlist.sources.find import find


def names(found: Findings, root: Path) -> list[str]:
    return [os.path.relpath(one.uri, root) for one in found.sources]


def problems(found: Findings) -> list[str]:
    return [problem.message for problem in found.problems]


def test_a_folder_yields_its_videos_in_natural_order(films, tmp_path):
    films("take 10.mp4", "take 2.MOV", "b/x.webm", "take 3/y.mkv", "notes.txt", "cover.jpg", "a.gif")
    found = find([str(tmp_path)])
    assert names(found, tmp_path) == ["b/x.webm", "take 2.MOV", "take 3/y.mkv", "take 10.mp4"]
    assert not found.problems


def test_hidden_files_and_our_own_datasets_are_passed_over(films, tmp_path):
    films("a.mp4", ".b.mp4", ".trash/c.mp4", "set/dataset.json", "set/tables/x.parquet", "set/clips/d.mp4")
    assert names(find([str(tmp_path)]), tmp_path) == ["a.mp4"]
    assert problems(find([str(tmp_path / "set")])) == ["This is a shotlist dataset, not a folder of videos."]


def test_a_candidate_tells_size_and_stamp(films):
    [path] = films("a.mp4")
    [one] = find([str(path)]).sources
    assert (one.uri, one.size, one.stamp) == (str(path), 5, str(path.stat().st_mtime_ns))


def test_a_file_that_is_named_is_taken_whatever_its_ending(films, tmp_path):
    [path] = films("recording.dat")
    assert names(find([str(path)]), tmp_path) == ["recording.dat"]


@pytest.mark.parametrize(
    "name",
    [
        'it\'s "so".mp4',
        "two\nlines.mp4",
        "#1 50%20.mp4",
        "why?.mp4",
        "[2024] *.mp4",
        "映画 фильм ünï.mp4",
        " .mp4",
        "a::b.mp4",
    ],
)
def test_odd_names_are_names(films, tmp_path, name):
    films(f"sub [1]/{name}", "sub [1]/other.mp4")
    assert names(find([str(tmp_path / "sub [1]" / name)]), tmp_path) == [f"sub [1]/{name}"]
    assert f"sub [1]/{name}" in names(find([str(tmp_path)]), tmp_path)


def test_patterns_pick_files_also_below_folders_with_odd_names(films, tmp_path):
    films("[a]/1.mp4", "[a]/2.mp4", "[a]/deep/3.mp4", "[a]/4.dat", "[a]/note.txt")
    assert names(find([f"{tmp_path}/[a]/*.mp4"]), tmp_path) == ["[a]/1.mp4", "[a]/2.mp4"]
    assert names(find([f"{tmp_path}/[a]/**/*.mp4"]), tmp_path) == ["[a]/1.mp4", "[a]/2.mp4", "[a]/deep/3.mp4"]
    assert names(find([f"{tmp_path}/[a]/*"]), tmp_path) == ["[a]/1.mp4", "[a]/2.mp4", "[a]/deep/3.mp4"]
    assert names(find([f"{tmp_path}/[a]/*.dat"]), tmp_path) == ["[a]/4.dat"]


def test_the_same_file_comes_once_at_its_first_place(films, tmp_path):
    films("a.mp4", "b.mp4")
    found = find([f"{tmp_path}/b.mp4", str(tmp_path), f"{tmp_path}/./a.mp4", f"file://{tmp_path}/a.mp4"])
    assert names(found, tmp_path) == ["b.mp4", "a.mp4"]


def test_what_is_not_there_is_told_and_the_rest_goes_on(films, tmp_path):
    films("a.mp4", "empty/readme.md")
    gone = tmp_path / "gone.mp4"
    gone.symlink_to(tmp_path / "nowhere")
    missing = [
        f"{tmp_path}/no.mp4",
        f"{tmp_path}/no*.mp4",
        f"{tmp_path}/empty",
        str(gone),
        "nul\0.mp4",
        "x" * 300,
        " ",
    ]
    found = find([*missing, f"{tmp_path}/a.mp4"])
    assert names(found, tmp_path) == ["a.mp4"]
    assert problems(found) == [
        "There is no file or folder of this name.",
        "No video matches this pattern.",
        "There are no videos in this folder.",
        "This link points to a file that isn't there.",
        "There is no file or folder of this name.",
        "The name is too long for a file.",
        "An empty name stands for no video.",
    ]


def test_links_to_folders_are_followed_once(films, tmp_path):
    films("a/1.mp4")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(find([str(tmp_path)]), tmp_path) == ["a/1.mp4"]


def test_a_name_that_is_no_unicode_is_told(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4")).write_text("x")
    [problem] = find([str(tmp_path)]).problems
    assert problem.kind == "name"
    assert problem.address.endswith("/\\udcff.mp4")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    [problem] = find([str(tmp_path)]).problems
    assert problem.kind == "not a video"


def test_subtitles_beside_a_video_are_found(films, tmp_path):
    films("film.mp4", "film.srt", "film.en.srt", "film.pt-BR.vtt", "film.en.forced.ass", "other.srt")
    [film] = find([f"{tmp_path}/film.mp4"]).sources
    plain = [Path(subtitle).name for subtitle in film.subtitles]
    assert plain == ["film.srt", "film.en.srt", "film.pt-BR.vtt", "film.en.forced.ass"]


def test_a_subtitle_belongs_to_the_video_with_the_longest_fitting_name(films, tmp_path):
    films("talk.mp4", "talk.part1.mp4", "talk.part1.en.srt", "talk.en.srt")
    talk, part = find([str(tmp_path)]).sources
    assert [Path(s).name for one in (talk, part) for s in one.subtitles] == [
        "talk.en.srt",
        "talk.part1.en.srt",
    ]


def test_sidecars_that_the_shell_named_are_no_videos(films, tmp_path):
    named = films("film.mp4", "film.en.srt", "film.info.json")
    assert names(find([str(path) for path in named]), tmp_path) == ["film.mp4"]


def test_an_info_file_describes_its_video(films, tmp_path):
    films("film.mp4")
    (tmp_path / "film.info.json").write_text(
        '{"id": "x1", "title": "A film", "description": "Long", "tags": ["a", "b", 3], "language": null,'
        ' "url": "https://cdn/media", "webpage_url": "https://site/x1", "formats": [{}]}'
    )
    [film] = find([str(tmp_path)]).sources
    assert (film.id, film.title, film.description, film.tags) == ("x1", "A film", "Long", ("a", "b", "3"))
    assert (film.url, film.language) == ("https://site/x1", None)


@pytest.mark.parametrize("nonsense", ["", "{", "[]", "[" * 10**5, '{"title": ["x"], "tags": "x", "id": {}}', "\xff"])
def test_a_nonsense_info_file_costs_a_note_at_most(films, tmp_path, nonsense):
    films("film.mp4")
    (tmp_path / "film.info.json").write_text(nonsense, encoding="latin-1")
    found = find([str(tmp_path)])
    assert [one.title for one in found.sources] == [None]
    assert {problem.kind for problem in found.problems} <= {"note"}
