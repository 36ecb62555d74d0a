"""Exports: what is written, what is left out, and how one that was broken off goes on."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

pytest.importorskip("starlette")
from two_datasets import HOSTILE, A, dataset_of

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError
from shotlist.view.exporting.clips import stem
from shotlist.view.exporting.folder import Folder
from shotlist.view.exporting.page import in_markdown
from shotlist.view.exporting.private import Private, file_name, model_name, public_link
from shotlist.view.exporting.run import export
from shotlist.view.exporting.tables import safe

RUN = "from shotlist.cli import main; main()"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of clips whose films are nowhere, and whose texts try to be more."""
    folder = tmp_path_factory.mktemp("hostile")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    dataset_of(folder / "secret place" / "set", A, 2.0)
    done = export(str(folder / "secret place" / "set"), str(folder / "out"), query="")
    assert (done.clips, len(done.missing)) == (6, 6)
    return folder / "out"


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "clips.jsonl").read_text().splitlines()]


# What is told


def test_hostile_texts_stay_texts(hostile: Path) -> None:
    page = (hostile / "index.html").read_text()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "javascript:" not in page
    assert "script-src 'self' file:" in page
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=\"|\sstyle=", page)
    assert "<img" not in (hostile / "README.md").read_text().replace("\\<img", "")


def test_nothing_points_to_the_makers_machine(hostile: Path) -> None:
    for path in hostile.rglob("*.*"):
        if path.suffix in (".html", ".js", ".jsonl", ".csv", ".md", ".json"):
            text = path.read_text()
            assert "/home/" not in text, path
            assert "ann" not in re.findall(r"\w+", text), path
            assert "secret place" not in text, path
            assert str(hostile.parent) not in text, path


def test_a_clip_without_its_film_is_there_and_says_so(hostile: Path) -> None:
    rows = rows_of(hostile)
    assert all(row["film"] is None for row in rows)
    assert rows[0]["no_film_because"].startswith(("v1.mp4: There is no such file", "only_a.mp4: There is no such file"))
    assert (hostile / "index.html").read_text().count("no film") == 6
    assert "6 clips have no film" in (hostile / "README.md").read_text()


