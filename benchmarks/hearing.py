"""Speech and music by the second, tempo and key against the truth, and the speed of what listens, on one core.

The truth about the real films is that of shared/media/README.md. "Fitted" are the recordings to which the classifier's
weights were fitted or by which its eight numbers were chosen. The others had no part in the fit, though their results
were looked at while it was made. Tempo and key are tried on pieces that shotlist.sample.songs plays, each with other
chords, melodies and rhythms.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pyarrow as pa

from films import arguments, row
from shotlist.annotate.audio import Audio
from shotlist.annotate.music import Music
from shotlist.annotate.sounds import Heard, SecondRow, Sounds
from shotlist.engine.film import Clip, Film, ShardTables
from shotlist.engine.rows import table_of
from shotlist.media.sound import STEP_US, measure
from shotlist.models.builtin.key import NOTES, key
from shotlist.models.builtin.tempo import onsets, tempo
from shotlist.records import WHOLE, Source
from shotlist.sample.songs import song

Truth = list[tuple[float, str]]
"""(until which second, what is heard): ``speech``, ``music``, ``both`` or ``silence``."""

FITTED: dict[str, Truth] = {
    "lecture_pendulum_part1.webm": [(99, "speech")],
    "slides_talk.mp4": [(999, "speech")],
    "audio/speech_narration.ogg": [(99, "speech")],
    "audio/music_vibe_ace.ogg": [(99, "music")],
}
HELD_OUT: dict[str, Truth] = {
    "friday_dialogue.mp4": [(99, "speech")],
    "president_statement.mp4": [(99, "speech")],
    "audio/speech_jfk.flac": [(99, "speech")],
    "chaplin_policeman.mp4": [(99, "music")],
    "sintel_trailer_720p.mp4": [(12, "music"), (16, "both"), (99, "music")],
}
JOINED: dict[str, Truth] = {
    "long_compilation.mp4": [
        (196.5, "speech"), (256.5, "silence"), (268.5, "music"), (272.5, "both"), (999, "music"),
    ],
}  # fmt: skip


class Told(NamedTuple):
    """How many seconds were looked at, and of how many speech, music, and both were told rightly."""

    seconds: int
    speech: int
    music: int
    both: int


def film_of(path: Path) -> Film:
    """A film as the steps ``scan`` (of which only the loudness is needed), ``audio`` and ``sounds`` leave it."""
    source = Source("v", str(path), path.stat().st_size, "")
    batches = [item[1] for item in Audio().read(path, source, WHOLE) if not isinstance(item, dict)]
    loud = measure(path)
    assert loud is not None
    tables = ShardTables({})
    tables.put("audio", pa.Table.from_batches(batches))
    series = {"momentary": [loud.momentary], "peak": [loud.peak]}
    tables.put("sound", pa.table({"video_id": ["v"], "start_us": [loud.start_us], "step_us": [STEP_US], **series}))
    tables.put("videos", pa.table({"video_id": ["v"], "start_us": [0], "duration_us": [10**12], "frames": [1]}))
    film = Film(source, tables)
    rows = list(Sounds().rows(film))
    tables.put("sounds", table_of(rows, Sounds().schema(), [{"video_id": "v"}] * len(rows)))
    return film


def told(film: Film, truth: Truth) -> Told:
    """Compare a film's seconds with the truth; a last piece of less than half a second is left out."""
    right = [judged(second, truth) for second in Sounds().rows(film) if second.end_us - second.start_us >= 500_000]
    right = [one for one in right if one is not None]
    return Told(len(right), sum(s for s, _ in right), sum(m for _, m in right), sum(s and m for s, m in right))


def judged(second: SecondRow, truth: Truth) -> tuple[bool, bool] | None:
    """Whether speech and music were told rightly; None for a pause, about which the truth says nothing."""
    kind = next(kind for until, kind in truth if second.start_us / 1e6 < until)
    if kind == "silence":
        return second.silence, second.silence
    if second.silence:
        return None
    found = second.speech >= 0.5, second.music >= 0.5
    return found[0] == (kind in ("speech", "both")), found[1] == (kind in ("music", "both"))


def by_the_second(media: Path) -> Iterator[bool]:
    """Print the rows on speech and music."""
    for group, films in (("fitted", FITTED), ("held out", HELD_OUT), ("joined and encoded anew", JOINED)):
        found = {name: told(film_of(media / name), truth) for name, truth in films.items()}
        whole = Told(*(sum(column) for column in zip(*found.values(), strict=True)))
        each = ", ".join(f"{Path(name).stem} {100 * t.both / t.seconds:.0f} %" for name, t in found.items())
        share = whole.both / whole.seconds
        text = (
            f"{100 * share:.1f} % of {whole.seconds} s (speech {100 * whole.speech / whole.seconds:.1f} %, "
            f"music {100 * whole.music / whole.seconds:.1f} %): {each}"
        )
        yield row(f"speech and music by the second, {group}", text, "≥ 80 %", share >= 0.8)


