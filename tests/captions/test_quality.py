"""Captions that are none, by their words alone."""
# ruff: noqa: RUF001  # letters of other scripts are the point here

import pyarrow as pa
import pytest

from films import even
from shotlist.captions.quality import Quality, QualityRow
from shotlist.engine.film import Clip
from shotlist.errors import ShotlistError
from shotlist.models.prompts import load

GOOD = [
    "A man walks along the beach with a dog while waves roll in.",
    "The camera pans to the left over a green field, then the camera pans to the right.",
    "A 4.2-second clip. Subtitles read: “I can't believe it. I'm sorry, as an AI I see no keyframes.”",
    "Cars drive along the Strip in Las Vegas at night, past a strip of land.",
    "She works as an assistant in a shop; the picture frame on the wall is golden.",
    "He enters the frame from the left, and the sign he holds asks to please provide help.",
    "Two dogs run. Two dogs bark.",
    "Subtitles read: “Ein Mann geht mit seinem Hund am Strand spazieren, während die Wellen rauschen.”",
]


def judged(text: str) -> QualityRow:
    return Quality().judged(text)


@pytest.mark.parametrize("text", GOOD)
def test_a_good_caption_has_no_fault(text: str):
    assert judged(text).fault is None


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with that.",
        "I cannot describe this.",
        "I\u2019m sorry, but I can\u2019t assist with this request.",
        "As an AI language model, I do not watch videos.",
        "I am a language model and see nothing.",
        "Unfortunately, I am unable to view the images.",
        "I don't have the ability to watch videos.",
        "The clip is dark. I must decline to describe it.",
        "I apologize for the confusion.",
        "No video was provided.",
        "To go on, please upload the video.",
        "Unable to process this.",
        "This goes against my guidelines.",
    ],
)
def test_refusals_are_told_in_many_phrasings(text: str):
    row = judged(text)
    assert row.refusal
    assert row.fault == "refusal"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The keyframes show a man.", "keyframes"),
        ("In the first frame, a man stands.", "first frame"),
        ("The strip of frames shows a train.", "strip of frames"),
        ("<evidence>\n> Hello.\n</evidence>", "<evidence>"),
        ("A man.<|im_end|>", "<|im_end|>"),
        ("Sure! A dog runs.", "Sure!"),
        ("Here is a short description: a dog runs.", "Here is a short description:"),
        ("Caption: A dog runs.", "Caption:"),
        ("According to the metadata, it is Rome.", "According to the metadata"),
    ],
)
def test_words_of_the_prompt_are_a_leak(text: str, word: str):
    row = judged(text)
    assert row.leak
    assert word in row.leaked


def test_a_prompt_that_is_said_back_is_a_leak():
    _, user = load("describe-video").fill(seconds=4, words=50)
    assert judged(f"He says that {user[40:220]}").leak


def test_loops_are_a_share_of_the_words():
    assert judged("a dog runs to the sea and " * 10).repetition > 0.8
    assert judged("very " * 12).fault == "repetition"
    assert judged("A dog runs on the wet sand. " * 2).repetition == 0.5
    assert judged(GOOD[0]).repetition == 0


def test_languages_are_told_apart_from_a_few_words_on():
    german = "Ein Mann geht mit seinem Hund am Strand spazieren, während die Wellen rauschen."
    assert (judged(german).language, judged(german).fault) == ("de", "language")
    assert judged("一个男人在海滩上遛狗。海浪拍打着沙滩。").wrong_language
    assert Quality(language="de").judged(german).fault is None
    assert Quality(language=None).judged(german).fault is None
    assert judged("Dunes.").language is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Es tut mir leid, aber ich kann das Video nicht beschreiben."),
        ("de", "Als KI-Modell kann ich keine Videos sehen."),
        ("fr", "Je suis désolé, mais je ne peux pas décrire cette vidéo."),
        ("es", "Lo siento, pero no puedo ayudar con esa solicitud."),
        ("pt", "Desculpe, mas não posso ajudar com isso."),
        ("it", "Mi dispiace, ma non posso descrivere questo video."),
        ("nl", "Het spijt me, maar ik kan deze video niet beschrijven."),
        ("pl", "Przykro mi, ale nie mogę opisać tego filmu."),
        ("tr", "Üzgünüm, bu isteğe yardımcı olamam."),
        ("ru", "Извините, но я не могу описать это видео."),
        ("ar", "عذرًا، لا أستطيع وصف هذا الفيديو."),
        ("hi", "क्षमा करें, मैं इस वीडियो का वर्णन नहीं कर सकता।"),
        ("zh", "抱歉，我无法描述这个视频。"),
        ("zh", "作为一个人工智能助手，我不能观看视频。"),
        ("ja", "申し訳ありませんが、この動画を説明することはできません。"),
        ("ko", "죄송하지만 이 동영상을 설명할 수 없습니다."),
    ],
)
def test_refusals_are_told_in_the_major_languages(language: str, text: str):
    assert Quality(language=language).judged(text).fault == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "Ein Kind kann den Ball nicht fangen und sieht seine Mutter an.",
        "Une femme ne peut pas ouvrir la porte et regarde la rue.",
        "Un hombre no puede abrir la puerta y mira a la calle.",
        "Мужчина не может открыть дверь и смотрит на улицу.",
        "一个男人打不开门，看着街道。",
        "男の人がドアを開けられず、通りを見ている。",
    ],
)
def test_people_in_captions_may_be_unable_to_do_something(text: str):
    assert Quality(language=None).judged(text).refusal is False


def test_what_can_not_be_judged_in_a_language_is_not_called_good():
    german = judged("Ein Mann geht mit seinem Hund am Strand spazieren, während die Wellen rauschen.")
    assert (german.refusal, german.leak) == (False, None)
    finnish = judged("Mies kävelee rannalla koiran kanssa, ja aallot lyövät rantaan illalla.")
    assert (finnish.language, finnish.refusal, finnish.leak) == ("fi", None, None)
    assert judged("Mies kävelee rannalla koiran kanssa </evidence> ja aallot lyövät.").leak is True


def test_a_refusal_between_quotation_marks_is_one():
    assert judged("“I'm sorry, but I can't help with that.”").fault == "refusal"


def test_a_language_without_code_is_told():
    with pytest.raises(ShotlistError, match=r"quality\.language=english: write an ISO 639-1 code such as en, or none"):
        Quality(language="english")


def test_a_clip_without_caption_is_empty():
    clip = Clip(even(2.0), 0, 2_000_000, 0, 50)
    row = Quality().measure(clip)
    assert (row.fault, row.words, row.empty) == ("empty", 0, True)
    clip.film.tables.put("caption", pa.table({"clip_id": [clip.clip_id], "video_id": ["film"], "text": [" … "]}))
    assert Quality().measure(clip).fault == "empty"


def test_several_tables_can_be_judged_side_by_side():
    step = Quality(title="quality_teacher", caption="teacher.text")
    assert (step.name, step.writes, step.inputs()) == (
        "quality_teacher",
        ("quality_teacher",),
        ("videos", "clips", "teacher"),
    )


@pytest.mark.parametrize("text", ["A man " + "w" * 60, "sea sea sea sea sea sea sea sea", "海海海海海海海海海海海海"])
def test_a_caption_that_stammers_is_a_repetition(text: str):
    found = Quality(language=None).judged(text)
    assert found.fault == "repetition" and found.repetition > 0.8


def test_a_caption_that_was_cut_off_is_told():
    found = Quality().judged(GOOD[0], cut=True)
    assert (found.fault, found.cut) == ("cut", True)
    assert Quality().judged("", cut=True).fault == "empty"
