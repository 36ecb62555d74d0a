"""Shows a build as it goes: live for people, a line a second as JSON for scripts, or not at all."""

import json
import sys
import time
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from shotlist.builder import Watcher
from shotlist.engine import run
from shotlist.engine.plan import Plan
from shotlist.engine.run import Answered, Notice, Read, ShardDone
from shotlist.engine.tasks import At
from shotlist.members import Members
from shotlist.timing import SECOND, lasting

SCANNING = "scanning"
MEASURING = "measuring"
"""The stage in which all is read, and the steps behind the scan are at work."""
CAPTIONING = "captioning"
"""The stage in which all is read, and models are asked."""
_LOOKED_AT = 1000
"""Of more shards, only so many are opened for their sizes; the others count like these on average."""


@dataclass
class State:
    """What has happened so far in this run."""

    began: float = field(default_factory=time.monotonic)
    stage: str = "looking up videos"
    videos: int = 0
    videos_done: float = 0
    bytes_total: int = 0
    bytes_done: int = 0
    failures: int = 0
    clips: int = 0
    footage_us: int = 0
    step: str = ""
    """The step that was last heard of."""
    measured: set[str] = field(default_factory=set)
    """Videos on which work began when all was read."""
    asked: dict[tuple[str, str], Answered] = field(default_factory=dict)
    """How far each step that asks a model is, by shard and step."""
    asked_since: float | None = None

    @property
    def captioned(self) -> tuple[int, int]:
        """Answers so far, and how many there will be."""
        asked = list(self.asked.values())  # another thread shows them
        return sum(a.answered for a in asked), sum(a.clips for a in asked)

    @property
    def cost(self) -> float:
        """What the answers have cost."""
        return sum(a.cost for a in list(self.asked.values()))

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    @property
    def speed(self) -> float:
        """Seconds of footage read in a second."""
        return self.footage_us / SECOND / max(self.elapsed, 1e-3)

    @property
    def eta(self) -> float | None:
        """Seconds left, from the share of bytes that were read or of answers that came; None before the first."""
        answered, wanted = self.captioned
        if self.stage == CAPTIONING:
            took = time.monotonic() - (self.asked_since or self.began)
            return took * (wanted - answered) / answered if 0 < answered < wanted else None
        if not self.bytes_done or self.bytes_done >= self.bytes_total:
            return None
        return self.elapsed * (self.bytes_total - self.bytes_done) / self.bytes_done

    def plain(self) -> dict[str, Any]:
        """For JSON lines."""
        return {
            "stage": self.stage,
            "step": self.step,
            "videos": self.videos,
            "videos_done": int(self.videos_done),
            "failures": self.failures,
            "clips": self.clips,
            "answered": self.captioned[0],
            "to_answer": self.captioned[1],
            "spent": round(self.cost, 6),
            "footage_hours": round(self.footage_us / SECOND / 3600, 4),
            "times_real_time": round(self.speed, 2),
            "elapsed_seconds": round(self.elapsed, 1),
            "eta_seconds": None if self.eta is None else round(self.eta),
        }


