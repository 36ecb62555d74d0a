"""Sound for the tests: files of known sound, and films of which only the sound is known."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa

from films import film, sine, texture
from shotlist.engine.film import Film
from shotlist.media import flac
from shotlist.sample.songs import song

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def record(path: Path, parts: list[np.ndarray], rate: int = 48_000, codec: str = "flac") -> Path:
    """Sound alone, one part after the other."""
    with av.open(str(path), "w") as file:
        layout = LAYOUTS[len(parts[0])]
        track = file.add_stream(codec, rate, layout=layout)
        start = 0
        for part in parts:
            whole = (part.T * 32767).round().astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(whole, "s16", layout)
            frame.sample_rate, frame.pts = rate, start
            start += part.shape[1]
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return path


def film_with_sound_at(path: Path, *starts: float) -> Path:
    """A short film with a second of sound at each of these times, and nothing between."""
    with av.open(str(path), "w") as file:
        picture, track = file.add_stream("mjpeg", 25), file.add_stream("pcm_s16le", 48_000, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 160, 90, "yuvj420p"
        file.mux(picture.encode(av.VideoFrame.from_ndarray(texture(), "rgb24").reformat(format="yuvj420p")))
        for start in starts:
            whole = (sine(1.0, -20.0, channels=1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(whole, "s16", "mono")
            frame.sample_rate, frame.pts = 48_000, round(start * 48_000)
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return path


def heard(sound: np.ndarray, /, start_us: int = 0, row_seconds: float = 30.0, **tables: Any) -> Film:
    """A film whose stored sound is this, (channels, n) at 16 kHz; more ``tables`` are lists of dictionaries."""
    whole = (np.clip(sound, -1, 1) * 32767).round().astype(np.int16)
    step = round(row_seconds * 16_000)
    rows = [
        {
            "start_us": start_us + first * 1_000_000 // 16_000,
            "samples": whole[:, first : first + step].shape[1],
            "channels": len(whole),
            "flac": flac.encode(whole[:, first : first + step], 16_000),
        }
        for first in range(0, whole.shape[1], step)
    ]
    length = whole.shape[1] * 1_000_000 // 16_000
    video = {"start_us": 0, "duration_us": start_us + length, "frames": 1}
    found = {"audio": rows, "videos": [video], **tables}
    return film({name: pa.Table.from_pylist([{"video_id": "film", **row} for row in found[name]]) for name in found})


def tune(seconds: float, bpm: float = 120, tonic: int = 0, mode: str = "major", seed: int = 1) -> np.ndarray:
    """A piece of known tempo and key, (2, samples) at 16 kHz."""
    whole = song(seconds, bpm, tonic, mode, seed)
    spectra = np.fft.rfft(whole, axis=1)
    n = round(seconds * 16_000)
    return (np.fft.irfft(spectra[:, : n // 2 + 1], n, axis=1) / 3).astype(np.float32)


def talk(seconds: float, seed: int = 0) -> np.ndarray:
    """What has the marks of speech, (1, samples) at 16 kHz: syllables of a buzz that glides, hisses, pauses."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * 16_000), np.float32)
    at = 0
    while at < len(out):
        n = int(rng.integers(1800, 4000))
        hertz = rng.uniform(90, 150) * 2 ** (rng.uniform(-0.5, 0.5) * np.arange(n) / n)
        turn = 2 * np.pi * np.cumsum(hertz) / 16_000
        vowel = sum(np.sin(k * turn) / (1 + abs(k - rng.uniform(3, 9))) for k in range(1, 30))
        hiss = np.diff(rng.standard_normal(n // 3 + 1))
        syllable = np.r_[0.2 * hiss, vowel * np.hanning(n)] * rng.uniform(0.05, 0.15)
        part = out[at : at + len(syllable)]
        part += syllable[: len(part)].astype(np.float32)
        at += len(syllable) + int(rng.choice([0, 0, 0, 6000]))
    return out[None]
