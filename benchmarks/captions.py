"""What asking models costs beside the models: throughput against a server, stored answers, memory, full batches.

python benchmarks/captions.py [--shared FOLDER] [--check]
"""

import io
import itertools
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import av

from films import arguments, row
from shotlist.models.batches import Batches
from shotlist.models.cache import Cache
from shotlist.models.chat import Chat
from shotlist.models.contracts import Answer, Footage, Request, Still
from shotlist.models.fake import FakeModel
from shotlist.models.names import parse
from shotlist.models.openai import OpenAIModel

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "models")]
from servers.processes import running  # noqa: E402

LATENCY, IN_FLIGHT = 0.2, 64
BATCH, PER_BATCH = 8, 0.05


def stills(film: Path, n: int, height: int = 360) -> list[Still]:
    """JPEGs of the height that a scan stores."""
    found = []
    with av.open(film) as opened:
        for frame in itertools.islice(opened.decode(video=0), 0, n * 19, 19):
            image = frame.to_image(width=round(frame.width / frame.height * height), height=height)
            image.save(file := io.BytesIO(), "JPEG", quality=85)
            found.append(Still(round((frame.time or 0) * 1e6), file.getvalue()))
    return found


def asking(pictures: list[Still], n: int, per_request: int = 4) -> Iterator[Request]:
    """Requests with footage; no two are the same."""
    for k in range(n):
        chosen = (pictures[(k + j) % len(pictures)] for j in range(per_request))
        yield Request((Footage(tuple(chosen)), f"Describe clip {k}."), "You describe short videos.")


def throughput(pictures: list[Still], rounds: int = 50) -> tuple[float, float]:
    """Share of the ideal throughput, and the rate in requests per second."""
    n = rounds * IN_FLIGHT
    with running("latency.py", str(LATENCY)) as url:
        model = OpenAIModel(parse(f"openai:m@{url}?in_flight={IN_FLIGHT}"))
        assert all(a.text for a in model.caption(asking(pictures, IN_FLIGHT)))  # opens the connections
        began = time.perf_counter()
        assert all(a.text for a in model.caption(asking(pictures, n)))
        seconds = time.perf_counter() - began
        model.server.close()
    return rounds * LATENCY / seconds, n / seconds


def replay(n: int = 100_000) -> float:
    """Stored answers per second, the hashing of small requests included."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder) / "answers.sqlite")
        requests = [Request((f"Merge: a caption of clip {k}. " * 10,), "You merge captions.") for k in range(n)]
        for _ in Chat(FakeModel(lambda _: "A man walks along the sea. " * 8), cache).caption(requests):
            pass
        chat = Chat(FakeModel(), cache)
        began = time.perf_counter()
        assert all(a.cached for a in chat.caption(requests))
        return n / (time.perf_counter() - began)


_MEMORY = """
import sys
sys.path[:0] = [{here!r}]
from captions import asking, stills
from pathlib import Path
from shotlist.models.chat import open_model
from shotlist.models.cache import Cache
pictures = stills(Path({film!r}), 8, 64)
chat = open_model("openai:m@{url}", Cache(Path({cache!r})))
def held():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) // 1024
for k, answer in enumerate(chat.caption(asking(pictures, {n})), 1):
    assert answer.text
    if k in ({n} // 10, {n}):
        print(held())
"""


def memory(film: Path, n: int) -> tuple[int, int]:
    """MB that a process holds after a tenth of n requests, and after all."""
    with tempfile.TemporaryDirectory() as folder, running("latency.py", "0.01") as url:
        names = {"here": str(Path(__file__).parent), "film": str(film), "cache": f"{folder}/answers.sqlite"}
        code = _MEMORY.format(url=url, n=n, **names)
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    early, late = done.stdout.split()
    return int(early), int(late)


def full_batches(pictures: list[Still], batches: int = 100) -> float:
    """Share of the time in a model of 50 ms per batch, with a real processor that makes pictures ready for it."""
    import tiny_models

    from shotlist.models.hf import HFModel

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        model = HFModel(parse(f"hf:{tiny_models.llava(Path(folder))}?check=false&batch={BATCH}"))
    chat = model._chat

    def run(ready: tuple[list[Request], object]) -> list[Answer]:
        time.sleep(PER_BATCH)
        return [Answer("A man walks.") for _ in ready[0]]

    work = Batches(BATCH, chat.kind, chat.length, chat.prepared, run, lambda _, error: Answer(str(error)))
    began = time.perf_counter()
    answers = list(work.answers(asking(pictures, batches * BATCH, per_request=1)))
    assert len(answers) == batches * BATCH and all(a.text == "A man walks." for a in answers)
    return batches * PER_BATCH / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    chosen = arguments(__doc__ or "")
    film = chosen.shared / "media" / "sintel_trailer_720p.mp4"
    pictures = stills(film, 64)
    size = sum(len(s.jpeg) for s in pictures) * 4 / len(pictures) / 1000
    print("| what | measured | aim | met |\n|---|---|---|---|")
    share, rate = throughput(pictures)
    what = f"{IN_FLIGHT} calls in flight, {LATENCY * 1000:.0f} ms each, 4 stills ({size:.0f} kB)"
    good = [row(what, f"{share:.1%} of the ideal, {rate:.0f} calls/s", "≥ 95 %", share >= 0.95)]
    rate = replay()
    good.append(row("100,000 stored answers", f"{rate:,.0f} a second", "≥ 5,000", rate >= 5000))
    early, late = memory(film, 50_000)
    good.append(row("memory after 5,000 and 50,000 calls", f"{early} MB, {late} MB", "flat", late <= early * 1.1 + 8))
    share = full_batches(pictures)
    what = f"batches of {BATCH} stills to a local model that takes {PER_BATCH * 1000:.0f} ms for each"
    good.append(row(what, f"{share:.1%} of the time in the model", "≥ 90 %", share >= 0.9))
    if chosen.check and not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
