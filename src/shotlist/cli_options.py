"""What commands share: options, how their words are read, and how a command ends."""

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from shotlist.models.budget import Spending

FAILED, USAGE, SOME_FAILED, BUSY, LIMIT, INTERRUPTED = 1, 2, 3, 4, 5, 130
"""Exit codes besides 0: nothing done; wrong usage; done but something failed; another build runs; stopped by
--max-cost or --max-requests; Ctrl-C."""

Videos = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, patterns, links, or lists of those (.txt .csv .jsonl .parquet)."),
]
Out = Annotated[str, typer.Option("--out", "-o", help="The dataset's folder (or s3://… and the like).")]
In = Annotated[str, typer.Option("--out", "-o", help="The dataset's folder; the current one by default.")]
RecipeName = Annotated[
    str | None,
    typer.Option("--recipe", "-r", help="A recipe's name, or your own FILE.py; else the one of the last build."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", "-s", help="step.field=value; may be given several times.")
]
NoGpu = Annotated[
    bool, typer.Option("--gpu/--no-gpu", help="Wait for a GPU where a step asks for one, or run it on the CPU.")
]
Teachers = Annotated[
    list[str] | None,
    typer.Option(
        "--teacher",
        help="A model that describes every clip: hf:ORG/NAME, openai:NAME@URL, builtin; several may be given."
        " Later builds remember them; off sends them away.",
    ),
]
Asked = Annotated[
    Literal["all", "kept"] | None,
    typer.Option("--ask", help="Ask models about all clips, or only about those that the rules keep. Remembered."),
]
MaxCost = Annotated[
    str | None, typer.Option(help="Stop before models cost more in a build. Remembered by later builds until none.")
]
MaxRequests = Annotated[
    str | None, typer.Option(help="Stop after so many requests to models in a build. Remembered until none.")
]
ModelPrices = Annotated[
    str | None, typer.Option("--prices", help="IN,OUT: what a million tokens cost, for served models. Remembered.")
]
Workers = Annotated[int | None, typer.Option("--workers", "-w", min=1, help="Processes; one per core by default.")]
ShardVideos = Annotated[
    int | None, typer.Option(min=1, help="Videos in a new shard, the unit of work on a cluster; 16 to 256 by default.")
]
Pool = Annotated[
    str | None,
    typer.Option("--workers", "-w", help="Processes, one per core by default; on Ray a number or a range (4-64)."),
]


class Engine(StrEnum):
    """Where shards are worked on."""

    local = "local"
    ray = "ray"


class Role(StrEnum):
    """What ``shotlist caption`` does."""

    sliding = "sliding"
    fast = "fast"
    summary = "summary"
    recaption = "recaption"


class Format(StrEnum):
    """How ``shotlist sql`` prints."""

    table = "table"
    csv = "csv"
    json = "json"


def pool_of(option: str, text: str | None) -> int | tuple[int, int] | None:
    """``8``, or ``2-64`` for a pool that grows."""
    if text is None:
        return None
    least, dash, most = text.partition("-")
    try:
        sizes = (int(least), int(most) if dash else int(least))
    except ValueError:
        sizes = (0, 0)
    if not 1 <= sizes[0] <= sizes[1]:
        raise typer.BadParameter(f"{text}: write a number such as 8, or a range such as 2-64", param_hint=option)
    return sizes if dash else sizes[0]


def spending_of(max_cost: str | None, max_requests: str | None, prices: str | None) -> "Spending":
    """The limits and prices that were said; raises ShotlistError for what makes none."""
    from shotlist.models.budget import Prices, Spending

    limits = _limit("--max-cost", max_cost), _limit("--max-requests", max_requests)
    try:
        told = [float(price) for price in prices.split(",")] if prices is not None else []
    except ValueError:
        told = [-1.0]
    if prices is not None and (len(told) != 2 or not all(0 <= price < math.inf for price in told)):
        raise ShotlistError(f"--prices {prices}: write IN,OUT per million tokens, for example 0.2,0.8")
    return Spending(*limits, Prices(*told) if told else None)


def _limit(option: str, text: str | None) -> float | None:
    """Infinity for ``none``, which takes the limit of the last build away."""
    if text is None or text.strip().lower() == "none":
        return None if text is None else math.inf
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < math.inf:
        raise ShotlistError(f"{option} {text}: write a number, or none for no limit")
    return limit


def share_of(text: str | None) -> tuple[int, int] | None:
    """``2/8``: the second of eight shares."""
    if text is None:
        return None
    first, _, count = text.partition("/")
    if first.isdecimal() and count.isdecimal() and 1 <= int(first) <= int(count):
        return int(first), int(count)
    raise typer.BadParameter(f"{text}: write i/n with i from 1 to n, for example 1/16", param_hint="--shards")


@contextmanager
def ending(as_json: bool = False) -> Iterator[None]:
    """Turn what went wrong into a sentence and an exit code."""
    from shotlist.errors import BusyError

    try:
        yield
    except BusyError as error:
        _fail(str(error), BUSY, as_json)
    except ShotlistError as error:
        _fail(str(error), FAILED, as_json)
    except KeyboardInterrupt:
        _fail("stopped; run the same line again to go on from here", INTERRUPTED, as_json)
    except BrokenPipeError:  # whoever read the answer has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def _fail(message: str, code: int, as_json: bool) -> None:
    print(json.dumps({"error": message}) if as_json else f"shotlist: {message}", file=sys.stderr)
    raise typer.Exit(code)
