"""What driver and workers say to each other: small pieces of work, answers, signs of life."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from shotlist.engine.plan import ShardPlan
from shotlist.engine.recipe import Recipe
from shotlist.errors import MediaError, ModelError, StorageError
from shotlist.models.budget import Spending
from shotlist.records import Failure, Segment, Source
from shotlist.sources.names import base_name, extension

_LONGEST = 600
"""Characters that are kept of an exception's text."""


@dataclass(frozen=True)
class Job:
    """What every worker has to know once: the dataset's address and the recipe.

    ``scratch`` is a folder of its own for what is half done, where workers must not share one. ``counter`` is the
    file in which all that share the limits of ``spending`` count, or a till's address.
    """

    dataset: str
    recipe: Recipe
    scratch: str | None = None
    spending: Spending = field(default_factory=Spending)
    counter: str | None = None


@dataclass(frozen=True)
class OpenVideo:
    """Read a video with the shard's media steps but those ``without``; long ones only find their segments."""

    shard: ShardPlan
    source: Source
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ReadSegment:
    """Read one segment of a long video with one step."""

    shard: ShardPlan
    source: Source
    step: str
    segment: Segment


@dataclass(frozen=True)
class FinishShard:
    """Join what was staged and fill the shard's tables; ``failures`` are videos that some step gave up on."""

    shard: ShardPlan
    sources: Sequence[Source]
    failures: Sequence[Failure] = ()


Task = OpenVideo | ReadSegment | FinishShard


@dataclass(frozen=True)
class Done:
    """A task's answer: segments still to be read, failures, clips, and seconds per step."""

    segments: Sequence[tuple[str, Segment]] = ()
    failures: Sequence[Failure] = ()
    clips: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)

    def plus(self, later: "Done") -> "Done":
        """Both answers about one shard as one."""
        failures = (*self.failures, *later.failures)
        return Done((), failures, self.clips or later.clips, {**self.seconds, **later.seconds})


@dataclass(frozen=True)
class At:
    """Where a worker is: a sign of life, and whom to blame should it die.

    ``footage_us`` was read since the last report. A step that asks a model has ``answered`` of the ``clips`` that it
    has in the shard, which cost so much so far.
    """

    video_id: str
    step: str
    footage_us: int = 0
    clips: int = 0
    answered: int = 0
    cost: float = 0.0


@dataclass(frozen=True)
class Fatal:
    """A fault of the surroundings, not of one video: the build has to end.

    A ``limit`` that the user has set lets the others finish what they have begun, which may be paid for already.
    ``model`` is set where a model is to blame.
    """

    message: str
    limit: bool = False
    model: bool = False


def local_name(source: Source) -> str:
    """What a remote video's local copy is called."""
    return f"{source.video_id}{extension(source.uri)[:16]}"


def failure_of(error: Exception, source: Source, step: str, clip_id: str | None = None) -> Failure:
    """An exception as a value that is stored, with a sentence; what no video is to blame for is raised again."""
    if isinstance(error, StorageError | ModelError):
        raise error
    name = base_name(source.uri)
    if isinstance(error, MediaError):
        kind, may_pass = error.kind, error.may_pass
        text = error.message.removeprefix(f"{name}: ").removeprefix(f"{local_name(source)}: ")
    else:
        kind, may_pass = ("out of memory", True) if isinstance(error, MemoryError) else ("error", False)
        text = f"{step} failed with {type(error).__name__}: {error}"[:_LONGEST].removesuffix(": ") + _where(error)
    return Failure(source.video_id, step, kind, f"{name}: {text}", may_pass, clip_id, source.uri)


def _where(error: Exception) -> str:
    """The line that raised, for the author of a step."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({PurePath(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