def played(bpm: float, tonic: int, mode: str, seed: int) -> np.ndarray:
    """Twelve seconds of a piece, mono at 16 kHz."""
    sound = song(12.0, bpm, tonic, mode, seed)  # type: ignore[arg-type]
    spectrum = np.fft.rfft(sound.mean(axis=0))
    return np.asarray(np.fft.irfft(spectrum[: len(spectrum) // 3 + 1]) / 3, np.float32)


def tempi() -> Iterator[bool]:
    """Print the row on tempo."""
    rng = np.random.default_rng(11)
    speeds = range(60, 181, 2)
    octave = exact = 0
    for k, bpm in enumerate(speeds):
        found = tempo(onsets(played(bpm, int(rng.integers(12)), ("major", "minor")[k % 2], 100 + k)))
        ratio = found.bpm / bpm if found else 0.0
        exact += abs(ratio - 1) < 0.04
        octave += any(abs(ratio / times - 1) < 0.04 for times in (0.5, 1, 2))
    n = len(speeds)
    text = f"{100 * octave / n:.0f} % within 4 % of it or its octave, {100 * exact / n:.0f} % of it itself"
    yield row(f"tempo of {n} pieces, 60 to 180 beats a minute", text, "≥ 95 %", octave >= 0.95 * n)


def keys() -> Iterator[bool]:
    """Print the row on keys."""
    counts: Counter[str] = Counter()
    for seed, mode in ((seed, mode) for seed in range(200, 203) for mode in ("major", "minor")):
        for tonic in range(12):
            counts[kinship(played(80 + 7 * tonic, tonic, mode, seed + 10 * tonic), tonic, mode)] += 1
    n = counts.total()
    shares = {name: f"{100 * counts[name] / n:.0f} %" for name in ("right", "relative", "fifth", "other")}
    text = ", ".join(f"{share} {name}" for name, share in shares.items())
    yield row(f"key of {n} pieces, all 24 keys", text, "≥ 80 % right", counts["right"] >= 0.8 * n)


def kinship(sound: np.ndarray, tonic: int, mode: str) -> str:
    """How the key that was found is related to the true one."""
    found = key(sound)
    if found is None:
        return "other"
    step = (NOTES.index(found.note) - tonic) % 12
    if found.mode == mode:
        return "right" if step == 0 else "fifth" if step in (5, 7) else "other"
    return "relative" if step == (9 if mode == "major" else 3) else "other"


TALKED = ["lecture_pendulum_part1.webm", "slides_talk.mp4", "long_compilation.mp4", "sintel_trailer_720p.mp4"]
PLAYED = ["sintel_trailer_720p.mp4", "chaplin_policeman.mp4", "audio/music_vibe_ace.ogg"]


def speeds(media: Path) -> Iterator[bool]:
    """Print the rows on speed: seconds of sound for a second of the processor."""
    films = {name: film_of(media / name) for name in {*TALKED, *PLAYED}}
    work: dict[str, tuple[list[str], Callable[[str], object], float]] = {
        "audio": (TALKED, lambda name: list(Audio().read(media / name, films[name].source, WHOLE)), 50),
        "sounds": (TALKED, lambda name: list(Sounds().rows(films[name])), 50),
        "heard": (TALKED, lambda name: over_clips(Heard(), films[name]), 1000),
        "music": (PLAYED, lambda name: over_clips(Music(), films[name]), 50),
        "music, separator=none": (PLAYED, lambda name: over_clips(Music(separator="none"), films[name]), 50),
    }
    for what, (names, do, aim) in work.items():
        length = sum(seconds(films[name]) for name in names)
        do(names[0])  # warms up
        began = time.process_time()
        for name in names:
            do(name)
        speed = length / (time.process_time() - began)
        text = f"{speed:,.0f} × real time"
        yield row(f"speed of {what}, {length:.0f} s of real films, one core", text, f"≥ {aim:,g} ×", speed >= aim)


def seconds(film: Film) -> float:
    """The length of a film's sound."""
    assert film.audio is not None
    return (film.audio.end_us - film.audio.start_us) / 1e6


def over_clips(step: Heard | Music, film: Film) -> None:
    """Run a step over clips of 20 s."""
    assert film.audio is not None
    for start in range(film.audio.start_us, film.audio.end_us, 20_000_000):
        step.row(Clip(film, start, min(start + 20_000_000, film.audio.end_us), 0, 1))


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    av.logging.set_level(av.logging.PANIC)
    media = chosen.shared / "media"
    print("| what | measured | aim | met |\n|---|---|---|---|")
    good = [*by_the_second(media), *tempi(), *keys(), *speeds(media)]
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
