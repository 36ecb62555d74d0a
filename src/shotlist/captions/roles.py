"""A single video captioned in the four roles of ShareCaptioner-Video (ShareGPT4Video, systems.md 4.3).

``sliding`` notes what changes from key frame to key frame and writes it up, ``fast`` looks once at all key frames,
``summary`` writes up stored notes on any span without a look, ``recaption`` makes a dense caption of a short wish.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlist.captions import changes
from shotlist.captions.asking import Asking
from shotlist.captions.differential import Differences, DifferencesRow, Note, notes_in
from shotlist.captions.fast import Fast
from shotlist.captions.keyframes import KeyFrames
from shotlist.captions.rows import BUILTIN, CaptionRow
from shotlist.captions.summary import SpanSummaries, WrittenUp
from shotlist.captions.two_scales import ended
from shotlist.dataset import Dataset
from shotlist.engine.film import Clip, Film, ShardTables
from shotlist.engine.recipe import Recipe
from shotlist.engine.rows import table_of
from shotlist.engine.step import FilmStep, Step
from shotlist.errors import ShotlistError
from shotlist.models import account, prompts
from shotlist.models.budget import Spending
from shotlist.models.chat import open_model
from shotlist.models.contracts import Request
from shotlist.preflight import check_names
from shotlist.records import Span
from shotlist.scan.scan import Scan
from shotlist.shots.shots import Shots
from shotlist.shots.whole import Whole
from shotlist.timing import SECOND, overlap, us

if TYPE_CHECKING:
    from shotlist.builder import Watcher

STILL_HEIGHT = 576
"""Shorter side of the stills: the authors' frames are 1,024 pixels wide at most (systems.md 4.2)."""
_SCANNED = (Scan(still_height=STILL_HEIGHT), Shots(), Whole(max_seconds=0))
"""The steps of a scan; what they leave is one clip, of which a role takes its span."""
_COVERED = 0.9
"""Share of a span on which there must be stored notes."""


@dataclass(frozen=True)
class Captioned:
    """A caption of the span from ``start_us`` to ``end_us`` and the ``notes`` that it was written from, if any.

    Without a span it is that of no video.
    """

    row: CaptionRow
    start_us: int | None = None
    end_us: int | None = None
    notes: tuple[Note, ...] = ()
    reused: bool = False
    """Whether the notes were there before, so that nothing was looked at."""

    def plain(self) -> dict[str, Any]:
        """For JSON: the caption's row, and times in microseconds of the video."""
        notes = [{k: v for k, v in vars(note).items() if v is not None} for note in self.notes]
        span = {"start_us": self.start_us, "end_us": self.end_us}
        return {**vars(self.row), **span, "reused": self.reused, "notes": notes}


def captioned(
    video: str,
    role: str,
    model: str = BUILTIN,
    span: tuple[float | None, float | None] = (None, None),
    dataset: str | None = None,
    settings: Sequence[str] = (),
    watcher: "Watcher | None" = None,
) -> Captioned:
    """Caption a video, or its ``span`` in seconds from its beginning, as ``sliding``, ``fast`` or ``summary``.

    What is stored about it in a ``dataset`` is used; without one it is scanned. ``settings`` are those of ``steps``,
    such as ``differences.max_tokens=200``. Raises ShotlistError.
    """
    roles = {"sliding": sliding, "fast": fast, "summary": summary}
    if role not in roles:
        raise ShotlistError(f"there is no role {role!r} for a video; there are: {', '.join(roles)}")
    how = steps(model).with_settings(settings)
    check_names(how)
    with _paid(model), _stored(video, dataset, how, watcher) as film:
        if watcher is not None:
            watcher.stage("captioning")
        return roles[role](within(film, *span), how)


def steps(model: str = BUILTIN) -> Recipe:
    """The steps of all roles; each takes those that it needs."""
    asked = (Differences(model=model), WrittenUp(model=model), SpanSummaries(model=model, words=300), Fast(model=model))
    return Recipe((*_SCANNED, KeyFrames(), *asked), "caption")


def recaption(wish: str, model: str = BUILTIN, words: int = 150) -> Captioned:
    """A short wish for a video as a dense caption; without a model as a plain sentence. Raises ShotlistError."""
    plain = " ".join(wish.split())
    if not plain:
        raise ShotlistError('there is nothing to write out; say what the video should show with --text "…"')
    if model == BUILTIN:
        return Captioned(CaptionRow(ended(plain[0].upper() + plain[1:]), inputs="C"))
    prompt = prompts.load("recaption")
    system, user = prompt.fill(wish=plain, words=words)
    with _paid(model):
        (answer,) = open_model(model).write([Request((user,), system)])
    if answer.text is None:
        raise ShotlistError(f"{model}: {answer.failure}")
    return Captioned(CaptionRow.of([answer], prompt, "C"))


def sliding(clip: Clip, how: Recipe) -> Captioned:
    """Notes on a clip's key frames, written up."""
    _keep(how.step("keyframes"), clip)
    notes = _keep(how.step("differences"), clip).notes
    return Captioned(_row(how.step("written_up"), clip), clip.start_us, clip.end_us, notes)


def fast(clip: Clip, how: Recipe) -> Captioned:
    """A caption from one look at all key frames."""
    _keep(how.step("keyframes"), clip)
    return Captioned(_row(how.step("fast"), clip), clip.start_us, clip.end_us)


