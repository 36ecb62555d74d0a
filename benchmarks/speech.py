"""Speech: word error rates, voice detection, offsets of subtitles, and speeds, on real sound with known words.

Speeds are multiples of real time on one core. Words and spans come from the transcripts beside the sample media;
where a subtitle covers a short pause, the pause counts as speech. Whisper and servers are measured where they are
given: ``--speech whisper:FOLDER``. ``--fit`` also prints the weights of the built-in voice detector, fitted against
Silero's answers.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from films import arguments
from shotlist.annotate.speech import pieces
from shotlist.annotate.subtitle_offset import activity, best_lag
from shotlist.annotate.words import distance, normalised
from shotlist.media.hear import SoundTrack, blocks
from shotlist.media.subtitles import sidecar_cues
from shotlist.models import speech, voice
from shotlist.models.contracts import RATE, Recogniser, Samples, Utterance
from shotlist.models.speakers import detector as speaker_detector
from shotlist.records import Cue

T = TypeVar("T")
JFK = "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country"
PRESIDENT = (
    "Today, after two years of negotiations, the United States, together with our international partners, has achieved"
)
SETTINGS = {"threshold": 0.5, "shortest": 0.25, "pause": 0.3, "margin": 0.1}
"""The defaults of the step ``voice``."""
SUBTITLED = {
    "lecture_pendulum_part1.webm": "lecture_pendulum_part1.en.srt",
    "friday_dialogue.mp4": "friday_dialogue.en.vtt",
}
SPOKEN = ("audio/speech_jfk.flac", "president_statement.mp4", *SUBTITLED)
MUSIC = ("audio/music_vibe_ace.ogg", "chaplin_policeman.mp4")
OTHERS = ("slides_talk.mp4", "audio/speech_narration.ogg", "sintel_trailer_720p.mp4", "clock_cat_one_cut.mp4")


def sound(path: Path) -> Samples:
    """All of a file's sound (n,)."""
    parts = [part.mean(axis=0, dtype=np.float32) / 32768 for _, part in blocks(SoundTrack(path), RATE, 30 * RATE)]
    return np.concatenate(parts)


def seconds(samples: Samples) -> float:
    return len(samples) / RATE


def transcribed(recogniser: Recogniser, chunks: Sequence[Samples]) -> list[Sequence[Utterance]]:
    return list(recogniser.transcribe(chunks))


def timed(work: Callable[[], T], clock: Callable[[], float] = time.process_time) -> tuple[T, float]:
    """What comes out, and the seconds that this process computed for it, whatever else the machine does."""
    began = clock()
    found = work()
    return found, clock() - began


def cues_of(media: Path, name: str) -> list[Cue]:
    return [cue for cue in sidecar_cues(media / name)[0] if cue.kind == "speech"]


def said_in(media: Path, name: str) -> str:
    known = {"audio/speech_jfk.flac": JFK, "president_statement.mp4": PRESIDENT}
    return known.get(name) or " ".join(cue.text for cue in cues_of(media, SUBTITLED[name]))


