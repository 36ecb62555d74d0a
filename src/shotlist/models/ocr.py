"""Readers of text in pictures.

``rapidocr`` is PP-OCRv6 (PaddlePaddle, Apache-2.0) through RapidOCR and ONNX Runtime. Its two networks lie inside the
package, so nothing is downloaded. It finds lines in any script, and reads Latin letters with their accents, Chinese and
Japanese. ``rapidocr:FILE.onnx`` reads with another PP-OCR network for lines, such as those for Cyrillic or Arabic.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shotlist.errors import ModelError
from shotlist.models.contracts import Picture, TextBox, TextReader
from shotlist.models.names import ModelName, parse

_INSTALL = "pip install 'shotlist[ocr]'"
_FINDS, _READS = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_SLIMMEST = 8
"""Pictures longer than this many times their breadth are padded: they would be enlarged beyond all measure."""


def packages(model: str) -> Mapping[str, str]:
    """Modules that a reader needs, with the command that installs each."""
    _known(model)
    return dict.fromkeys(("rapidocr", "onnxruntime"), _INSTALL)


def reader(model: str, smallest: int) -> TextReader:
    """The reader of that name, kept by the process; raises ModelError for one that can't work.

    Pictures whose shorter side has fewer than ``smallest`` pixels are enlarged to it before text is looked for.
    """
    return _reader(_known(model).name, smallest)


def _known(model: str) -> ModelName:
    name = parse(model)
    if name.kind != "rapidocr":
        raise ModelError(f"{model!r} reads no text in pictures; write rapidocr or rapidocr:FILE.onnx")
    return name


@lru_cache(maxsize=1)
def _reader(file: str, smallest: int) -> "RapidReader":
    return RapidReader(file, smallest)


class RapidReader:
    """See TextReader. ``file`` is the network that reads lines, the package's own where it is empty."""

    def __init__(self, file: str = "", smallest: int = 360) -> None:
        try:
            package = import_module("rapidocr")
            folder = Path(str(package.__file__)).parent / "models"
            finds, reads = folder / _FINDS, Path(file) if file else folder / _READS
            self._ocr: Any = package.RapidOCR(params=_settings(finds, reads, smallest))
            import_module("cv2").setNumThreads(1)  # the engine runs one worker per core
            self._upright: Any = import_module("rapidocr.utils.process_img").get_rotate_crop_image
        except ImportError as error:
            raise ModelError(f"reading text in pictures needs more packages: {_INSTALL} ({error})") from error
        blank = np.zeros((64, 64, 3), np.uint8)
        # Each network is loaded when it is first used; one at a time, so that a damaged file can be named.
        _load(finds, lambda: self._ocr(blank, use_det=True, use_rec=False))
        _load(reads, lambda: self._ocr(blank, use_det=False, use_rec=True))

    def read(self, picture: Picture) -> Sequence[TextBox]:
        """See TextReader."""
        bgr = _padded(picture)[:, :, ::-1]
        found = self._ocr(bgr, use_det=True, use_rec=False)
        if found.boxes is None:
            return []
        lines = zip(found.boxes.astype(np.float32), found.scores, strict=True)
        return reading_order([self._line(bgr, corners, float(score)) for corners, score in lines])

    def _line(self, bgr: Picture, corners: npt.NDArray[np.float32], found: float) -> TextBox:
        # RapidOCR's own chain of finding and reading drops what it finds and can't read.
        answer = self._ocr(self._upright(bgr, corners), use_det=False, use_rec=True)
        text, score = (answer.txts[0], float(answer.scores[0])) if answer.txts else ("", 0.0)
        return TextBox(text, score, tuple((float(x), float(y)) for x, y in corners), found)


def _settings(finds: Path, reads: Path, smallest: int) -> dict[str, Any]:
    return {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Global.use_preprocess_img": False,
        "Global.use_vertical_padding": False,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
        "Det.model_path": str(finds),
        "Det.limit_side_len": smallest,
        "Rec.model_path": str(reads),
        "Rec.rec_batch_num": 1,  # lines read together are padded to the longest: more work and 200 MB
    }


def _load(file: Path, use: Callable[[], object]) -> None:
    """Use a network for the first time; raises ModelError that names its file."""
    if not file.is_file():
        raise ModelError(f"{file}: no such model file")
    try:
        use()
    except Exception as error:
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise ModelError(f"{file} can't be used as a model for text; is it damaged? ({last[0][:200]})") from error


def _padded(picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    below, beside = max(0, -(-columns // _SLIMMEST) - rows), max(0, -(-rows // _SLIMMEST) - columns)
    return np.pad(picture, ((0, below), (0, beside), (0, 0)), "edge") if below or beside else picture


def reading_order(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Rows of boxes from top to bottom, each from left to right."""
    rows: list[list[TextBox]] = []
    for box in sorted(boxes, key=_middle):
        last = rows[-1][-1] if rows else None
        if last is not None and _middle(box) - _middle(last) < 0.4 * min(_height(box), _height(last)):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda b: min(x for x, _ in b.corners))]


def _middle(box: TextBox) -> float:
    return sum(y for _, y in box.corners) / len(box.corners)


def _height(box: TextBox) -> float:
    down = [y for _, y in box.corners]
    return max(down) - min(down)
