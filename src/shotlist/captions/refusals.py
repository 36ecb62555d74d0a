"""How models say that they can't or won't: phrases of the major languages, matched without regard to case.

They are meant for texts without their quotations, so that what somebody else said does not count. English is the list
that was tried out most; the others hold the formulas of apology, of inability, and of speaking as a machine.
"""
# ruff: noqa: RUF001  # letters of other scripts are the point here

import re
from functools import cache

_FIRST = r"(?:^|[.!?:]\s+|\n\s*|\b(?:but|however|unfortunately),?\s+)"
_NOT = (
    r"(?:can(?:no|')t|can not|could(?:n't| not)|won't|will not|do(?:n't| not) have|(?: am|'m) (?:not able|unable)"
    r"|(?: am|'m) sorry)"
)
_DO = (
    r"(?:to )?(?:assist|help|describe|see|view|watch|open|play|provide|identify|process|access|analy[sz]e|determine"
    r"|comply|caption|fulfil|generate|create|continue|answer)"
)
_INPUT = r"(?:image|video|frame|picture|file)"
_ENGLISH = (
    rf"{_FIRST}I ?{_NOT}\b",
    rf"\bI ?{_NOT},? (?:but )?(?:I ?{_NOT} )?{_DO}\b",
    rf"{_FIRST}(?:I apologi[sz]e|(?:my )?apologies|sorry, (?:but )?I)\b",
    rf"{_FIRST}unable {_DO}\b",
    r"\bas an? (?:AI|artificial intelligence)(?:,| I\b| (?:language )?(?:model|assistant|system)\b)",
    r"\b(?:as|I am|I'm) (?:just |only )?an? (?:large )?(?:language|text-based) model\b",
    r"\bI (?:must|have to|need to) (?:decline|refuse)\b",
    rf"\bno {_INPUT}s? (?:was|were|has been|have been|is|are) (?:provided|attached|included|uploaded)\b",
    rf"\bplease (?:provide|upload|share|attach|send) (?:me )?(?:the|an?|your|more) (?:\w+ )?{_INPUT}",
    r"\b(?:against|violates?) (?:my|our|the) (?:\w+ )?(?:policy|policies|guidelines)\b",
)
_PHRASES = {
    "en": _ENGLISH,
    "de": (
        r"\b(?:es )?tut mir (?:sehr )?leid, (?:aber )?(?:ich|dabei|das)\b",
        r"\b(?:ich kann|leider kann ich|kann ich) (?:[\w,]+ ){0,6}(?:nicht|kein\w*) (?:[\w,]+ ){0,5}"
        r"(?:helfen|beschreiben|ansehen|sehen|erkennen|beantworten|bearbeiten|weiterhelfen|unterstützen|nachkommen)\b",
        r"\bich bin nicht in der Lage\b",
        r"\bals (?:eine? )?(?:KI\b|künstliche Intelligenz\b|Sprachmodell\b)",
    ),
    "fr": (
        r"\b(?:je suis )?(?:vraiment )?désolée?, (?:mais )?je\b",
        r"\bje ne (?:peux|puis|suis) pas (?:\w+ ){0,4}(?:d')?"
        r"(?:aider|décrire|voir|regarder|visionner|identifier|répondre|analyser|fournir)\b",
        r"\ben tant qu'(?:une )?(?:IA|intelligence artificielle|assistant|modèle)\b",
    ),
    "es": (
        r"\blo siento,? (?:pero )?(?:no|como)\b",
        r"\bno (?:puedo|soy capaz de|me es posible) "
        r"(?:ayudar|describir|ver|identificar|responder|analizar|proporcionar|procesar|asistir)",
        r"\bcomo (?:una )?(?:IA\b|inteligencia artificial\b|modelo de lenguaje\b)",
    ),
    "pt": (
        r"\b(?:desculpe|sinto muito|lamento),? (?:mas )?(?:eu )?não\b",
        r"\bnão (?:posso|consigo|sou capaz de) "
        r"(?:ajudar|descrever|ver|identificar|responder|analisar|fornecer|processar|auxiliar)",
        r"\bcomo (?:uma )?(?:IA\b|inteligência artificial\b|modelo de linguagem\b)",
    ),
    "it": (
        r"\bmi dispiace,? (?:ma )?non\b",
        r"\bnon (?:posso|riesco a|sono in grado di) "
        r"(?:aiutar|descriver|veder|identificar|rispond|analizzar|fornir|elaborar|assister)",
        r"\b(?:in quanto|come) (?:IA\b|intelligenza artificiale\b|modello linguistico\b)",
    ),
    "nl": (
        r"\b(?:het )?spijt me,? (?:maar )?(?:ik|dat)\b",
        r"\bik kan (?:[\w,]+ ){0,6}(?:niet|geen) (?:[\w,]+ ){0,4}(?:helpen|beschrijven|bekijken|zien|beantwoorden)\b",
        r"\bals (?:een )?(?:AI\b|taalmodel\b|kunstmatige intelligentie\b)",
    ),
    "pl": (
        r"\b(?:przykro mi|przepraszam),? ale (?:nie|jako)\b",
        r"\bnie (?:mogę|jestem w stanie|potrafię) (?:\w+ ){0,2}(?:pomóc|opisać|zobaczyć|odpowiedzieć|przetworzyć)\b",
        r"\bjako (?:AI\b|model językowy\b|sztuczna inteligencja\b)",
    ),
    "tr": (
        r"\b(?:üzgünüm|özür dilerim|maalesef)\b.{0,60}(?:amam|emem|amıyorum|emiyorum)\b",
        r"\b(?:yardımcı olamam|bu isteği yerine getiremem|bir yapay zeka|bir dil modeli) ?(?:olarak)?\b",
    ),
    "ru": (
        r"\b(?:извините|простите|к сожалению),? (?:но )?я не (?:могу|в состоянии|имею)\b",
        r"\bя не (?:могу|в состоянии) (?:\w+ ){0,3}(?:помочь|описать|увидеть|просмотреть|ответить|обработать)\b",
        r"\bкак (?:ИИ\b|искусственный интеллект\b|языковая модель\b)",
    ),
    "ar": (
        r"(?:عذر[اًا]+|آسف|أعتذر|للأسف).{0,30}(?:لا أستطيع|لا يمكنني|لست قادر)",
        r"(?:لا أستطيع|لا يمكنني) (?:\w+ ){0,2}(?:مساعد|المساعدة|وصف|مشاهدة|رؤية|الإجابة|تقديم)",
        r"(?:بصفتي|كوني) (?:نموذج|ذكاء)",
    ),
    "hi": (r"(?:क्षमा करें|माफ़ करें|माफ करें|खेद है).{0,60}(?:नहीं|असमर्थ)", r"एक (?:एआई|AI|भाषा) मॉडल (?:के रूप में|हूँ)"),
    "zh": (
        r"(?:抱歉|对不起|對不起|很遗憾|很遺憾)[,，。!！]?\s*(?:但(?:是)?)?[,，]?\s*我?(?:无法|無法|不能|没有办法|沒有辦法)",
        r"我(?:无法|無法|不能)(?:为您|為您|直接)?(?:提供|描述|查看|观看|觀看|协助|協助|帮助|幫助|回答|处理|處理|识别|識別|看到)",
        r"作为(?:一个|一名)?(?:人工智能|AI|大?语言模型)|作為(?:一個|一名)?(?:人工智慧|AI|大?語言模型)",
    ),
    "ja": (
        r"(?:申し訳(?:ありません|ございません)|すみません|残念ながら).{0,60}(?:できません|できかねます|ません)",
        r"(?:お手伝い|説明|お答え|確認|提供|描写|視聴)(?:することは?|は|が|を)?(?:できません|できかねます)",
        r"(?:AI|人工知能|言語モデル)(?:として|ですので|であるため)",
    ),
    "ko": (
        r"(?:죄송|미안|유감).{0,60}(?:없습니다|없어요|어렵습니다|못합니다)",
        r"(?:도와드릴|도울|설명할|볼|제공할|답변할|식별할) 수(?:가)? 없",
        r"(?:AI|인공지능|언어 모델)(?:로서|이기 때문)",
    ),
}  # fmt: skip
LANGUAGES = frozenset(_PHRASES)
"""ISO 639-1 codes of the languages in which refusals are known."""


@cache
def _any() -> "re.Pattern[str]":
    return re.compile("|".join(p for phrases in _PHRASES.values() for p in phrases), re.IGNORECASE | re.MULTILINE)


def refusal_in(plain: str) -> bool:
    """Whether a text without quotations, with straight apostrophes, speaks of what its writer can't or won't do."""
    return _any().search(plain) is not None
