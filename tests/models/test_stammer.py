"""Broken models say the same again and again; nobody else does so often."""

# ruff: noqa: RUF001  # letters of other scripts are the point here

import pytest

from shotlist.models.stammer import garbled, stammered


@pytest.mark.parametrize(
    "text",
    [
        "w" * 40,
        "A wwwwwwwwwwwwwwww",
        "!!!!!!!!!!!!!!!!",
        "The the the the the the the the",
        "walks walks walks walks man man man man",
        "and a dog and a dog and a dog and a dog and a",
        "红色红色红色红色红色红色",
        "я вижу я вижу я вижу я вижу я",
        "\ufffdZu\ufffd\ufffda",
        "er\ufffdD cam\ufffd[L",
        "\ufffd\ufffd\ufffd",
    ],
)
def test_what_a_broken_model_says_is_told(text: str):
    assert garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "A red disc on a blue ground.",
        "I see a large red circle in the centre of a solid blue background. The circle is a bright, bold",
        "Dog, cat, horse, cow, goose.",
        "A very, very, very long queue; a man shouts “no, no, no!”",
        "Der Rhabarberbarbarabarbarbarenbart.",
        "Nagara-nagara dan kura-kura, kupu-kupu.",
        "すもももももももものうち、赤い円です。",
        "ไม้ใหม่ไม่ไหม้ไหม วงกลมสีแดงบนพื้นสีน้ำเงิน",
        "一个红色的圆形位于蓝色背景的中央。",
        "파란 배경에 빨간 원이 있습니다.",
        "एक नीली पृष्ठभूमि पर लाल वृत्त।",
        "دائرة حمراء على خلفية زرقاء.",
        "Κόκκινος δίσκος σε μπλε φόντο.",
        "Humuhumunukunukuapuaʻa: 1,000,000,000 fish.",
        "A red disc on a blue \ufffd",
        "red",
    ],
)
def test_what_people_say_is_not(text: str):
    assert not garbled(text)


def test_the_share_of_repetition():
    assert stammered("") == stammered("one two three four five") == 0.0
    assert stammered("so so so so") == 1.0
    assert stammered("A man walks on the beach, on the beach, on the beach.") == 0.0
    assert 0.4 < stammered("A man walks on " + "and on " * 3 + "and on") < 0.7