def summary(clip: Clip, how: Recipe) -> Captioned:
    """A caption from stored notes on the video; where the span has none, they are made first."""
    notes = stored_notes(clip)
    reused = bool(notes)
    if reused:
        _put(Differences(), clip, [DifferencesRow("", notes=notes)])
    else:
        _keep(how.step("keyframes"), clip)
        notes = _keep(how.step("differences"), clip).notes
    whole = replace(how.step("spans"), seconds=max(1.0, clip.seconds))  # type: ignore[call-arg]
    (row,) = _row(whole, clip).spans
    return Captioned(row, clip.start_us, clip.end_us, notes, reused)


def stored_notes(clip: Clip) -> tuple[Note, ...]:
    """The notes that a dataset holds on this video, up to the span's end; none where the span is not covered."""
    rows = clip.film.tables.table("differences", clip.film.video_id)
    found = [row for row in rows.to_pylist() if row["notes"]] if rows is not None else []
    span = (clip.start_us, clip.end_us)
    if sum(overlap(span, (row["start_us"], row["end_us"])) for row in found) < _COVERED * (span[1] - span[0]):
        return ()
    notes = (note for row in found for note in notes_in(row) if note.time_us < clip.end_us)
    return tuple(sorted(notes, key=lambda note: note.time_us))


def within(film: Film, start: float | None = None, end: float | None = None) -> Clip:
    """A span of a film, in seconds from its beginning, as its only clip. Raises ShotlistError where there is none."""
    begin = int(film.video["start_us"])
    lasts = (film.end_us - begin) / SECOND
    until = lasts if end is None else min(end, lasts)
    if not 0 <= (start or 0.0) < until:
        told = f"from {start or 0:g} s to {'its end' if end is None else f'{end:g} s'}"
        raise ShotlistError(f"{film.source.uri}: there is nothing {told}; the video lasts {lasts:.2f} s")
    first, last = begin + us(start or 0.0), begin + us(until)
    clip = changes.part(Clip(film, begin, film.end_us, 0, film.video["frames"]), first, last)
    span = Span(clip.start_us, clip.end_us, clip.start_frame, clip.end_frame, clip.seconds, mark=clip.mark)
    _put(Whole(), clip, [span])
    return film.clips()[0]


def _keep(step: Step, clip: Clip) -> Any:
    """Run a step on a film's only clip, and leave its rows for the steps after it; gives the first row."""
    assert isinstance(step, FilmStep | Asking)
    rows = list(step.rows(clip.film)) if isinstance(step, FilmStep) else [_row(step, clip)]
    if not rows:
        raise ShotlistError(f"{clip.film.source.uri}: no still was kept in this span; name a longer one")
    _put(step, clip, rows)
    return rows[0]


def _row(step: Step, clip: Clip) -> Any:
    assert isinstance(step, Asking)
    (row,) = step.answers([clip])
    if isinstance(row, Exception) or row is None:
        raise ShotlistError(f"{clip.film.source.uri}: no caption: {row or 'nothing is known of this span'}")
    return row


def _put(step: FilmStep | Asking, clip: Clip, rows: Sequence[Any]) -> None:
    keys = {"clip_id": clip.clip_id, "video_id": clip.film.video_id}
    own = {name: keys[name] for name in step.key_columns}
    clip.film.tables.put(step.name, table_of(rows, step.schema(), [own] * len(rows)))


@contextmanager
def _paid(model: str) -> Iterator[None]:
    """Answers come from the user's cache, so that asking again costs nothing."""
    before = account.use(account.opened(Spending())) if model != BUILTIN else account.current()
    try:
        yield
    finally:
        account.use(before)


@contextmanager
def _stored(video: str, dataset: str | None, how: Recipe, watcher: "Watcher | None") -> Iterator[Film]:
    """What is known of a video: in a dataset that has it, or from a scan of its own."""
    if dataset is not None:
        with _opened(Dataset(dataset), _identified(video)) as film:
            yield film
        return
    from shotlist.builder import Options, build

    if Path(video).is_dir():
        _identified(video)  # before anything in it is scanned
    scanned = Recipe(how.steps[: len(_SCANNED)], "caption")
    with tempfile.TemporaryDirectory(prefix="shotlist-") as folder:
        out = f"{folder}/data"
        build([video], out, scanned, options=Options(report=False), watcher=watcher)
        found = Dataset(out)
        videos = found.sql("SELECT video_id, reason FROM videos").fetchall()
        if len(videos) != 1:
            raise ShotlistError(f"{video}: {len(videos)} videos; name a single one")
        with _opened(found, videos[0][0]) as film:
            yield film


def _identified(video: str) -> str:
    from shotlist.members import Members

    arrived = Members(None).look_up([video])
    if len(arrived.added) != 1:
        reason = arrived.problems[0].message if arrived.problems else f"{len(arrived.added)} videos; name a single one"
        raise ShotlistError(f"{video}: {reason}")
    return arrived.added[0].video_id


@contextmanager
def _opened(dataset: Dataset, video_id: str) -> Iterator[Film]:
    """A video of a dataset; raises ShotlistError where it has none of that id or nothing of it could be read."""
    for shard, part in dataset.parts("sources").items():
        source = next((s for s in dataset.sources(part) if s.video_id == video_id), None)
        if source is None:
            continue
        stored = {table: parts[shard] for table, parts in dataset.listing().items() if shard in parts}
        with closing(ShardTables(stored, dataset)) as tables:
            film = Film(source, tables)
            if not film.readable:
                reason = film.video.get("reason") or "it was not scanned yet"
                raise ShotlistError(reason if Path(source.uri).name in reason else f"{source.uri}: {reason}")
            yield film
        return
    raise ShotlistError(f"{dataset.address} has no such video; add it with: shotlist build VIDEO -o {dataset.address}")