def spans_of(model: str, samples: Samples) -> list[tuple[int, int]]:
    found = voice.detector(model)
    curve = found.likely(np.array_split(samples, 1 + len(samples) // (30 * RATE)))
    return [(s.start_us, s.end_us) for s in voice.stretches(curve, found.step_us, **SETTINGS)]


def word_errors(models: Sequence[str], media: Path, heard: dict[str, Samples]) -> None:
    """Errors per recogniser: each file in pieces of at most 30 s with a voice, as the step ``speech`` cuts them."""
    print("| recogniser | " + " | ".join(f"{n.split('/')[-1].split('.')[0]}" for n in SPOKEN) + " | all | speed |")
    print("|---|" + "---|" * (len(SPOKEN) + 2))
    for model in models:
        clock = time.perf_counter if model.startswith("openai") else time.process_time
        recogniser, errors, words, spent, length = speech.recogniser(model, device="cpu"), [], [], 0.0, 0.0
        for name in SPOKEN:
            samples = heard[name]
            cut = list(pieces(spans_of("silero", samples), Sound(samples), 30_000_000))
            chunks = [samples[a * RATE // 1_000_000 : b * RATE // 1_000_000] for a, b in cut]
            found, took = timed(partial(transcribed, recogniser, chunks), clock)
            truth = normalised(said_in(media, name))
            errors.append(distance(truth, normalised(" ".join(u.text for said in found for u in said))))
            words.append(len(truth))
            spent, length = spent + took, length + seconds(samples)
        rates = " | ".join(f"{e / n:.2f}" for e, n in zip(errors, words, strict=True))
        print(f"| {model} | {rates} | {sum(errors) / sum(words):.2f} | {length / spent:.1f} × |")


class Sound:
    """Samples as a film's sound, as far as cutting needs it."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def mono(self, start_us: int, end_us: int) -> Samples:  # noqa: D102
        return self._samples[start_us * RATE // 1_000_000 : end_us * RATE // 1_000_000]


def tenths(spans: Sequence[tuple[int, int]], samples: Samples) -> npt.NDArray[np.bool_]:
    """Whether there is speech, per tenth of a second."""
    fine = activity(spans, len(samples) * 1_000_000 // RATE)
    return fine[: len(fine) // 5 * 5].reshape(-1, 5).mean(axis=1) >= 0.5


def voices(media: Path, heard: dict[str, Samples]) -> None:
    """Precision and recall per 0.1 s on subtitled films, and the share of music taken for speech."""
    names = [name.split("_")[0] for name in SUBTITLED]
    print("| voice detector | " + " | ".join(f"{n}: precision, recall" for n in names) + " | music as voice | speed |")
    print("|---|" + "---|" * (len(names) + 2))
    for model in ("builtin", "silero"):
        cells, spent = [], 0.0
        for name, subtitles in SUBTITLED.items():
            spans, took = timed(partial(spans_of, model, heard[name]))
            found = tenths(spans, heard[name])
            truth = tenths([(c.start_us, c.end_us) for c in cues_of(media, subtitles)], heard[name])
            both = (found & truth).sum()
            cells.append(f"{both / max(found.sum(), 1):.2f}, {both / truth.sum():.2f}")
            spent += took
        music = np.concatenate([tenths(spans_of(model, heard[name]), heard[name]) for name in MUSIC])
        length = sum(seconds(heard[name]) for name in SUBTITLED)
        print(f"| {model} | {' | '.join(cells)} | {music.mean():.2f} | {length / spent:.0f} × |")


def offsets(media: Path, heard: dict[str, Samples]) -> None:
    """What is found where a film's subtitles were shifted, and where they are those of another film."""
    name = "lecture_pendulum_part1.webm"
    length = len(heard[name]) * 1_000_000 // RATE
    own, other = cues_of(media, SUBTITLED[name]), cues_of(media, "popeye_sinbad_song.en.srt")
    shifts = (-20.0, -7.3, -2.5, 0.0, 2.5, 7.3, 20.0)
    print("| subtitles shifted by | " + " | ".join(f"{s:+.1f} s" for s in shifts) + " | another film's |")
    print("|---|" + "---|" * (len(shifts) + 1))
    for model in ("builtin", "silero"):
        speaking = activity(spans_of(model, heard[name]), length)
        cells = []
        for cues, shift in [*((own, s) for s in shifts), (other, 0.0)]:
            moved = [(c.start_us + round(shift * 1e6), c.end_us + round(shift * 1e6)) for c in cues]
            fit = best_lag(activity(moved, length), speaking, 60.0)
            cells.append(f"{fit.lag * 0.02:+.2f} ({fit.confidence:.2f})")
        print(f"| found with {model} (confidence) | {' | '.join(cells)} |")


def speakers(heard: dict[str, Samples]) -> None:
    """How many speakers the built-in detector finds in one voice, and in four recordings of one voice each."""
    names = ("lecture_pendulum_part1.webm", "slides_talk.mp4", "audio/speech_jfk.flac", "president_statement.mp4")
    groups = [
        [p for a, b in spans_of("silero", heard[n]) if len(p := Sound(heard[n]).mono(a, b)) > RATE] for n in names
    ]
    detector = speaker_detector("builtin")
    alone = [len(set(detector.speakers(group))) for group in groups]
    together = detector.speakers([piece for group in groups for piece in group])
    truth = [k for k, group in enumerate(groups) for _ in group]
    pairs = Counter(zip(together, truth, strict=True))
    right = sum(max(n for (found, _), n in pairs.items() if found == one) for one in set(together))
    print(
        "| speakers, built-in | each of four recordings of one voice | all four together (share in the right group) |"
    )
    print("|---|---|---|")
    print(f"| found | {', '.join(map(str, alone))} | {len(set(together))} ({right / len(truth):.2f}) |")


def fit(heard: dict[str, Samples]) -> None:
    """Logistic regression of the built-in features on Silero's answers; a file counts by the root of its length."""
    from shotlist.models.builtin.voice import BuiltinVoice, features

    rows, answers, weights = [], [], []
    for samples in heard.values():
        found, network = features([samples]), voice.detector("silero")
        likely = network.likely([samples])
        at = np.arange(len(found)) * BuiltinVoice.step_us // network.step_us
        rows.append(found)
        answers.append(likely[np.minimum(at, len(likely) - 1)] > 0.5)
        weights.append(np.full(len(found), len(found) ** -0.5))
    x, y, w = np.concatenate(rows).astype(float), np.concatenate(answers).astype(float), np.concatenate(weights)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    z, b = np.c_[(x - mean) / spread, np.ones(len(x))], np.zeros(4)
    for _ in range(50):  # Newton's method
        p = 1 / (1 + np.exp(-z @ b))
        slope = z.T @ (w * (p - y)) / w.sum() + 1e-3 * b
        b -= np.linalg.solve((z * (w * p * (1 - p))[:, None]).T @ z / w.sum() + 1e-3 * np.eye(4), slope)
    print(f"weights {np.round(b[:3] / spread, 3)}, bias {b[3] - (b[:3] * mean / spread).sum():.2f}")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--speech", action="append", default=[], help="one more recogniser, such as whisper:FOLDER")
    parser.add_argument("--fit", action="store_true", help="fit the built-in voice detector")


def main() -> None:
    """Print the tables."""
    chosen = arguments(__doc__ or "", options)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    media = chosen.shared / "media"
    heard = {name: sound(media / name) for name in dict.fromkeys((*SPOKEN, *MUSIC, *OTHERS))}
    voices(media, heard)
    print()
    offsets(media, heard)
    print()
    speakers(heard)
    print()
    word_errors(["builtin", *chosen.speech], media, heard)
    if chosen.fit:
        print()
        fit(heard)


if __name__ == "__main__":
    main()
