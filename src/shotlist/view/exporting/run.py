"""What the command line calls: writes an export, and shows how far it is."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shotlist.dataset import Dataset
from shotlist.errors import ShotlistError

if TYPE_CHECKING:
    from shotlist.view.exporting.write import Exported

MOST = 200
_OFTEN = 10.0
"""Seconds between two lines where there is no terminal."""


def export(
    out: str,
    folder: str,
    query: str | None = None,
    most: int = MOST,
    blur_faces: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> "Exported":
    """Write clips of the dataset ``out`` into a folder that plays them without the viewer.

    ``query`` is what stands in the address of the viewer's page Clips; without one, clips that were kept, a random
    sample if there are more than ``most``. What is there from an earlier try is not made again. Raises ShotlistError.
    """
    try:
        from shotlist.view.exporting.write import write
        from shotlist.view.viewer import Viewer
    except ImportError as error:
        raise ShotlistError(f"the viewer needs the package {error.name}: pip install 'shotlist[view]'") from error
    with tempfile.TemporaryDirectory(prefix="shotlist-") as scratch, _watched() as watch:
        return write(Viewer(Dataset(out), Path(scratch), tell), folder, query, most, blur_faces, watch)


@contextmanager
def _watched() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on the terminal; elsewhere a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines().show
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("clips"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total, description=escape(name))


class _Lines:
    def __init__(self) -> None:
        self._shown = time.monotonic()

    def show(self, done: int, total: int, _: str) -> None:
        if time.monotonic() - self._shown > _OFTEN:
            self._shown = time.monotonic()
            print(f"{done}/{total} clips", file=sys.stderr, flush=True)