def test_tables_hold_all_columns(hostile: Path) -> None:
    rows = rows_of(hostile)
    told = next(row for row in rows if row["clip_id"] == "v1_4000_8000")
    assert told["caption"] == f"A cat {HOSTILE}"
    assert told["uri"] == "v1.mp4"
    assert told["light"] == pytest.approx(0.2 + rows.index(told) / 10, abs=1)
    with (hostile / "clips.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["clip_id"] for row in table] == [row["clip_id"] for row in rows]
    assert len(table[0]) == len(set(table[0]))


def test_no_spreadsheet_takes_a_text_for_a_formula() -> None:
    assert [safe(v) for v in ("=1+1", " @x", "-2", "a", -2, ["=a", "b"])] == ["'=1+1", "' @x", "'-2", "a", -2, "'=a, b"]


def test_folders_servers_and_buckets_are_taken_out() -> None:
    private = Private(["/home/ann/films", "/data"])
    assert private.text("/home/ann/films/a.mp4 can't be read") == "a.mp4 can't be read"
    assert private.value("uri", "s3://bucket/secret/a%20b.mp4") == "a b.mp4"
    assert private.value("teacher_model", "openai:gpt@http://10.0.0.7:8000/v1") == "openai:gpt"
    assert private.value("names", ["/data/x", 3]) == ["x", 3]
    assert model_name("hf:/home/bob/models/llava") == "hf:llava"
    assert model_name("hf:org/name") == "hf:org/name"
    assert file_name("https://a.org/x/y.mp4?token=1") == "y.mp4"
    links = ("https://a.org/x", "javascript:alert(1)", "http://localhost/x", "file:///a", "http://nas/x", None)
    assert [public_link(link) for link in links] == ["https://a.org/x", None, None, None, None, None]


def test_names_of_files_can_not_lead_elsewhere() -> None:
    assert stem("abc_0_1000") == "abc_0_1000"
    for name in ("../x", "a/b", ".hidden", "a\0b", "é", "x" * 400):
        assert re.fullmatch(r"[0-9a-f]{24}", stem(name))
    assert in_markdown("<b>`x`</b>\n# y [a](b)") == r"\<b\>\`x\`\</b\> \# y \[a\]\(b\)"


# Where it goes


def test_only_an_empty_folder_or_an_earlier_export_is_written_to(hostile: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    (tmp_path / "file").write_text("x")
    for place, why in (("full", "not empty and no export"), ("file", "is a file"), ("s3://x/y", "on this machine")):
        with pytest.raises(ShotlistError, match=why):
            Folder.opened(place if "://" in place else str(tmp_path / place), False)
    assert (tmp_path / "full" / "thesis.tex").read_text() == "mine"
    Folder.opened(str(hostile), False)
    Folder.opened(str(tmp_path / "new" / "below"), False)


def test_pictures_with_and_without_faces_do_not_mix(tmp_path: Path) -> None:
    folder = Folder.opened(str(tmp_path / "out"), False)
    folder.mark(blurred=False)
    folder.write("films/a.mp4", b"x")
    assert Folder.opened(str(tmp_path / "out"), False).has("films/a.mp4")
    assert not Folder.opened(str(tmp_path / "out"), True).has("films/a.mp4")


def test_what_an_earlier_export_had_goes(tmp_path: Path) -> None:
    folder = Folder.opened(str(tmp_path / "out"), False)
    for name in ("films/a.mp4", "films/b.mp4", "stills/b.jpg", "films/notes.txt"):
        folder.write(name, b"x")
    folder.tidy({"films/a.mp4"})
    assert sorted(p.name for p in (tmp_path / "out").rglob("*.*")) == ["a.mp4", "notes.txt"]


def test_a_wrong_question_writes_nothing(hostile: Path, tmp_path: Path) -> None:
    dataset = str(hostile.parent / "secret place" / "set")
    for query, why in (
        ("seconds=x", "no number"),
        ("secnds=2..", "did you mean seconds"),
        ("seconds=900..", "no clip fits"),
    ):
        with pytest.raises(ShotlistError, match=why):
            export(dataset, str(tmp_path / "out"), query=query)
    empty = Dataset.create(tmp_path / "empty").address
    for query in (None, "kept=true"):
        with pytest.raises(ShotlistError, match="empty has no clips"):
            export(empty, str(tmp_path / "out"), query=query)
    with pytest.raises(ShotlistError, match="where faces are"):
        export(dataset, str(tmp_path / "out"), blur_faces=True)
    assert not (tmp_path / "out").exists()


# Real films


@pytest.fixture(scope="module")
def exported(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "sample"
    export(str(dataset), str(out), query="http://127.0.0.1:1/clips?seconds=2..7&page=3", most=3)
    return out


def test_films_show_exactly_their_span(exported: Path) -> None:
    for row in rows_of(exported):
        with av.open(str(exported / row["film"])) as film:
            frames = list(film.decode(video=0))
        assert frames[0].time == 0
        assert frames[-1].time < row["seconds"] <= frames[-1].time + 0.2
        assert (exported / row["still"]).stat().st_size > 1000


def test_another_export_into_it_makes_only_what_is_missing(exported: Path, dataset: Path) -> None:
    times = {p.name: p.stat().st_mtime_ns for p in (exported / "films").iterdir()}
    gone = sorted(times)[0]
    (exported / "films" / gone).unlink()
    export(str(dataset), str(exported), query="seconds=2..7", most=3)
    again = {p.name: p.stat().st_mtime_ns for p in (exported / "films").iterdir()}
    assert again.keys() == times.keys()
    assert {name for name in times if again[name] != times[name]} == {gone}


def test_one_that_was_killed_goes_on(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-c",
        RUN,
        "view",
        str(dataset),
        "--export",
        str(out),
        "--query",
        "seconds=1..",
        "--most",
        "6",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not list((out / "films").glob("[!.]*.mp4")) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    first = {p.name: p.stat().st_mtime_ns for p in (out / "films").glob("[!.]*.mp4")}
    assert first
    assert not (out / "index.html").exists()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "6 clips" in done.stdout
    assert {name: (out / "films" / name).stat().st_mtime_ns for name in first} == first
    assert json.loads((out / "export.json").read_text())["whole"] is True
    assert not list(out.rglob(".*"))


def test_a_film_whose_video_is_gone_is_told_on_the_terminal(dataset: Path, films: Path, tmp_path: Path) -> None:
    name = "friday_dialogue.mp4"
    (films / name).rename(tmp_path / name)
    try:
        command = [
            sys.executable,
            "-c",
            RUN,
            "view",
            str(dataset),
            "--export",
            str(tmp_path / "out"),
            "--query",
            "title=friday",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    finally:
        (tmp_path / name).rename(films / name)
    assert done.returncode == 3
    assert "no film of friday_dialogue.mp4" in done.stderr
    assert rows_of(tmp_path / "out")[0]["still"]


def test_faces_are_blurred_where_the_tables_say_they_are(copied: Path, tmp_path: Path) -> None:
    import pyarrow as pa

    from shotlist.parts import Part, Receipt

    dataset = Dataset(copied)
    rows = dataset.sql("SELECT video_id, clip_id FROM everything WHERE uri LIKE '%friday%'").fetchall()
    shard = next(iter(dataset.parts("clips")))
    box = {"left": 0.25, "top": 0.25, "right": 0.5, "bottom": 0.5}
    seen = [
        {"video_id": rows[0][0], "time_us": t, "track": 0, "face": box, "head_box": None}
        for t in range(0, 7_000_000, 500_000)
    ]
    made = pa.Table.from_pylist(seen)
    made = made.set_column(4, "head_box", pa.array([None] * len(seen), made["face"].type))
    with dataset.write(Part("landmarks", shard, "f"), made.schema, Receipt("landmarks", 1, {}, "video")) as out:
        out.write(made)
    frames = {}
    for blur in (False, True):
        folder = tmp_path / str(blur)
        export(str(copied), str(folder), query=f"clip_id={rows[0][1]}", blur_faces=blur)
        with av.open(str(folder / rows_of(folder)[0]["film"])) as film:
            frames[blur] = next(film.decode(video=0)).to_ndarray(format="gray").astype(int)
    apart = np.abs(frames[True] - frames[False])
    height, width = apart.shape
    inside = apart[height // 4 : height // 2, width // 4 : width // 2]
    assert inside.mean() > 5
    assert apart[int(height * 0.8) :].mean() < 3
    assert "blurred" in (tmp_path / "True" / "README.md").read_text()
