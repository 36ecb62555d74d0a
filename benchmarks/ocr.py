"""Text on screen: characters read right, kinds told right, false text, and speed, as Markdown tables.

    python benchmarks/ocr.py [--shared ../shared] [--heights 360 480 720]

The truth was read from the pictures by eye. Character accuracy is 1 - (edits / true characters), over the lines that
the step finds at that moment in their stored order; case, spaces and bullets don't count (NFKC, case folded). Speed is
processor time on one core.
"""

import argparse
import os
import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pyarrow as pa
import pysubs2
from PIL import Image, ImageDraw, ImageFont

from films import arguments, looped
from shotlist.annotate.text import Text, TextItem
from shotlist.annotate.text_tracks import likeness
from shotlist.engine.film import Film, ShardTables
from shotlist.engine.rows import schema_of, table_of
from shotlist.models.contracts import Picture, TextBox
from shotlist.models.ocr import reader
from shotlist.records import WHOLE, Shot, Source
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots


class Seen(NamedTuple):
    """What a film shows at a moment, line by line."""

    film: str
    seconds: float
    kind: str
    lines: str


SINTEL, SLIDES, CAPTIONS = "sintel_trailer_720p.mp4", "slides_talk.mp4", "vertical_captions.mp4"
MADE = "made"
TRUTH = [
    Seen(SINTEL, 10.5, "title card", "the Blender Foundation|presents"),
    Seen(SINTEL, 43.5, "title card", "SINTEL"),
    Seen(SINTEL, 47.7, "title card", "COMING SOON"),
    Seen(
        SINTEL,
        48.7,
        "credits",
        "BLENDER FOUNDATION PRESENTS|THE DURIAN OPEN MOVIE PROJECT|SINTEL|HALINA REIJN - THOM HOFFMAN|"
        "REALIZED WITH THE SUPPORT OF:|BLENDER FOUNDATION - THE NETHERLANDS FILM FUND - CINEGRID|"
        "DIVX - JAN MORGENSTERN|PRODUCED BY BLENDER INSTITUTE, AMSTERDAM|"
        "CREATED WITH THE FREE/OPEN SOURCE PROGRAM BLENDER|(CC) CREATIVE COMMONS ATTRIBUTION 3.0|"
        "http://durian.blender.org",
    ),
    Seen("president_statement.mp4", 5.0, "banner", "PRESIDENT OBAMA STATEMENT ON IRAN|JULY 14, 2015"),
    Seen(CAPTIONS, 0.6, "subtitle", "Hildy!"),
    Seen(CAPTIONS, 1.2, "subtitle", "How are you?"),
    Seen(CAPTIONS, 2.0, "subtitle", "Tell me, is the lord|of the universe in?"),
    Seen(CAPTIONS, 3.5, "subtitle", "Yes, he's in - in a bad humor"),
    Seen(CAPTIONS, 5.0, "subtitle", "Somebody must've|stolen the crown jewels"),
    Seen(
        SLIDES,
        5.0,
        "slide",
        "LAION-400M: Open Dataset of CLIP-Filtered 400|Million Image-Text Pairs|"
        "Christoph Schuhmann|Richard Vencu|Romain Beaumont|LAION|LAION|LAION|"
        "contact@laion.ai|Gentec Data|romain.rom1@gmail.com|richard.vencu@gentec.ro|"
        "Robert Kaczmarczyk|Clayton Mullis|LAION|LAION|Technical University of Munich|claymullis@fastmail.com|"
        "robert.kaczmarczyk@tum.de|Jenia Jitsev|Aran Komatsuzaki|LAION|LAION|"
        "Juelich Supercomputing Center (JSC)|Georgia Institute of Technology|Research Center Juelich (FZJ)|"
        "EleutherAI|j.jitsev@fz-juelich.de|akomatsuzaki3@gatech.edu",
    ),
    Seen(
        SLIDES,
        20.0,
        "slide",
        "What|413M Image - Text - Pairs|filtered with OpenAI CLIP|"
        "all samples cos similarity >0.3 between image & text|embeddings|Source: Common Crawl|KNN - Index|"
        "Community project",
    ),
    Seen(
        SLIDES,
        60.0,
        "slide",
        "Why|Empower independent researchers & ML practitioners to|Study training of large multi-modal models like|"
        "DALL-E, CLIP, ALIGN, Turing Bletchley, ...|easily create domain specific datasets|"
        "study potentials and pitfalls of large-scale crawled data",
    ),
    Seen(
        SLIDES,
        110.0,
        "slide",
        "Get it|https://laion.ai|https://laion.ai/laion-400-open-dataset/|https://github.com/rom1504/img2dataset|"
        "https://github.com/rom1504/clip-retrieval",
    ),
    Seen(
        SLIDES,
        118.0,
        "slide",
        "Connect|Discord|DALL-E Server|https://discord.gg/nGuc6rGdqP|Mail|contact@laion.ai",
    ),
    Seen(
        "screen_vfr.mp4",
        4.6,
        "scene",
        "01:00|01:30|IMG_4821.MOV|IMG_4822.MO|t|ti...|sp|s...|e...|r...|r|n 2d129ab4) - fullmix_preview...",
    ),
    Seen("clock_cat_one_cut.mp4", 1.5, "scene", "5:40|10-19"),
]
WITHOUT_TEXT = [
    "highway_av1.mp4",
    "space_needle.avi",
    "chaplin_policeman.mp4",
    "friday_dialogue.mp4",
    "popeye_sinbad_song.mkv",
    "vertical_wave.mp4",
]
LECTURE = "lecture_pendulum_part1.webm"
"""Its only text is chalk on the board and a 15 on a ball."""


