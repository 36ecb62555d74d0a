"""The folder of an export: an empty one, or that of an earlier export, which is gone on with."""

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from shotlist.errors import ShotlistError
from shotlist.view.index.making.files import told

MARK = "export.json"
"""Says that a folder is an export, and what of."""
_FORMAT = 1
_KINDS = {"films": ".mp4", "stills": ".jpg"}


class Folder:
    """Writes files aside and renames them, so that one that is there is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def opened(address: str, blurred: bool) -> "Folder":
        """An empty or new folder, or an earlier export; raises ShotlistError for any other.

        Pictures whose faces were blurred, and those whose were not, don't come together in one folder.
        """
        if "://" in address:
            raise ShotlistError(f"{address}: an export goes into a folder on this machine; copy it from there")
        folder = Folder(Path(address).expanduser())
        with folder.writing():
            earlier = folder._earlier()
            folder.path.mkdir(parents=True, exist_ok=True)
            for kind in _KINDS:
                if earlier and earlier.get("blurred") is not blurred:
                    shutil.rmtree(folder.path / kind, ignore_errors=True)
                (folder.path / kind).mkdir(exist_ok=True)
            (folder.path / "assets").mkdir(exist_ok=True)
        return folder

    def _earlier(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        if not self.path.is_dir():
            raise ShotlistError(f"{self.path} is a file; name a folder for the export")
        if not any(self.path.iterdir()):
            return {}
        with suppress(OSError, ValueError):
            found = json.loads((self.path / MARK).read_text())
            if isinstance(found, dict) and found.get("export") == _FORMAT:
                return found
        raise ShotlistError(f"{self.path} is not empty and no export; name a new folder")

    def mark(self, **facts: Any) -> None:
        """Say what is in here."""
        self.write(MARK, json.dumps({"export": _FORMAT, "made_by": "shotlist", **facts}, ensure_ascii=False, indent=1))

    def has(self, name: str) -> bool:
        """Whether a file is there already."""
        return (self.path / name).is_file()

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file in one piece."""
        with self.aside(name) as path, self.writing():
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    @contextmanager
    def aside(self, name: str) -> Iterator[Path]:
        """A path to write to, which gets its name when the block ends well."""
        place = self.path / name
        path = place.with_name(f".{uuid.uuid4().hex}{place.suffix}")
        try:
            yield path
            if path.exists():
                with self.writing():
                    path.replace(place)
        finally:
            path.unlink(missing_ok=True)

    def tidy(self, names: set[str]) -> None:
        """Delete films and stills that are not among ``names``: an earlier export had other clips."""
        for kind, suffix in _KINDS.items():
            for path in (self.path / kind).glob(f"*{suffix}"):
                if f"{kind}/{path.name}" not in names:
                    path.unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Tells in a sentence what the disk does not take."""
        try:
            yield
        except OSError as error:
            raise ShotlistError(f"{self.path}: it can't be written: {told(error)}") from error