class Counting(Watcher):
    """Keeps the state; subclasses show it."""

    def __init__(self) -> None:
        self.state = State()
        self._sizes: dict[str, int] = {}
        self._videos: dict[str, float] = {}
        self._read: dict[str, tuple[float, float]] = {}

    def planned(self, plan: Plan, members: Members) -> None:
        """See Watcher."""
        shards = [shard.shard for shard in plan.shards]
        every = max(1, len(shards) // _LOOKED_AT)
        looked_at = {shard: [max(1, n) for n in members.sizes(shard)] for shard in shards[::every]}
        videos = sum(map(len, looked_at.values())) / max(1, len(looked_at))
        size = sum(map(sum, looked_at.values())) // max(1, len(looked_at))
        self._videos = {shard: len(looked_at[shard]) if shard in looked_at else videos for shard in shards}
        self._sizes = {shard: sum(looked_at[shard]) if shard in looked_at else size for shard in shards}
        self.state.videos = round(videos * len(shards))
        self.state.bytes_total = sum(self._sizes.values())
        self.stage(SCANNING if plan.shards else "up to date" if plan.nothing_to_do else "judging")

    def heard(self, event: run.Event) -> None:
        """See Watcher."""
        if isinstance(event, ShardDone):
            self._has_read(event.shard, event.videos, self._sizes[event.shard])
            self.state.clips += event.done.clips
            self.state.failures += len(event.done.failures)
        elif isinstance(event, Read):
            videos, size = self._read.get(event.shard, (0.0, 0.0))
            size = min(self._sizes[event.shard], size + event.share * max(1, event.source.size))
            self._has_read(event.shard, videos + event.share, size)
        elif isinstance(event, Answered):
            self._has_answered(event)
        elif isinstance(event, Notice):
            self.tell(event.text)
        else:
            self._is_at(event)
        self.show()

    def _is_at(self, event: At) -> None:
        state = self.state
        state.footage_us += event.footage_us
        state.step = event.step
        if state.stage == SCANNING and state.videos_done >= state.videos > 0:
            self.stage(MEASURING)
        if state.stage == MEASURING:
            state.measured.add(event.video_id)

    def _has_read(self, shard: str, videos: float, size: float) -> None:
        self._read[shard] = (videos, size)
        self.state.videos_done = round(sum(v for v, _ in self._read.values()), 3)
        self.state.bytes_done = round(sum(b for _, b in self._read.values()))

    def _has_answered(self, event: Answered) -> None:
        state = self.state
        state.asked[event.shard, event.step] = event
        state.asked_since = state.asked_since or time.monotonic()
        self._has_read(event.shard, self._videos[event.shard], self._sizes[event.shard])
        if state.videos_done >= state.videos:
            state.stage = CAPTIONING

    def stage(self, name: str) -> None:
        """See Watcher."""
        self.state.stage = name
        self.show()

    def tell(self, text: str) -> None:
        """Pass on a sentence."""

    def show(self) -> None:
        """Bring the state before the user."""

    def close(self) -> None:
        """Leave the screen in order."""


class JsonLines(Counting):
    """One JSON object a second on standard error, so that standard output stays free for the result."""

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__()
        self._out = out or sys.stderr
        self._shown = 0.0
        self._stage = ""

    def tell(self, text: str) -> None:
        """See Counting."""
        print(json.dumps({"notice": text}), file=self._out, flush=True)

    def show(self) -> None:
        """See Counting."""
        now = time.monotonic()
        if now - self._shown < 1 and self.state.stage == self._stage:
            return
        self._shown, self._stage = now, self.state.stage
        print(json.dumps(self.state.plain()), file=self._out, flush=True)


class Screen(Counting):
    """A live line at the bottom of the terminal, or a plain line every ten ``seconds`` where there is none."""

    def __init__(self, console: Console, seconds: float = 10.0) -> None:
        super().__init__()
        self._console = console
        self._ended = Event()
        self._live = Live(console=console, refresh_per_second=5, transient=True, get_renderable=self._line)
        if console.is_terminal:
            self._live.start()
        self._writer = Thread(target=self._write, args=(seconds,), daemon=True)
        if not console.is_terminal:
            self._writer.start()

    def tell(self, text: str) -> None:
        """See Counting."""
        self._console.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        """See Counting."""
        self._ended.set()
        if self._writer.is_alive():  # a thread that outlives Python makes libraries complain
            self._writer.join()
        self._live.stop()

    def _write(self, seconds: float) -> None:
        # By the clock, since a long step on a long film tells nothing while it works.
        while not self._ended.wait(seconds):
            self._console.print(self._line(), soft_wrap=True)

    def _line(self) -> Text:
        s = self.state
        parts: list[str | tuple[str, str]] = [
            (f"{s.stage}  ", "bold"),
            *self._working(),
            *(self._asking() if s.asked else []),
            (f"  {s.failures} failed", "red") if s.failures else "",
            f"  {lasting(s.eta)} left" if s.eta is not None else "",
        ]
        return Text.assemble(*parts)

    def _working(self) -> list[str]:
        s = self.state
        if s.stage == CAPTIONING:
            return []
        if s.stage == MEASURING:
            return [f"video {len(s.measured)} of {s.videos}", f"  {s.step}", f"  {lasting(s.elapsed)} so far"]
        return [
            f"{int(s.videos_done)}/{s.videos} videos",
            f"  {lasting(s.footage_us / SECOND)} read",
            f"  {s.speed:.1f} times real time" if s.footage_us else "",
            f"  {s.clips} clips" if s.clips else "",
        ]

    def _asking(self) -> list[str]:
        s = self.state
        answered, wanted = s.captioned
        things = "clips" if len({step for _, step in list(s.asked)}) == 1 else "captions"
        before = "" if s.stage == CAPTIONING else "  captioned "
        return [f"{before}{answered:,}/{wanted:,} {things}", f"  {s.cost:.4g} spent" if s.cost else ""]