def film_of(path: Path, height: int) -> Film:
    """A film as the scan and the shots leave it, with stills of this height."""
    source, step = Source("film", str(path), path.stat().st_size, ""), Scan(still_height=height)
    notes, rows = [], {name: [] for name in step.tables}
    for item in step.read(path, source, WHOLE):
        if isinstance(item, dict):
            notes.append(item)
        else:
            rows[item[0]].append((0, item[1]))
    tables = ShardTables({})
    for name, schema in step.tables.items():
        tables.put(name, pa.Table.from_batches(list(step.join(source, notes, name, rows[name])), schema))
    film = Film(source, tables)
    shots = list(Shots().rows(film))
    tables.put("shots", table_of(shots, schema_of(Shot), [{"video_id": "film"}] * len(shots)))
    return film


class Counter:
    """A reader that only counts how often it is asked."""

    asked = 0

    def read(self, picture: Picture) -> list[TextBox]:  # noqa: ARG002
        """See TextReader."""
        self.asked += 1
        return []


# Accuracy and kinds


def characters(text: str) -> str:
    """What is compared."""
    return re.sub(r"[\s•●|]", "", unicodedata.normalize("NFKC", text).casefold())


def edits(a: str, b: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


def shown(items: list[TextItem], seconds: float) -> list[TextItem]:
    """Items that stand there at a moment."""
    return [i for i in items if i.start_us <= seconds * 1e6 < i.end_us]


def accuracy(truth: list[Seen], items: dict[str, list[TextItem]]) -> float:
    """Over all moments; what stands there of several kinds is joined in the order of the table."""
    moments: dict[tuple[str, float], str] = {}
    for seen in truth:
        moments[seen.film, seen.seconds] = moments.get((seen.film, seen.seconds), "") + characters(seen.lines)
    found = {at: characters(" ".join(i.text for i in shown(items[at[0]], at[1]))) for at in moments}
    return 1 - sum(edits(found[at], true) for at, true in moments.items()) / sum(map(len, moments.values()))


def kinds_told(truth: list[Seen], items: dict[str, list[TextItem]]) -> Iterator[tuple[str, str]]:
    """(true kind, told kind) of each true line that was found."""
    for seen in truth:
        there = shown(items[seen.film], seen.seconds)
        for line in seen.lines.split("|"):
            best = max(there, key=lambda item: likeness(item.text, line), default=None)
            if best is not None and likeness(best.text, line) > 0.6:
                yield seen.kind, best.kind


def print_accuracy(shared: Path, work: Path, heights: list[int]) -> None:
    truth = TRUTH + list(made_truth(shared))
    names = list(dict.fromkeys(seen.film for seen in truth))
    columns = {}
    for height in heights:
        paths = {name: made(shared, work) if name == MADE else shared / "media" / name for name in names}
        columns[height] = {name: list(Text().rows(film_of(path, height))) for name, path in paths.items()}
    print(f"\n| characters right | {' | '.join(f'stills of {h}' for h in heights)} |\n|---|" + "---|" * len(heights))
    rows = {name: [s for s in truth if s.film == name] for name in names}
    rows["slides_talk.mp4 without its first slide"] = [s for s in truth if s.film == SLIDES and s.seconds > 10]
    rows["all"] = truth
    for name, part in rows.items():
        print(f"| {name} | {' | '.join(f'{accuracy(part, columns[h]):.3f}' for h in heights)} |")
    print("\n| kind | lines found | told right | told as |\n|---|---|---|---|")
    told = list(kinds_told(truth, columns[heights[0]]))
    for kind in dict.fromkeys(true for true, _ in told):
        answers = [answer for true, answer in told if true == kind]
        others = ", ".join(f"{answers.count(a)} {a}" for a in dict.fromkeys(answers) if a != kind)
        print(f"| {kind} | {len(answers)} | {answers.count(kind)} | {others} |", flush=True)


# A film made of a real one: a logo, subtitles, a banner, and rolling credits behind it

CREDITS = """DIRECTED BY
Dave Fleischer

ANIMATION
Willard Bowsky
George Germanetti
Edward Nolan

STORY
Bill Turner
Ted Pierce

MUSIC
Sammy Timberg
Bob Rothberg

PRODUCED BY
Max Fleischer"""
RATE = 12


def cues(shared: Path) -> list[tuple[float, float, str]]:
    found = pysubs2.load(str(shared / "media" / "popeye_sinbad_song.en.srt"))
    return [(e.start / 1000, e.end / 1000, e.plaintext) for e in found]


def made_truth(shared: Path) -> Iterator[Seen]:
    for start, end, text in cues(shared):
        if end < 30:
            middle = (start + end) / 2
            yield Seen(MADE, middle, "logo", "KINO 7")
            yield Seen(MADE, middle, "subtitle", text.replace("\n", "|"))
    yield Seen(MADE, 35.8, "logo", "KINO 7")
    yield Seen(MADE, 35.8, "banner", "Captain Sinbad|speaking from his island")
    yield Seen(MADE, 35.8, "subtitle", "Sinbad the sailor!")
    names = (
        "Willard Bowsky|George Germanetti|Edward Nolan|STORY|Bill Turner|Ted Pierce|MUSIC|Sammy Timberg|Bob Rothberg"
    )
    yield Seen(MADE, 66.1, "credits", "ANIMATION|" + names)


def made(shared: Path, work: Path) -> Path:
    """The Popeye film with text drawn on it."""
    target = work / "text_drawn.mp4"
    if not target.exists():
        aside = target.with_suffix(".part.mp4")
        with av.open(str(aside), "w") as file:
            stream = file.add_stream("libx264", rate=RATE, options={"crf": "24"})
            stream.width, stream.height, stream.pix_fmt = 640, 478, "yuv420p"
            for image in drawn(shared):
                file.mux(stream.encode(av.VideoFrame.from_image(image)))
            file.mux(stream.encode(None))
        aside.rename(target)
    return target


def drawn(shared: Path) -> Iterator[Image.Image]:
    said = cues(shared)
    with av.open(str(shared / "media" / "popeye_sinbad_song.mkv")) as container:
        for frame in list(container.decode(video=0))[::2]:
            image = frame.reformat(640, 478).to_image()
            draw_over(ImageDraw.Draw(image, "RGBA"), float(frame.time or 0), said)
            yield image
    for k in range(RATE * 10):
        image = Image.new("RGB", (640, 478))
        font = ImageFont.load_default(26)
        ImageDraw.Draw(image).multiline_text((320, 478 - 8 * k), CREDITS, "white", font, "ma", 10, "center")
        yield image


def draw_over(draw: ImageDraw.ImageDraw, seconds: float, said: list[tuple[float, float, str]]) -> None:
    font = {size: ImageFont.load_default(size) for size in (17, 24, 28)}
    draw.text((540, 20), "KINO 7", (255, 255, 255, 190), font[28])
    for start, end, text in said:
        if start <= seconds < end:
            draw.multiline_text((320, 455), text, "white", font[24], "md", 4, "center", stroke_width=2, stroke_fill=0)
    if 30 <= seconds < 36:
        draw.rectangle((30, 330, 330, 400), (20, 40, 120, 230))
        draw.text((45, 337), "Captain Sinbad", "white", font[28])
        draw.text((45, 370), "speaking from his island", "white", font[17])


# False text, size of letters, speed


def print_false(shared: Path) -> None:
    print("\n| film without text | minutes | items | a minute | text area |\n|---|---|---|---|---|")
    for name in [*WITHOUT_TEXT, LECTURE]:
        film = film_of(shared / "media" / name, 360)
        items = list(Text().rows(film))
        minutes = film.video["duration_us"] / 6e7
        area = sum(i.share * (i.end_us - i.start_us) for i in items) / film.video["duration_us"]
        note = " (chalk: " + ", ".join(i.text for i in items) + ")" if name == LECTURE else ""
        print(f"| {name} | {minutes:.2f} | {len(items)}{note} | {len(items) / minutes:.1f} | {area:.4f} |", flush=True)


def print_letters(shared: Path) -> None:
    """How high capitals must be, in pixels of the still, over pictures of a real film."""
    read, text = reader("rapidocr", 360).read, "The quick brown fox jumps over 1984 lazy dogs"
    film = film_of(shared / "media" / "popeye_sinbad_song.mkv", 360)
    stills = [picture for _, picture in film.pictures(0, film.end_us)][::12]
    print("\n| capitals, pixels | characters right |\n|---|---|")
    for size in (6, 7, 8, 9, 10, 12, 14, 18):
        font, wrong = ImageFont.load_default(size), 0
        top, bottom = font.getbbox("H")[1::2]
        for picture in stills:
            image = Image.fromarray(picture)
            ImageDraw.Draw(image).text((40, 300), text, "white", font, stroke_width=1, stroke_fill="black")
            found = " ".join(b.text for b in read(np.asarray(image)) if b.score > Text().min_score)
            wrong += min(len(characters(text)), edits(characters(found), characters(text)))
        print(f"| {bottom - top:.0f} | {1 - wrong / len(characters(text)) / len(stills):.2f} |", flush=True)


def print_speed(shared: Path, work: Path) -> None:
    print("\n| film | stills | read | × real time, one core | ms a still read |\n|---|---|---|---|---|")
    ten = looped(shared / "media" / SINTEL, work, 600)
    names = [SINTEL, SLIDES, "highway_av1.mp4", LECTURE, "popeye_sinbad_song.mkv", CAPTIONS]
    for path in [*(shared / "media" / n for n in names), made(shared, work), ten]:
        film, counter = film_of(path, 360), Counter()
        list(Text().pages(film, counter))
        began = time.process_time()
        list(Text().rows(film))
        took, length = time.process_time() - began, film.video["duration_us"] / 1e6
        row = f"| {path.name} | {len(film.stills)} | {counter.asked} | {length / took:.1f} "
        print(row + f"| {took / counter.asked * 1000:.0f} |", flush=True)
    print(
        f"\n10 minutes of 720p: {took / length * 600:.0f} processor seconds, of 1200 that two cores have in that time."
    )


def main() -> None:
    """Print the tables."""

    def setup(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--heights", type=int, nargs="+", default=[360, 480, 720], help="scan.still_height to try")

    chosen = arguments(__doc__ or "", setup)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    av.logging.set_level(av.logging.PANIC)
    print_accuracy(chosen.shared, chosen.work, chosen.heights)
    print_false(chosen.shared)
    print_letters(chosen.shared)
    print_speed(chosen.shared, chosen.work)


if __name__ == "__main__":
    main()
