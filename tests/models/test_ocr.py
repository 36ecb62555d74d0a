"""Reading text in pictures, with the networks that come inside RapidOCR."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shotlist.errors import ModelError
from shotlist.models import ocr
from shotlist.models.contracts import TextBox


def picture(
    *lines: str, size: tuple[int, int] = (640, 360), height: int = 30, turned: int = 0, font: str | None = None
) -> np.ndarray:
    """Light letters on dark blue, one line under the other."""
    face = ImageFont.truetype(font, height) if font else ImageFont.load_default(height)
    image = Image.new("RGB", size, (20, 30, 60))
    draw = ImageDraw.Draw(image)
    for k, text in enumerate(lines):
        draw.text((40, 60 + 2 * height * k), text, fill="white", font=face)
    return np.asarray(image.rotate(turned, expand=True))


def box(text: str, left: float, top: float, width: float = 100, height: float = 20) -> TextBox:
    right, bottom = left + width, top + height
    return TextBox(text, 1.0, ((left, top), (right, top), (right, bottom), (left, bottom)))


def test_boxes_are_read_row_by_row():
    boxes = [box("d", 200, 61), box("c", 0, 60), box("b", 150, 6), box("a", 0, 0), box("e", 0, 83)]
    assert [b.text for b in ocr.reading_order(boxes)] == ["a", "b", "c", "d", "e"]


def test_what_must_be_installed_is_said():
    assert ocr.packages("rapidocr")["rapidocr"] == "pip install 'shotlist[ocr]'"


@pytest.mark.parametrize("name", ["builtin", "hf:org/name", "tesseract"])
def test_other_names_are_refused(name: str):
    with pytest.raises(ModelError, match=r"write rapidocr or rapidocr:FILE\.onnx"):
        ocr.packages(name)


@pytest.fixture(scope="module")
def reader() -> ocr.RapidReader:
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    return ocr.RapidReader()


def test_lines_are_read_where_they_stand(reader: ocr.RapidReader):
    found = reader.read(picture("The quick brown fox", "jumps over 1984 dogs"))
    assert [b.text for b in found] == ["The quick brown fox", "jumps over 1984 dogs"]
    assert all(b.score > 0.95 and b.found > 0.6 for b in found)
    (left, top), _, (right, bottom), _ = found[0].corners
    assert 20 < left < 45 and 40 < top < 70 and 280 < right < 400 and 85 < bottom < 110


def test_accents_are_kept_and_other_scripts_are_found_but_not_read(reader: ocr.RapidReader):
    try:
        latin, cyrillic = (picture(s, font="DejaVuSans.ttf") for s in ("Où est la garçonnière?", "Быстрая лиса"))
    except OSError:
        pytest.skip("needs a font with accents")
    assert reader.read(latin)[0].text == "Où est la garçonnière?"
    (line,) = reader.read(cyrillic)
    assert not line.text.strip() and line.found > 0.6


def test_markup_is_only_text(reader: ocr.RapidReader):
    assert reader.read(picture("<script>alert(1)</script>"))[0].text == "<script>alert(1)</script>"


def test_tilted_and_upright_lines_are_read_and_upside_down_ones_are_not(reader: ocr.RapidReader):
    assert reader.read(picture("The quick brown fox", turned=20))[0].text == "The quick brown fox"
    assert reader.read(picture("The quick brown fox", turned=270))[0].text == "The quick brown fox"
    assert reader.read(picture("The quick brown fox", turned=180))[0].text != "The quick brown fox"


def test_an_empty_picture_has_no_text(reader: ocr.RapidReader):
    assert reader.read(np.zeros((360, 640, 3), np.uint8)) == []


@pytest.mark.parametrize("size", [(16, 16), (900, 16), (16, 900), (1, 1), (361, 203)])
def test_odd_sizes_do_no_harm(reader: ocr.RapidReader, size: tuple[int, int]):
    reader.read(picture("x", size=size))


def test_nothing_is_printed(reader: ocr.RapidReader, capfd: pytest.CaptureFixture[str]):
    ocr.RapidReader().read(np.zeros((64, 64, 3), np.uint8))
    assert capfd.readouterr() == ("", "")


def test_the_process_keeps_one_reader(reader: ocr.RapidReader):
    assert ocr.reader("rapidocr", 360) is ocr.reader("rapidocr", 360)


def test_a_damaged_model_is_named(reader: ocr.RapidReader, tmp_path: Path):
    file = tmp_path / "cyrillic.onnx"
    file.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"cyrillic\.onnx can't be used as a model for text; is it damaged\?"):
        ocr.reader(f"rapidocr:{file}", 360)


def test_a_missing_model_is_named(reader: ocr.RapidReader, tmp_path: Path):
    with pytest.raises(ModelError, match=r"arabic\.onnx: no such model file"):
        ocr.reader(f"rapidocr:{tmp_path}/arabic.onnx", 360)
