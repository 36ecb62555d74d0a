"""Lists of videos in all their formats."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shotlist.sources.find import find

TABLE = [
    {"path": "a.mp4", "title": 'One, "two"\nthree', "tags": ["x", "y"], "id": "7"},
    {"path": "deep/b.mp4", "title": None, "tags": None, "id": "8"},
]


def text(lists: Path, content: str, encoding: str = "utf-8") -> list[str]:
    lists.write_bytes(content.encode(encoding))
    return [str(lists)]


def test_a_text_file_names_one_video_a_line(films, tmp_path):
    a, one, b, _ = films("a.mp4", "#1.mp4", "deep/b .mp4", "off.mp4")
    listed = text(tmp_path / "list.txt", f"# my films\n{a}\r\n\n#1.mp4\n# off.mp4\ndeep/b .mp4  \n")
    assert [s.uri for s in find(listed).sources] == [str(a), str(one), str(b)]


def _csv(path: Path) -> None:
    path.write_text('Path, Title ,tags,id\na.mp4,"One, ""two""\nthree",x; y,7\ndeep/b.mp4,,,8\n', "utf-8-sig")


def _excel(path: Path) -> None:
    path.write_text('path\ttitle\ttags\tid\na.mp4\t"One, ""two""\nthree"\tx|y\t7\ndeep/b.mp4\t\t\t8\n', "utf-16")


def _jsonl(path: Path) -> None:
    path.write_text(
        '{"path": "a.mp4", "title": "One, \\"two\\"\\nthree", "tags": ["x", "y"], "id": 7}\n\n'
        '{"path": "deep/b.mp4", "id": "8"}\n'
    )


def _json(path: Path) -> None:
    path.write_text("[\n" + ",\n".join(line for line in _lines_of(path) if line) + "\n]")


def _lines_of(path: Path) -> list[str]:
    _jsonl(path)
    return path.read_text().split("\n")


def _parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(TABLE), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        *[("l.csv", _csv), ("l.tsv", _excel), ("l.jsonl", _jsonl), ("l.ndjson", _jsonl)],
        *[("l.json", _jsonl), ("l.json", _json), ("l.parquet", _parquet)],
    ],
)
def test_every_format_says_the_same(films, tmp_path, name, write):
    a, b = films("in/a.mp4", "in/deep/b.mp4")
    write(tmp_path / "in" / name)
    found = find([str(tmp_path / "in" / name)])
    assert not found.problems
    assert [(s.uri, s.id, s.tags) for s in found.sources] == [(str(a), "7", ("x", "y")), (str(b), "8", ())]
    assert found.sources[0].title == 'One, "two"\nthree'
    assert found.sources[1].title is None


def test_names_in_a_table_may_hold_anything(films, tmp_path):
    [path] = films('in/it\'s, "so"\n#1 50% [x]?.mp4')
    quoted = path.name.replace('"', '""')
    listed = text(tmp_path / "in" / "l.csv", f'video\n"{quoted}"\n')
    assert [s.uri for s in find(listed).sources] == [str(path)]


def test_the_url_is_a_detail_where_another_column_names_the_video(films, tmp_path):
    films("a.mp4")
    [one] = find(text(tmp_path / "l.csv", "url;file;language\nhttps://site/1;a.mp4;de\n")).sources
    assert (one.url, one.language) == ("https://site/1", "de")


def test_each_row_is_named_by_its_first_column_that_can(films, tmp_path):
    a, b = films("a.mp4", "b.mp4")
    found = find(text(tmp_path / "l.csv", "path,url\na.mp4,https://site/1\n,b.mp4\n"))
    assert [s.uri for s in found.sources] == [str(a), str(b)]
    assert not found.problems


@pytest.mark.parametrize("cell", ["x; y", "x|y", '["x", "y"]', "['x', 'y']", "x, y"])
def test_tags_come_in_many_spellings(films, tmp_path, cell):
    films("a.mp4")
    quoted = cell.replace('"', '""')
    assert find(text(tmp_path / "l.csv", f'file,tags\na.mp4,"{quoted}"\n')).sources[0].tags == ("x", "y")


def test_a_list_wins_over_the_info_file_and_adds_to_what_a_folder_said(films, tmp_path):
    films("a.mp4")
    (tmp_path / "a.info.json").write_text('{"title": "from yt-dlp", "id": "x1"}')
    listed = text(tmp_path / "l.csv", "file,title\na.mp4,from the list\n")
    [one] = find([str(tmp_path), *listed]).sources
    assert (one.title, one.id) == ("from the list", "x1")


def test_rows_may_name_folders_and_give_them_what_fits_all(films, tmp_path):
    films("in/a.mp4", "in/b.mp4")
    found = find(text(tmp_path / "l.csv", "path,title,tags\nin,One film,x\n"))
    assert [(s.title, s.tags) for s in found.sources] == [(None, ("x",)), (None, ("x",))]


def test_bad_rows_are_told_with_their_place(films, tmp_path):
    films("a.mp4")
    found = find(text(tmp_path / "l.csv", "file,id\na.mp4,1\n,2\nno.mp4,3\nl.csv,4\n"))
    assert len(found.sources) == 1
    assert [p.message for p in found.problems] == [
        "line 3: The column file names no video.",
        "There is no file or folder of this name (line 4 of l.csv).",
        "A list inside a list isn't read (line 5 of l.csv).",
    ]


def test_broken_lines_of_json_are_passed_over(films, tmp_path):
    films("a.mp4")
    lines = '{"file": \n{"titel": "x"}\n"a.mp4"\n{"file": 3}\n{"file": "\\ud800.mp4"}\n' + "[" * 99999 + "\n"
    found = find(text(tmp_path / "l.jsonl", lines))
    assert len(found.sources) == 1
    assert [p.message.partition(":")[0] for p in found.problems] == [f"line {n}" for n in (1, 2, 4, 5, 6)]
    assert (
        "No column names the video (video, path, file, uri, url); the columns are: titel." in found.problems[1].message
    )


def test_bytes_that_are_no_text_spoil_only_their_row(films, tmp_path):
    films("a.mp4", "b.mp4")
    (tmp_path / "l.csv").write_bytes(b"file,title\na.mp4,caf\xe9\n\xff.mp4,\nb.mp4,\n")
    found = find([str(tmp_path / "l.csv")])
    assert [s.title for s in found.sources] == ["caf?", None]
    assert [p.message for p in found.problems] == ["line 3: The name of the video isn't valid UTF-8."]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("l.csv", "videoID,timestamp\n1,2\n3,4\n", "the columns are: videoid, timestamp."),
        ("l.csv", "", "The list is empty."),
        ("l.txt", "\n", "The list is empty."),
        ("l.parquet", "PAR0", "The table can't be read"),
    ],
)
def test_a_list_that_cannot_be_used_is_one_problem(tmp_path, name, content, message):
    [problem] = find(text(tmp_path / name, content)).problems
    assert message in problem.message
    assert problem.kind == "list"


def test_columns_that_nobody_reads_are_noted(films, tmp_path):
    films("a.mp4")
    found = find(text(tmp_path / "l.csv", "file,titel\na.mp4,One\n"))
    assert [p.kind for p in found.problems] == ["note"]
    assert "Columns that aren't used: titel." in found.problems[0].message


def test_very_long_cells_are_read(films, tmp_path):
    films("a.mp4")
    [one] = find(text(tmp_path / "l.csv", f"file,description\na.mp4,{'x' * 300_000}\n")).sources
    assert len(one.description) == 300_000
