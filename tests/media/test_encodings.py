"""Subtitles in the code pages of the world."""
# ruff: noqa: RUF001  # letters of other scripts are the point here

import pytest

from shotlist.media.encodings import decoded

CUE = "{}\n00:00:0{},000 --> 00:00:0{},900\n{}\n"
SAID = {
    "ru": (
        "У меня здесь маятник.",
        "Это значит, что я совершил работу.",
        "Как дела?",
        "Властелин вселенной у себя?",
        "Это называется шар для сноса.",
    ),
    "el": (
        "Έχω εδώ ένα εκκρεμές.",
        "Αυτό σημαίνει ότι έκανα δουλειά.",
        "Τι κάνεις;",
        "Είναι ο άρχοντας του σύμπαντος μέσα;",
        "Λέγεται μπάλα κατεδάφισης.",
    ),
    "he": (
        "יש לי כאן מטוטלת.",
        "זה אומר שעשיתי עבודה.",
        "מה שלומך?",
        "האם אדון היקום נמצא?",
        "זה נקרא כדור הריסה.",
    ),
    "ar": (
        "لدي هنا بندول.",
        "هذا يعني أنني قمت بعمل.",
        "كيف حالك؟",
        "هل سيد الكون موجود؟",
        "تسمى كرة الهدم.",
    ),
    "ja": (
        "ここに振り子があります。",
        "つまり、私は仕事をしたのです。",
        "お元気ですか。",
        "宇宙の支配者はいますか。",
        "それは解体用の鉄球と呼ばれます。",
    ),
    "zh": (
        "我这里有一个钟摆。",
        "这意味着我做了功。",
        "你好吗？",
        "宇宙之主在吗？",
        "它叫做拆除球。",
    ),
    "ko": (
        "여기 진자가 있습니다.",
        "그것은 내가 일을 했다는 뜻입니다.",
        "어떻게 지내세요?",
        "우주의 주인이 계신가요?",
        "철거용 공이라고 합니다.",
    ),
    "tr": (
        "Burada bir sarkacım var.",
        "Bu iş yaptığım anlamına geliyor.",
        "Nasılsın?",
        "Evrenin efendisi içeride mi?",
        "Buna yıkım topu denir.",
    ),
    "pl": (
        "Mam tu wahadło.",
        "To znaczy, że wykonałem pracę.",
        "Jak się masz?",
        "Czy jest pan wszechświata?",
        "Nazywa się to kula burząca.",
    ),
    "fr": (
        "J'ai ici un pendule.",
        "Cela veut dire que j'ai travaillé.",
        "Comment vas-tu ?",
        "Est-ce que le maître de l'univers est là ?",
        "On appelle ça une boule de démolition.",
    ),
    "sv": (
        "Jag har en pendel här.",
        "Det betyder att jag har arbetat.",
        "Hur mår du?",
        "Är universums herre inne?",
        "Det kallas en rivningskula.",
    ),
}


def srt(language: str) -> str:
    return "\n".join(CUE.format(k, k, k, line) for k, line in enumerate(SAID[language], 1))


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *[("ru", "cp1251"), ("ru", "koi8-r"), ("ru", "utf-16-le"), ("ru", "utf-16-be"), ("el", "cp1253")],
        *[("he", "cp1255"), ("ar", "cp1256"), ("ja", "shift_jis"), ("zh", "gb18030"), ("ko", "euc_kr")],
        *[("tr", "cp1254"), ("pl", "cp1250"), ("fr", "cp1252"), ("sv", "latin-1")],
    ],
)
def test_the_encoding_is_found_out_and_said(language, encoding):
    text = srt(language)
    found, [problem] = decoded(text.encode(encoding))
    assert found == text
    assert "it was read as" in problem


@pytest.mark.parametrize(("language", "encoding"), [("ja", "euc_jp"), ("ru", "cp866"), ("pl", "cp1250")])
def test_a_known_language_decides_between_encodings_that_look_alike(language, encoding):
    text = srt(language)
    assert decoded(text.encode(encoding), language)[0] == text


def test_few_words_of_russian_are_not_taken_for_those_of_an_old_mac():
    text = CUE.format(1, 1, 1, "Здравствуйте, как вы поживаете?") + CUE.format(2, 2, 2, "Спасибо, хорошо.")
    assert decoded(text.encode("cp1251")) == (text, ["The text isn't UTF-8; it was read as Cyrillic (cp1251)."])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_that_says_so_is_no_problem(encoding):
    text = srt("ko")
    assert decoded(text.encode(encoding)) == (text, [])
