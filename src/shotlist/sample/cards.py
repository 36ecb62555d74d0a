"""The written cards of the sample film: title, intertitle, credits."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from shotlist.sample.camera import Draw, Stage
from shotlist.sample.moving import shifted
from shotlist.sample.paint import gradient, picture, stars


def _write(
    draw: ImageDraw.ImageDraw,
    text: str,
    middle: tuple[float, float],
    high: float,
    colour: str,
    wide: float = 0,
) -> None:
    """Write a line around a point; `high` is the size of the font, `wide` the space between letters."""
    font = ImageFont.load_default(size=max(4.0, high))
    x = middle[0] - (sum(font.getlength(letter) + wide for letter in text) - wide) / 2
    for letter in text:
        draw.text((x, middle[1]), letter, colour, font, anchor="lm")
        x += font.getlength(letter) + wide


def title(stage: Stage) -> Draw:
    """The times table of two on a circle: 360 chords, and their edge is a heart."""
    width, height = (2 * side for side in stage.size)
    image = picture(gradient((width, height), (0, "#0b1024"), (1, "#1a1436")))
    draw, radius = ImageDraw.Draw(image), 0.46 * height
    for k in range(360):
        a, b = np.pi * k / 180, 2 * np.pi * k / 180
        ends = [(width / 2 - radius * np.cos(c), height / 2 + radius * np.sin(c)) for c in (a, b)]
        warm = (1 - np.cos(a)) / 2
        draw.line(ends, (int(34 + 70 * warm), int(38 + 12 * warm), int(88 + 10 * warm)), 2)
    _write(draw, "SHOTLIST", (width / 2, 0.44 * height), 0.19 * height, "#fff4dc", 0.03 * height)
    _write(draw, "presents", (width / 2, 0.585 * height), 0.07 * height, "#ffb48a", 0.008 * height)
    _write(
        draw,
        "a short film made of numbers",
        (width / 2, 0.69 * height),
        0.07 * height,
        "#fff4dc",
        0.004 * height,
    )
    card = image.resize(stage.size, Image.Resampling.LANCZOS)
    return lambda _: card


def quiet(stage: Stage) -> Draw:
    """An intertitle on black."""
    width, height = (2 * side for side in stage.size)
    image = Image.new("RGB", (width, height), "#08080c")
    draw = ImageDraw.Draw(image)
    for inset, thick in ((0.06, 4), (0.075, 2)):
        edge = inset * height
        draw.rectangle((edge, edge, width - edge, height - edge), outline="#6b6458", width=thick)
    _write(draw, "Night falls.", (width / 2, 0.42 * height), 0.12 * height, "#f2ead8", 0.004 * height)
    _write(
        draw,
        "For three seconds, not a sound.",
        (width / 2, 0.60 * height),
        0.075 * height,
        "#c9bfa8",
        0.002 * height,
    )
    card = image.resize(stage.size, Image.Resampling.LANCZOS)
    return lambda _: card


_CREDITS = (
    ("A short film", "made of numbers"),
    ("Mountains and clouds", "six octaves of noise"),
    ("The sea", "six sines"),
    ("The desert", "one sawtooth"),
    ("Music", "A minor, 96 beats per minute"),
    ("Camera", "an affine map"),
    ("Director", "random seed {seed}"),
    ("", "No camera was shaken in earnest."),
)


def end_credits(stage: Stage) -> Draw:
    """End credits that roll up over stars."""
    width, height = stage.size
    sky = gradient(stage.size, (0, "#05060f"), (1, "#161a3a"))
    stars(sky, 160, height, stage.rng)
    night = picture(sky * 0.8)
    roll = Image.new("RGBA", (2 * width, int(2 * height * 0.20 * len(_CREDITS))))
    draw = ImageDraw.Draw(roll)
    for k, (part, name) in enumerate(_CREDITS):
        y = 2 * height * (0.20 * k + 0.05)
        _write(draw, part, (width, y), 0.10 * height, "#ffb48a", 0.006 * height)
        _write(draw, name.format(seed=stage.seed), (width, y + 0.15 * height), 0.14 * height, "#fff4dc")
    roll = roll.resize((width, roll.height // 2), Image.Resampling.LANCZOS)

    def draw_at(time: float) -> Image.Image:
        shown = shifted(roll, stage.size, 0, height * (0.55 - stage.camera.speed * time))
        image = night.copy()
        image.paste(shown, (0, 0), shown)
        return image

    return draw_at
